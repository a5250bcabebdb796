//! The table `runs`: everything that a plot of replications needs in one place, one row each.
//!
//! It is made of the other tables, as they are written, and nothing reads it back.

use crate::manifest::{Axis, Manifest};
use crate::metrics::{CLOUD_ENERGY, ENERGY, LATENCY, METRICS, Metric};
use crate::rows::{PointRow, ReplicationRow, Setup};
use crate::summary::{PointSummary, Standing};
use cospike_sim_core::record;
use cospike_sim_core::record::{Field, Kind, Record, Value};
use cospike_sim_core::stats::wilson;
use std::borrow::Cow;

/// Name of the table, and of its file without the ending.
pub(crate) const NAME: &str = "runs";
/// What a row stands for and which columns there are besides those of [`RunRow`].
pub(crate) const ABOUT: &str = "One row per design point and replication that did not fail, with all that a plot needs: these columns, \
    then one for each swept key under its dotted name (`link.uplink_mbps`), of the type of the key and empty where a grid does not \
    sweep it, then every metric.";

record! {
    /// The columns of the table `runs` that every study has, before those of its swept keys and of the metrics.
    #[derive(Clone, Debug, PartialEq)]
    pub struct RunRow {
        /// Name of the study.
        pub study: String => ("", "study"),
        /// Number of the design point, from 0.
        pub point: u32 => ("", "design point"),
        /// Short name of the design point, unique in the study.
        pub label: String => ("", "label"),
        /// Number of the replication, from 0.
        pub replication: u32 => ("", "replication"),
        /// Seed of all random streams.
        pub seed: u64 => ("", "seed"),
        /// What is simulated.
        pub setup: Setup,
        /// Name of the backbone.
        pub backbone: String => ("", "backbone"),
        /// Family of the network: `spiking`, `float` or `quantised`.
        pub family: String => ("", "family"),
        /// Kind of the bottleneck unit; the family where there is none.
        pub kind: String => ("", "kind"),
        /// Name of the split point.
        pub split: String => ("", "split"),
        /// Width of the bottleneck unit; missing where the features cross as they are.
        pub width: Option<u32> => ("channels", "width"),
        /// Way in which the bottleneck unit was trained; missing where there is none.
        pub variant: Option<String> => ("", "variant"),
        /// Coding of the payload.
        pub codec: String => ("", "codec"),
        /// Time steps of the network; 1 for float networks.
        pub time_steps: u32 => ("steps", "time steps"),
        /// Rule by which class scores are read out of the time steps; missing of a network that is executed once.
        pub readout: Option<String> => ("", "readout"),
        /// Mean payload of a sample; missing where the network cannot be executed.
        pub payload_bits: Option<f64> => ("bit", "payload"),
        /// Samples on which offline accuracy was measured.
        pub samples: u32 => ("samples", "samples"),
        /// Share of these answered correctly with nothing lost on the way; missing where the network cannot be executed.
        pub offline_accuracy: Option<f64> => ("share", "offline accuracy"),
        /// Lower end of its 95 % interval, by Wilson's score.
        pub offline_accuracy_low: Option<f64> => ("share", "offline accuracy, lower end"),
        /// Upper end of its 95 % interval.
        pub offline_accuracy_high: Option<f64> => ("share", "offline accuracy, upper end"),
        /// Whether a place is asked for more than it can do, a load of 1 or above: then latency, energy and power change with the length
        /// of the run, and are no property of the system.
        pub is_overloaded: bool => ("", "overloaded"),
        /// Whether nothing speaks against taking the latencies of the design point for those of a longer run: no place is overloaded,
        /// latencies do not drift, and no replication is too short. Missed deadlines go with them.
        pub is_steady: bool => ("", "steady"),
        /// Whether nothing speaks against taking energy and power of the devices for those of a longer run. Some that wait longer need no more.
        pub is_energy_steady: bool => ("", "energy steady"),
        /// Whether nothing speaks against taking energy and power of the cloud for those of a longer run.
        pub is_cloud_energy_steady: bool => ("", "energy of the cloud steady"),
    }
}

/// The columns of the table in a study with this manifest.
pub(crate) fn fields(manifest: &Manifest) -> Vec<Field> {
    RunRow::fields().into_iter().chain(manifest.axes.iter().map(swept_field)).chain(metric_fields()).collect()
}

/// The columns of the metrics.
pub(crate) fn metric_fields() -> impl Iterator<Item = Field> {
    METRICS.iter().map(|metric| Field {
        name: metric.name.into(),
        unit: metric.unit.symbol(),
        label: metric.label,
        about: std::slice::from_ref(&metric.label),
        kind: Kind::Real,
        is_optional: true,
    })
}

fn swept_field(axis: &Axis) -> Field {
    Field {
        name: Cow::Owned(axis.key.clone()),
        unit: "",
        label: "swept key",
        about: &["Value of this key of the scenario at the design point."],
        kind: axis.kind,
        is_optional: true,
    }
}

/// The rows of a design point, each with the values of [`fields`].
pub(crate) fn rows(
    manifest: &Manifest,
    point: &PointRow,
    summary: &PointSummary,
    replications: &[&ReplicationRow],
) -> impl Iterator<Item = Vec<Value>> {
    // The keys of a design point are read once for all its replications.
    let swept = if replications.is_empty() { vec![] } else { swept_values(&manifest.axes, point) };
    replications.iter().map(move |row| {
        let mut values = RunRow::new(manifest, (point, summary), row).values();
        values.extend(swept.iter().cloned());
        values.extend(METRICS.iter().map(|metric| metric_value(metric, row)));
        values
    })
}

fn metric_value(metric: &Metric, row: &ReplicationRow) -> Value {
    metric.value(row).map_or(Value::Missing, Value::Real)
}

/// Values of the swept keys at a design point.
fn swept_values(axes: &[Axis], point: &PointRow) -> Vec<Value> {
    let values: serde_json::Value = serde_json::from_str(&point.parameters).unwrap_or_default();
    let value = |axis: &Axis| {
        let value = &values[&axis.key];
        let found = match axis.kind {
            Kind::Whole32 | Kind::Whole64 => value.as_u64().map(Value::Whole),
            Kind::Real => value.as_f64().map(Value::Real),
            Kind::Truth => value.as_bool().map(Value::Truth),
            Kind::Text => value.as_str().map(|text| Value::Text(text.into())),
        };
        found.unwrap_or(Value::Missing)
    };
    axes.iter().map(value).collect()
}

impl RunRow {
    fn new(manifest: &Manifest, (point, summary): (&PointRow, &PointSummary), row: &ReplicationRow) -> Self {
        let holds = |metric| summary.standing(metric) == Standing::Holds;
        let accuracy = point.correct.and_then(|correct| wilson(correct.into(), point.samples.into()).ok());
        let loads = [row.edge_load, row.uplink_load, row.cloud_load];
        Self {
            study: manifest.name.clone(),
            point: point.point.0,
            label: point.label.clone(),
            replication: row.replication,
            seed: manifest.seed,
            setup: point.setup.clone(),
            backbone: point.backbone.clone(),
            family: point.family.clone(),
            kind: point.kind.clone(),
            split: point.split.clone(),
            width: point.width,
            variant: point.variant.clone(),
            codec: point.codec.clone(),
            time_steps: point.time_steps,
            readout: point.readout.clone(),
            payload_bits: point.payload_bits,
            samples: point.samples,
            offline_accuracy: accuracy.map(|accuracy| accuracy.estimate),
            offline_accuracy_low: accuracy.map(|accuracy| accuracy.low),
            offline_accuracy_high: accuracy.map(|accuracy| accuracy.high),
            is_overloaded: loads.into_iter().flatten().any(|load| load >= 1.0),
            is_steady: holds(&LATENCY),
            is_energy_steady: holds(&ENERGY),
            is_cloud_energy_steady: holds(&CLOUD_ENERGY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparisons::ComparisonRow;
    use std::collections::BTreeSet;

    #[test]
    fn every_column_of_tables_for_plots_has_a_name_of_its_own_a_label_and_a_meaning() {
        for fields in [RunRow::fields().into_iter().chain(metric_fields()).collect(), ComparisonRow::fields()] {
            let names: BTreeSet<&str> = fields.iter().map(|field| &*field.name).collect();
            assert_eq!(names.len(), fields.len(), "{names:?}");
            assert!(fields.iter().all(|field| !field.label.is_empty() && !field.meaning().is_empty()));
            // A swept key has a dot in its path, so none of them can be taken for one of these.
            assert!(names.iter().all(|name| !name.contains('.')));
        }
    }
}
