//! The tables of a result folder on their way there, part by part.

use super::error::{FolderError, failed};
use super::folder::{Place, file_of_table};
use super::own::MANIFEST;
use super::table::TableWriter;
use super::transaction::Staging;
use crate::answers::Answers;
use crate::comparisons::ComparisonRow;
use crate::manifest::{Manifest, StoredManifest};
use crate::rows::{
    AnswerRow, ComputeEnergyRow, LatencyRow, LayerRow, PointRow, ProbeRow, ReplicationRow, Results, Table, TimeLineRow,
};
use crate::runs;
use crate::summary::{Comparison, Pairing, PointSummary};
use cospike_sim_core::record::{Field, Value};
use parquet::errors::ParquetError;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// Results that are being written aside, part by part, so that not all of them have to be in memory. The folder holds the older ones
/// until these are whole; how they are divided into parts changes no byte.
pub struct Writing<'a> {
    place: &'a Place,
    staging: Staging<'a>,
    points: TableFile<PointRow>,
    layers: TableFile<LayerRow>,
    compute_energy: TableFile<ComputeEnergyRow>,
    replications: TableFile<ReplicationRow>,
    latencies: TableFile<LatencyRow>,
    time_line: TableFile<TimeLineRow>,
    answers: TableFile<AnswerRow>,
    probes: TableFile<ProbeRow>,
    runs: OpenFile,
    pairing: Pairing,
}

impl Place {
    /// Begins to write the results of a study with this `manifest`, part by part.
    ///
    /// # Errors
    /// [`FolderError`] if nothing can be written.
    pub fn begin(&self, manifest: &Manifest) -> Result<Writing<'_>, FolderError> {
        self.check_lock()?;
        let staging = Staging::begin(self.folder())?;
        Ok(Writing {
            points: TableFile::begin(&staging)?,
            layers: TableFile::begin(&staging)?,
            compute_energy: TableFile::begin(&staging)?,
            replications: TableFile::begin(&staging)?,
            latencies: TableFile::begin(&staging)?,
            time_line: TableFile::begin(&staging)?,
            answers: TableFile::begin(&staging)?,
            probes: TableFile::begin(&staging)?,
            runs: OpenFile::begin(&staging, runs::NAME, &runs::fields(manifest))?,
            pairing: Pairing::new(manifest),
            place: self,
            staging,
        })
    }
}

impl Writing<'_> {
    /// Adds the results of the design points that follow.
    ///
    /// # Errors
    /// [`FolderError`]; then nothing can be added any more.
    pub fn add(&mut self, part: &Results) -> Result<(), FolderError> {
        self.points.add(&part.points)?;
        self.layers.add(&part.layers)?;
        self.compute_energy.add(&part.compute_energy)?;
        self.replications.add(&part.replications)?;
        self.latencies.add(&part.latencies)?;
        self.time_line.add(&part.time_line)?;
        self.answers.add(&part.answers)?;
        self.probes.add(&part.probes)?;
        self.add_made(part)
    }

    /// Adds what is made of the rows of the design points that follow: the rows of `runs`, and what the comparisons ask of each.
    fn add_made(&mut self, part: &Results) -> Result<(), FolderError> {
        let mut replications = &part.replications[..];
        for point in &part.points {
            let (own, others) = replications.split_at(replications.partition_point(|row| row.point <= point.point));
            let rows: Vec<&ReplicationRow> = own.iter().collect();
            let summary = PointSummary::new(point, &rows)?;
            for mut values in runs::rows(&part.manifest, point, &summary, &rows) {
                self.runs.add(&mut values)?;
            }
            self.pairing.add(point, &summary, &rows);
            replications = others;
        }
        Ok(())
    }

    /// Puts the results, which are whole by now, in place of older results, whose report goes with them; where the same are there already,
    /// byte for byte, nothing is changed. `shown` are the first design points, with the answers of all networks; gives the comparisons
    /// among them.
    ///
    /// # Errors
    /// [`FolderError`]; then the older results are as they were, or [`FolderError::is_stored`] says that the new ones are there.
    pub fn finish(self, shown: &Results) -> Result<Vec<Comparison>, FolderError> {
        let manifest = &shown.manifest;
        let Self { place, mut staging, .. } = self;
        self.points.finish(&mut staging)?;
        self.layers.finish(&mut staging)?;
        self.compute_energy.finish(&mut staging)?;
        self.replications.finish(&mut staging)?;
        self.latencies.finish(&mut staging)?;
        self.time_line.finish(&mut staging)?;
        self.answers.finish(&mut staging)?;
        self.probes.finish(&mut staging)?;
        self.runs.finish(&mut staging)?;
        let mut compared = TableFile::begin(&staging)?;
        let mut comparisons = vec![];
        for (comparison, sides) in self.pairing.comparisons(&Answers::new(shown))? {
            compared.add(&[ComparisonRow::new(&comparison, sides)])?;
            if sides.iter().all(|side| side.point.position() < shown.points.len()) {
                comparisons.push(comparison);
            }
        }
        compared.finish(&mut staging)?;
        let manifest = StoredManifest { manifest: manifest.clone(), tables: staging.hashes.clone() };
        let path = place.folder().join(MANIFEST);
        let text = manifest.to_json().map_err(|error| FolderError::Manifest { path, error })?;
        staging.add_text(MANIFEST, &text)?;
        place.check_lock()?;
        if !staging.is_there() {
            staging.commit()?;
        }
        Ok(comparisons)
    }
}

/// A table of rows of one type that is being written.
struct TableFile<T> {
    file: OpenFile,
    of: PhantomData<T>,
}

impl<T: Table> TableFile<T> {
    fn begin(staging: &Staging<'_>) -> Result<Self, FolderError> {
        Ok(Self { file: OpenFile::begin(staging, T::NAME, &T::fields())?, of: PhantomData })
    }

    fn add(&mut self, rows: &[T]) -> Result<(), FolderError> {
        let mut values = vec![];
        rows.iter().try_for_each(|row| {
            row.append(&mut values);
            self.file.add(&mut values)
        })
    }

    fn finish(self, staging: &mut Staging<'_>) -> Result<(), FolderError> {
        self.file.finish(staging)
    }
}

/// A table that is being written, whatever its columns.
struct OpenFile {
    name: String,
    path: PathBuf,
    writer: TableWriter,
}

impl OpenFile {
    fn begin(staging: &Staging<'_>, table: &str, fields: &[Field]) -> Result<Self, FolderError> {
        let name = file_of_table(table);
        let (path, file) = staging.create(&name)?;
        let writer = TableWriter::new(file, table, fields).map_err(not_written(&path))?;
        Ok(Self { name, path, writer })
    }

    fn add(&mut self, values: &mut Vec<Value>) -> Result<(), FolderError> {
        self.writer.add(values).map_err(not_written(&self.path))
    }

    fn finish(self, staging: &mut Staging<'_>) -> Result<(), FolderError> {
        self.writer.finish().map_err(not_written(&self.path))?;
        staging.add(&self.name)
    }
}

/// The error of a table that could not be written, in the system's own words where it is the system's.
fn not_written(path: &Path) -> impl FnOnce(ParquetError) -> FolderError + use<'_> {
    move |error| match error {
        ParquetError::External(error) => match error.downcast() {
            Ok(error) => failed(path)(*error),
            Err(error) => FolderError::Table { path: path.into(), error: ParquetError::External(error) },
        },
        error => FolderError::Table { path: path.into(), error },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::PointIndex;
    use crate::manifest::MANIFEST_SCHEMA;
    use crate::store::folder::{read, read_first, write};
    use std::fs;

    fn nothing() -> Results {
        let text = r#"{ "version": "0", "name": "n", "scenario": "", "seed": 0, "replications": 1, "axes": [], "networks": [],
            "datasets": [], "traces": [], "profiles": [], "warnings": [] }"#;
        let mut manifest: serde_json::Value = serde_json::from_str(text).unwrap();
        manifest["schema"] = MANIFEST_SCHEMA.into();
        Results::new(serde_json::from_value(manifest).unwrap(), 0)
    }

    /// The latencies of a replication of each of some design points.
    fn latencies(points: std::ops::Range<u32>) -> Vec<LatencyRow> {
        let row = |point, percentile: u32| LatencyRow {
            point: PointIndex(point),
            replication: 0,
            percentile: percentile.into(),
            seconds: f64::from(point) + 0.01 * f64::from(percentile),
        };
        points.flat_map(|point| (0..100).map(move |percentile| row(point, percentile))).collect()
    }

    /// More rows than a row group has.
    #[test]
    fn invariant_4_parts_give_the_bytes_of_the_whole_and_a_beginning_is_read_alone() {
        const POINTS: u32 = 3_000;
        let here = tempfile::tempdir().unwrap();
        let whole = Results { latencies: latencies(0..POINTS), ..nothing() };
        write(&whole, &here.path().join("whole")).unwrap();
        let place = Place::open(&here.path().join("parts"), &[]).unwrap();
        let mut writing = place.begin(&whole.manifest).unwrap();
        for (from, to) in [(0, 1), (1, 1), (1, 2_700), (2_700, POINTS)] {
            writing.add(&Results { latencies: latencies(from..to), ..nothing() }).unwrap();
        }
        assert!(read(place.folder()).is_err(), "nothing is there before all of it is");
        writing.finish(&whole).unwrap();
        let names = |folder: &str| {
            let mut names: Vec<_> =
                fs::read_dir(here.path().join(folder)).unwrap().map(|file| file.unwrap().file_name()).collect();
            names.retain(|name| !name.to_string_lossy().starts_with('.'));
            names.sort();
            names
        };
        assert_eq!(names("parts"), names("whole"));
        assert_eq!(names("parts").len(), 11);
        for name in names("whole") {
            let [whole, parts] =
                ["whole", "parts"].map(|folder| fs::read(here.path().join(folder).join(&name)).unwrap());
            assert!(whole == parts, "{}", name.display());
        }
        assert_eq!(read(place.folder()).unwrap(), whole);
        for points in [0, 1, 2_650, POINTS] {
            let read = read_first(place.folder(), points as usize).unwrap();
            assert_eq!(read.latencies, latencies(0..points), "{points}");
        }
    }
}
