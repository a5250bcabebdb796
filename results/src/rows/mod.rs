//! Rows of the result tables. Every row type is one table, and its fields are the columns, each declared once with its
//! unit, its label and its meaning.
//!
//! Rows are sorted by their leading key columns, so that equal studies give equal bytes. Nothing in a result depends on
//! wall-clock time or the number of threads.

mod networks;
mod points;
mod replications;

pub use networks::{AnswerRow, ComputeEnergyRow, EventEnergy, LayerMeans, LayerRow};
pub use points::{PointRow, ProbeRow, Setup};
pub use replications::{LatencyRow, ReplicationRow, TimeLineRow};

use crate::goal::Selection;
use crate::index::PointIndex;
use crate::manifest::Manifest;
use crate::summary::Comparison;
use cospike_sim_core::record::{Field, Record, Value};

/// What a study found: of all its design points, or of a part of them that follow one another.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// What was run.
    pub manifest: Manifest,
    /// Number of design points of the study, of which `points` may be a part.
    pub all_points: usize,
    /// The table `points`.
    pub points: Vec<PointRow>,
    /// The table `layers`.
    pub layers: Vec<LayerRow>,
    /// The table `compute_energy`.
    pub compute_energy: Vec<ComputeEnergyRow>,
    /// The table `replications`.
    pub replications: Vec<ReplicationRow>,
    /// The table `latencies`.
    pub latencies: Vec<LatencyRow>,
    /// The table `time_line`.
    pub time_line: Vec<TimeLineRow>,
    /// The table `answers`.
    pub answers: Vec<AnswerRow>,
    /// The table `probes`.
    pub probes: Vec<ProbeRow>,
    /// The choice among all design points, of a study with a goal of which only a part is here.
    pub selection: Option<Selection>,
    /// The comparisons among these design points, with p-values that are adjusted for all pairs of the study, where only a part of it is
    /// here.
    pub comparisons: Option<Vec<Comparison>>,
}

impl Results {
    /// The results of a study of which nothing is known yet.
    pub fn new(manifest: Manifest, all_points: usize) -> Self {
        Self {
            manifest,
            all_points,
            points: vec![],
            layers: vec![],
            compute_energy: vec![],
            replications: vec![],
            latencies: vec![],
            time_line: vec![],
            answers: vec![],
            probes: vec![],
            selection: None,
            comparisons: None,
        }
    }

    /// Adds the results of the design points that follow.
    pub fn append(&mut self, next: Self) {
        self.points.extend(next.points);
        self.layers.extend(next.layers);
        self.compute_energy.extend(next.compute_energy);
        self.replications.extend(next.replications);
        self.latencies.extend(next.latencies);
        self.time_line.extend(next.time_line);
        self.answers.extend(next.answers);
        self.probes.extend(next.probes);
    }

    /// Keeps the first `points` design points of the study, as far as they are here.
    pub fn truncate(&mut self, points: usize) {
        fn cut<T: Table>(rows: &mut Vec<T>, points: usize) {
            rows.retain(|row| row.is_of_first(points));
        }
        cut(&mut self.points, points);
        cut(&mut self.layers, points);
        cut(&mut self.compute_energy, points);
        cut(&mut self.replications, points);
        cut(&mut self.latencies, points);
        cut(&mut self.time_line, points);
    }
}

/// A type of row with its table.
pub trait Table: Record {
    /// Name of the table, and of its file without the ending.
    const NAME: &'static str;
    /// What a row stands for and what its columns share, as a complete sentence or more.
    const ABOUT: &'static str;

    /// The design point by whose number the table is sorted; `None` in a table that is sorted by something else.
    fn point(&self) -> Option<PointIndex> {
        None
    }

    /// Whether the row says something of the first `points` design points of a study, or of all of them.
    fn is_of_first(&self, points: usize) -> bool {
        self.point().is_none_or(|point| point.position() < points)
    }

    /// The first column of this row that holds NaN or infinity, with its value. A study writes no such row.
    fn first_not_finite(&self) -> Option<(Field, f64)> {
        let mut values = self.values().into_iter().enumerate();
        let (column, value) = values.find_map(|(column, value)| match value {
            Value::Real(value) if !value.is_finite() => Some((column, value)),
            _ => None,
        })?;
        Some((Self::fields().swap_remove(column), value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cospike_sim_core::record::Kind;
    use std::collections::BTreeSet;

    /// A record without labels or with the same name twice could not be told apart in a report or a file.
    fn check<T: Table>() {
        let fields = T::fields();
        let names: BTreeSet<&str> = fields.iter().map(|field| &*field.name).collect();
        assert_eq!(names.len(), fields.len(), "{} has a column twice", T::NAME);
        for field in &fields {
            assert!(!field.label.is_empty() && field.meaning().ends_with('.'), "{}.{}", T::NAME, field.name);
        }
    }

    #[test]
    fn every_column_has_a_name_of_its_own_a_label_and_a_meaning() {
        check::<PointRow>();
        check::<LayerRow>();
        check::<ComputeEnergyRow>();
        check::<ReplicationRow>();
        check::<LatencyRow>();
        check::<TimeLineRow>();
        check::<AnswerRow>();
    }

    #[test]
    fn invariant_5_the_energy_parts_are_all_energies_of_the_edge_but_the_total() {
        let columns: Vec<_> = (0u32..)
            .zip(ReplicationRow::fields())
            .map(|(index, field)| match field.kind {
                Kind::Real => Value::Real(index.into()),
                Kind::Text | Kind::Truth => Value::Missing,
                _ => Value::Whole(0),
            })
            .collect();
        let row = ReplicationRow::from_values(&mut columns.into_iter()).unwrap();
        let energy = row.energy.unwrap();
        let first = energy.compute.ac;
        let joules: Vec<f64> = (0..13).map(|part| first + f64::from(part)).collect();
        assert_eq!(row.joules_by_part(), joules);
        assert_eq!(energy.total, first + 13.0);
        assert_eq!(ReplicationRow::energy_parts().len(), joules.len());
        assert!(ReplicationRow { energy: None, ..row }.joules_by_part().is_empty());
    }
}
