//! The tables of a result folder on their way there, part by part.

use super::error::{FolderError, failed};
use super::folder::{Place, file_name};
use super::own::MANIFEST;
use super::table::TableWriter;
use super::transaction::Staging;
use crate::manifest::{Manifest, StoredManifest};
use crate::rows::{
    AnswerRow, ComputeEnergyRow, LatencyRow, LayerRow, PointRow, ProbeRow, ReplicationRow, Results, Table, TimeLineRow,
};
use parquet::errors::ParquetError;
use std::fs::File;
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
}

impl Place {
    /// Begins to write results part by part.
    ///
    /// # Errors
    /// [`FolderError`] if nothing can be written.
    pub fn begin(&self) -> Result<Writing<'_>, FolderError> {
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
        self.probes.add(&part.probes)
    }

    /// Puts the results, which are whole by now, in place of older results, whose report goes with them.
    ///
    /// # Errors
    /// [`FolderError`]; then the older results are as they were, or [`FolderError::is_stored`] says that the new ones are there.
    pub fn finish(self, manifest: &Manifest) -> Result<(), FolderError> {
        let Self { place, mut staging, .. } = self;
        self.points.finish(&mut staging)?;
        self.layers.finish(&mut staging)?;
        self.compute_energy.finish(&mut staging)?;
        self.replications.finish(&mut staging)?;
        self.latencies.finish(&mut staging)?;
        self.time_line.finish(&mut staging)?;
        self.answers.finish(&mut staging)?;
        self.probes.finish(&mut staging)?;
        let manifest = StoredManifest { manifest: manifest.clone(), tables: staging.hashes.clone() };
        let path = place.folder().join(MANIFEST);
        let text = manifest.to_json().map_err(|error| FolderError::Manifest { path, error })?;
        staging.add_text(MANIFEST, &text)?;
        place.check_lock()?;
        staging.commit()
    }
}

/// A table that is being written.
struct TableFile<T> {
    path: PathBuf,
    file: File,
    writer: TableWriter<T>,
}

impl<T: Table> TableFile<T> {
    fn begin(staging: &Staging<'_>) -> Result<Self, FolderError> {
        let (path, file) = staging.create(&file_name::<T>())?;
        let same = file.try_clone().map_err(failed(&path))?;
        let writer = TableWriter::new(same).map_err(not_written(&path))?;
        Ok(Self { path, file, writer })
    }

    fn add(&mut self, rows: &[T]) -> Result<(), FolderError> {
        self.writer.add(rows).map_err(not_written(&self.path))
    }

    fn finish(self, staging: &mut Staging<'_>) -> Result<(), FolderError> {
        self.writer.finish().map_err(not_written(&self.path))?;
        staging.add(&file_name::<T>(), &self.file)
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
        let mut writing = place.begin().unwrap();
        for (from, to) in [(0, 1), (1, 1), (1, 2_700), (2_700, POINTS)] {
            writing.add(&Results { latencies: latencies(from..to), ..nothing() }).unwrap();
        }
        assert!(read(place.folder()).is_err(), "nothing is there before all of it is");
        writing.finish(&whole.manifest).unwrap();
        let names = |folder: &str| {
            let mut names: Vec<_> =
                fs::read_dir(here.path().join(folder)).unwrap().map(|file| file.unwrap().file_name()).collect();
            names.retain(|name| !name.to_string_lossy().starts_with('.'));
            names.sort();
            names
        };
        assert_eq!(names("parts"), names("whole"));
        assert_eq!(names("parts").len(), 9);
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
