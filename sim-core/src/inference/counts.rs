//! Counts of the operations that an execution did.

use crate::record;
use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign};

/// Declares the kinds of operations once: the counts of an execution, and their means over samples.
macro_rules! counts {
    ($(#[$attribute:meta])* pub struct $counts:ident, $means:ident {
        $($(#[doc = $about:literal])+ $field:ident => ($unit:literal, $label:literal),)+
    }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $counts {
            $($(#[doc = $about])+ pub $field: u64,)+
        }

        record! {
            /// Mean counts per sample, by the kind of operation.
            #[derive(Clone, Copy, Debug, Default, PartialEq)]
            pub struct $means {
                $($(#[doc = $about])+ pub $field: f64 => ($unit, $label),)+
            }
        }

        impl $counts {
            /// Nothing was done.
            pub const NONE: Self = Self { $($field: 0,)+ };

            /// Difference from `earlier`, kind by kind; 0 where `earlier` counts more.
            pub fn beyond(&self, earlier: &Self) -> Self {
                Self { $($field: self.$field.saturating_sub(earlier.$field),)+ }
            }

            /// Mean over `samples`, of which these counts are the sum.
            pub fn mean(&self, samples: usize) -> $means {
                $means { $($field: self.$field as f64 / samples as f64,)+ }
            }
        }

        impl AddAssign for $counts {
            fn add_assign(&mut self, other: Self) {
                $(self.$field += other.$field;)+
            }
        }
    };
}

counts! {
    /// Operations of one inference (all its time steps), by one [`Convention`].
    ///
    /// - A weighted layer on spikes counts one accumulate (`ac`) per (spike, weight) pair that lands inside the output,
    ///   exactly at borders, strides and groups; zero weights count (how many fall on them: [`super::Observation`]). These are
    ///   the integers of SpikingJelly 2.0 (`SynOp`) and sinabs 3.1, and of NeuroBench 2.3 where no weight is zero. A graded
    ///   spike counts as often as its number says, because that is how often its row of weights is added.
    /// - A weighted layer on real values counts one multiply-accumulate (`mac`) per pair of a value and a weight that lands
    ///   inside the output, once per sample if its input does not change over time, because it is computed once; so never
    ///   times T in a float network.
    /// - A product of every value with a weight of its own is a weighted layer in which a value leads to itself alone.
    /// - A residual sum of currents counts one `ac` per spike of a binary shortcut, or one per element if both sides are real.
    ///   A sum of spike trains counts nothing: it is not computed, its reader adds up both.
    /// - An average or sum pool counts one `ac` per (spike or real value, window) pair; the division does not count. A maximum
    ///   counts nothing: of spikes it is a logical or.
    /// - Biases, folded batch normalisation, flattening and activation functions (applied as their input is written) count
    ///   nothing.
    ///
    /// Memory: spikes and real values are stored between layers. Changing currents that end in a neuron, directly or
    /// through a residual sum, are not: they are added up in the membranes.
    pub struct Counts, MeanCounts {
        /// Number of accumulates.
        ac => ("operations", "accumulates"),
        /// Number of multiply-accumulates.
        mac => ("operations", "multiply-accumulates"),
        /// Neuron state updates, one per neuron and step.
        neuron_updates => ("operations", "neuron updates"),
        /// Weights fetched, in values: one per `ac` of a weighted layer and per `mac`.
        weight_reads => ("accesses", "weight reads"),
        /// Membranes and synaptic currents read and written, in values: two per neuron update, four with a synaptic current, none
        /// of neurons without memory.
        state_accesses => ("accesses", "state accesses"),
        /// Input values read: one per input spike of a weighted layer, one per `mac`, one per `ac` of a sum whose operands are
        /// stored, one per (spike or real value, window) pair of a pool, and one per update of a neuron whose current is
        /// stored because it does not change.
        activation_reads => ("accesses", "activation reads"),
        /// Output values written: one per spike of a neuron layer or of a maximum pool, one per element and step of any other
        /// layer whose output is real and stored.
        activation_writes => ("accesses", "activation writes"),
        /// Bits read of the maps that say which real values are not zero: one per value of a stored input. Only a machine that
        /// skips zeros has such maps.
        map_bits_read => ("bit", "bits of zero maps read"),
        /// Bits written of such maps: one per value of a stored output that a layer reads by its map.
        map_bits_written => ("bit", "bits of zero maps written"),
    }
}

/// Which of the operations on zeros are counted. Spikes are never zeros: what is skipped here are real values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Convention {
    /// Every pair of an input value and a weight that lands inside the output, whatever the value.
    #[default]
    Inside,
    /// As `Inside`, and pairs beyond the borders as well, in both families: a layer on real values runs over the zeros of its
    /// padding, which is how published tables count, and a spike is also added where the output would go on, as far as the
    /// padding is wide. If every value is one, both count the same.
    WithBorders,
    /// As `Inside`, but real values that are zero are skipped: their multiply-accumulates, the weights and values read for
    /// them, additions to them, and writing them. Instead, a map with one bit per stored value is written once and read once
    /// by each layer (`map_bits_written`, `map_bits_read`), as in NullHop (Aimar et al., IEEE TNNLS 30(3), 2019).
    NonZero,
}

impl Convention {
    /// All conventions.
    pub const ALL: [Self; 3] = [Self::Inside, Self::WithBorders, Self::NonZero];

    /// Name in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::WithBorders => "with-borders",
            Self::NonZero => "non-zero",
        }
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), Add::add)
    }
}

/// Counts of one layer, by each [`Convention`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerCounts {
    /// Index of the layer in its network.
    pub layer: usize,
    /// Whether these are not the operations of the layer, but of coding its output for the link.
    pub is_codec: bool,
    /// Number of input spikes over all steps; real values are not events.
    pub input_events: u64,
    /// Number of output spikes over all steps.
    pub output_events: u64,
    /// Number of real values that came in and are not zero, each once per time that the layer was computed.
    pub nonzero_inputs: u64,
    /// Operations of the layer by [`Convention::Inside`].
    pub counts: Counts,
    /// Operations of the layer by [`Convention::WithBorders`].
    pub with_borders: Counts,
    /// Operations of the layer by [`Convention::NonZero`].
    pub nonzero: Counts,
}

impl LayerCounts {
    /// Operations of the layer by `convention`.
    pub fn counts_under(&self, convention: Convention) -> &Counts {
        match convention {
            Convention::Inside => &self.counts,
            Convention::WithBorders => &self.with_borders,
            Convention::NonZero => &self.nonzero,
        }
    }
}

/// Sums counts of the same layer.
impl AddAssign for LayerCounts {
    fn add_assign(&mut self, other: Self) {
        self.input_events += other.input_events;
        self.output_events += other.output_events;
        self.nonzero_inputs += other.nonzero_inputs;
        self.counts += other.counts;
        self.with_borders += other.with_borders;
        self.nonzero += other.nonzero;
    }
}
