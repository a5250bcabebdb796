//! Rows about what networks do, with nothing lost on the way.

use super::Table;
use crate::index::{NetworkIndex, PointIndex};
use cospike_sim_core::inference::MeanCounts;
use cospike_sim_core::record;
use std::sync::Arc;

impl Table for LayerRow {
    const NAME: &'static str = "layers";
    const ABOUT: &'static str = "One row per design point and layer: what the layer counts, as means per sample, three times. Columns \
        without an ending count every pair of a value and a weight that lands inside the output; those that end in \
        `_with_borders` also the padding of layers on real values and what spikes send outside the output; those that end in \
        `_nonzero` leave out real values that are zero, as a machine does that skips them by a map.";

    fn point(&self) -> Option<PointIndex> {
        Some(self.point)
    }
}

record! {
    /// Row of the table `layers`: mean counts of one layer per sample.
    #[derive(Clone, Debug, PartialEq)]
    pub struct LayerRow {
        /// Number of the design point.
        pub point: PointIndex => ("", "design point"),
        /// The layer and what it counts, the same at all design points of a network.
        pub means: Arc<LayerMeans>,
    }
}

record! {
    /// Mean counts of one layer of a network per sample.
    #[derive(Clone, Debug, PartialEq)]
    pub struct LayerMeans {
        /// Index of the layer in the network, from 0.
        pub layer: u32 => ("", "layer"),
        /// Name of the layer; `codec` for coding the output of the head for the link, where that takes operations (JPEG, 8-bit values).
        pub name: String => ("", "name"),
        /// Half of the cut network to which the layer belongs: `head` or `tail`.
        pub half: String => ("", "half"),
        /// Spikes that enter the layer.
        pub input_events: f64 => ("events", "input events"),
        /// Spikes that leave the layer.
        pub output_events: f64 => ("events", "output events"),
        /// Real values that enter the layer and are not zero, each once per time that the layer is computed.
        pub nonzero_inputs: f64 => ("values", "non-zero inputs"),
        /// Pairs of a value and a weight that land inside the output, whatever the value.
        pub counts: MeanCounts,
        /// As these, and the padding of layers on real values and what spikes send outside the output.
        pub with_borders: MeanCounts => ["", "_with_borders"],
        /// As the first, without real values that are zero.
        pub nonzero: MeanCounts => ["", "_nonzero"],
    }
}

impl Table for ComputeEnergyRow {
    const NAME: &'static str = "compute_energy";
    const ABOUT: &'static str = "One row per design point, price list, convention, event that happened and its price: mean energy of \
        the head's compute per sample. Each list is there twice, for a machine that computes with zeros and for one that skips \
        them. There are no rows where the list leaves an event of the head without a price, where the network cannot be \
        executed, and where the energy is too large for a number.";

    fn point(&self) -> Option<PointIndex> {
        Some(self.point)
    }
}

record! {
    /// Row of the table `compute_energy`: mean energy of one event in the head per sample, under one price list.
    #[derive(Clone, Debug, PartialEq)]
    pub struct ComputeEnergyRow {
        /// Number of the design point.
        pub point: PointIndex => ("", "design point"),
        /// The event and its energy, the same at all design points of a network.
        pub energy: Arc<EventEnergy>,
    }
}

record! {
    /// Mean energy of one event in the head of a network per sample, under one price list.
    #[derive(Clone, Debug, PartialEq)]
    pub struct EventEnergy {
        /// Name of the price list.
        pub prices: String => ("", "price list"),
        /// Which operations on zeros are executed: `inside` (all that land inside the output) or `non-zero` (real values that are
        /// zero are skipped).
        pub convention: String => ("", "convention"),
        /// Event that is priced, as the form of the price list names it, such as `accumulate` or `weight bytes read`; `codec` for
        /// all events of coding the output for the link.
        pub event: String => ("", "event"),
        /// Key of its price. Of a list of form `memory` it names the memory in which the weights, membranes or activations of the
        /// event lie, such as `sram_32_kib`; a row for each.
        pub price: String => ("", "price"),
        /// Mean energy of all such events of a sample.
        pub joules: f64 => ("J", "compute energy"),
    }
}

impl Table for AnswerRow {
    const NAME: &'static str = "answers";
    const ABOUT: &'static str = "One row per distinct network and sample: the answer with nothing lost on the way.";
}

record! {
    /// Row of the table `answers`: the answer of one network to one sample, with nothing lost on the way.
    #[derive(Clone, Debug, PartialEq)]
    pub struct AnswerRow {
        /// Number of the distinct network, from 0.
        pub network: NetworkIndex => ("", "network"),
        /// Index of the sample in the data set, from 0.
        pub sample: u32 => ("", "sample"),
        /// Class to which the sample belongs.
        pub label: u32 => ("", "label"),
        /// Class that the network answers.
        pub answer: u32 => ("", "answer"),
        /// Entropy of the scores, from 0 (certain) to 1, by the logarithm to the number of classes.
        pub entropy: f64 => ("", "entropy of the scores"),
        /// Payload of the sample.
        pub payload_bits: u32 => ("bit", "payload"),
    }
}
