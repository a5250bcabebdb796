//! The table `comparisons`: pairs of design points, as the summary compares them.

use crate::rows::Table;
use crate::summary::{Comparison, Estimate, Side};
use cospike_sim_core::record;
use cospike_sim_core::stats::Interval;

impl Table for ComparisonRow {
    const NAME: &'static str = "comparisons";
    const ABOUT: &'static str = "One row per pair of a spiking design point and one of another family (the baseline) that are otherwise \
        equal, of all design points: spiking minus baseline on the same samples and arrivals. An interval is that of its \
        own difference; a p-value is adjusted for all pairs of the table, and a difference is shown where it is at most 0.05. Latency and \
        energy are missing where that of either would change with a longer run.";
}

record! {
    /// Row of the table `comparisons`: a difference between two design points.
    #[derive(Clone, Debug, PartialEq)]
    pub struct ComparisonRow {
        /// Number of the spiking design point.
        pub spiking: u32 => ("", "spiking design point"),
        /// Number of the design point of the other family.
        pub baseline: u32 => ("", "baseline"),
        /// Label of the spiking design point.
        pub spiking_label: String => ("", "spiking"),
        /// Label of the other design point.
        pub baseline_label: String => ("", "baseline"),
        /// Kind of the other design point's bottleneck unit; its family where there is none.
        pub baseline_kind: String => ("", "kind of the baseline"),
        /// Difference of offline accuracy, sample by sample.
        pub accuracy: Difference => ["accuracy_", ""],
        /// Difference of mean latency in seconds.
        pub latency_mean_s: Difference => ["latency_mean_s_", ""],
        /// Difference of energy per answered request in joules.
        pub energy_j: Difference => ["energy_j_", ""],
    }
}

record! {
    /// A difference with its 95 % interval, in the unit that the name of its column says; shares of accuracy.
    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    pub struct Difference {
        /// Spiking minus baseline.
        pub difference: Option<f64> => ("", "difference"),
        /// Lower end of the 95 % interval of the difference; missing where nothing random moved it.
        pub low: Option<f64> => ("", "lower end"),
        /// Upper end of that interval.
        pub high: Option<f64> => ("", "upper end"),
        /// Probability of a difference as large as this if there is none, adjusted for all pairs (Holm).
        pub adjusted_p: Option<f64> => ("", "adjusted p-value"),
    }
}

impl ComparisonRow {
    /// The row of a comparison between two sides.
    pub(crate) fn new(found: &Comparison, [spiking, baseline]: [&Side; 2]) -> Self {
        let p = found.adjusted_p;
        Self {
            spiking: spiking.point.0,
            baseline: baseline.point.0,
            spiking_label: spiking.label.to_string(),
            baseline_label: baseline.label.to_string(),
            baseline_kind: baseline.kind.to_string(),
            accuracy: found.accuracy.map_or_else(Difference::default, |paired| {
                Difference::new(Some(paired.difference.estimate), Some(paired.difference), p.accuracy)
            }),
            latency_mean_s: Difference::of_means(&found.latency_mean_s, p.latency_mean_s),
            energy_j: Difference::of_means(&found.energy_j, p.energy_j),
        }
    }
}

impl Difference {
    fn of_means(found: &Estimate, adjusted_p: Option<f64>) -> Self {
        Self::new(found.mean, found.interval, adjusted_p)
    }

    fn new(difference: Option<f64>, interval: Option<Interval>, adjusted_p: Option<f64>) -> Self {
        let [low, high] = [interval.map(|interval| interval.low), interval.map(|interval| interval.high)];
        Self { difference, low, high, adjusted_p }
    }
}
