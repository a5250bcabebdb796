//! The result folder of a study: `manifest.json`, one Parquet file per table, and the files of the report.
//!
//! At every moment it holds the old results or the new ones, whole, whatever happens to the process that replaces them. Equal
//! results give equal bytes.

pub use super::error::FolderError;
pub use super::place::Place;
pub use super::writing::Writing;

use super::error::failed;
use super::own::{self, MANIFEST, Own, REPORT, ReportRecord};
use super::table::{self, TableReader};
use super::transaction::{self, Staging};
use crate::answers::Answers;
use crate::comparisons::ComparisonRow;
use crate::goal::{Candidates, Selection};
use crate::index::{NetworkIndex, PointIndex};
use crate::manifest::StoredManifest;
use crate::rows::{
    AnswerRow, ComputeEnergyRow, LatencyRow, LayerRow, PointRow, ProbeRow, ReplicationRow, Results, Table, TimeLineRow,
};
use crate::runs;
use crate::summary::{Comparison, Pairing, PointSummary, Side};
use cospike_sim_core::stats::StatsError;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// How often results that are replaced meanwhile are read again.
const TRIES: usize = 20;

impl Place {
    /// Names of the files that results need.
    pub fn names() -> Vec<String> {
        let tables = [
            file_name::<PointRow>(),
            file_name::<LayerRow>(),
            file_name::<ComputeEnergyRow>(),
            file_name::<ReplicationRow>(),
            file_name::<LatencyRow>(),
            file_name::<TimeLineRow>(),
            file_name::<AnswerRow>(),
            file_name::<ProbeRow>(),
            file_name::<ComparisonRow>(),
            file_of_table(runs::NAME),
        ];
        tables.into_iter().chain([MANIFEST.into(), REPORT.into()]).collect()
    }

    /// Writes `results` in place of older results, whose report goes with them.
    ///
    /// # Errors
    /// [`FolderError`]; then the older results are as they were, or [`FolderError::is_stored`] says that the new ones are there.
    pub fn write(&self, results: &Results) -> Result<(), FolderError> {
        let mut writing = self.begin(&results.manifest)?;
        writing.add(results)?;
        writing.finish(results).map(drop)
    }

    /// Writes the `files` of a report, text by name, in place of those of an older report. `program` tells the program that has drawn it from
    /// every other that may draw the same results otherwise.
    ///
    /// # Errors
    /// [`FolderError`]; then the older report is as it was, or [`FolderError::is_stored`] says that the new one is there.
    pub fn write_report<'a>(
        &self,
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
        program: &str,
    ) -> Result<(), FolderError> {
        self.check_lock()?;
        let mut staging = Staging::begin(self.folder())?;
        files.into_iter().try_for_each(|(name, text)| staging.add_text(name, text))?;
        let path = self.folder().join(REPORT);
        let record = ReportRecord::new(staging.hashes.clone(), own::origin(self.folder(), program)?);
        let text = record.to_json().map_err(|error| FolderError::Record { path, error })?;
        staging.add_text(REPORT, &text)?;
        self.check_lock()?;
        staging.commit()
    }

    /// Whether there is a report that this `program` has drawn of the results that are there, and it is as it was written.
    ///
    /// # Errors
    /// [`FolderError`] for a record that cannot be read.
    pub fn has_report(&self, program: &str) -> Result<bool, FolderError> {
        let own = Own::read(self.folder())?;
        let (Some(files), Some(origin)) = (&own.report, &own.origin) else { return Ok(false) };
        let is_whole =
            files.iter().all(|(name, hash)| own::hash_of(&self.folder().join(name)).is_ok_and(|found| found == *hash));
        Ok(is_whole && *origin == own::origin(self.folder(), program)?)
    }
}

/// Writes `results` into the folder `folder`, which is new or empty or holds older results.
///
/// # Errors
/// Those of [`Place::open`] and [`Place::write`].
pub fn write(results: &Results, folder: &Path) -> Result<(), FolderError> {
    let place = Place::open(folder, &[])?;
    place.check(Place::names().iter().map(String::as_str))?;
    place.write(results)
}

/// Reads the results in `folder`.
///
/// # Errors
/// [`FolderError`] for a file that is missing, is not the one that was written, or is of another version of CoSpike.
pub fn read(folder: &Path) -> Result<Results, FolderError> {
    read_first(folder, usize::MAX)
}

/// Reads the results of the first `points` design points in `folder`.
///
/// # Errors
/// Those of [`read`].
pub fn read_first(folder: &Path, points: usize) -> Result<Results, FolderError> {
    read_whole(folder, |manifest| read_tables(folder, manifest, points))
}

/// Reads what came of all design points in `folder`: points, replications and answers. The other tables, which are far larger, stay
/// empty.
///
/// # Errors
/// Those of [`read`].
pub fn read_outcomes(folder: &Path) -> Result<Results, FolderError> {
    read_whole(folder, |manifest| {
        let stored = stored(folder, manifest)?;
        let table = Reading { folder, manifest: &stored, points: usize::MAX };
        let mut results = Results::new(stored.manifest.clone(), 0);
        results.points = table.rows(|_| ())?;
        results.all_points = results.points.len();
        results.replications = table.rows(|_| ())?;
        results.answers = table.rows(|_| ())?;
        Ok(results)
    })
}

/// What `read` reads from tables that belong to the text of the manifest that it is given.
fn read_whole(folder: &Path, read: impl Fn(&str) -> Result<Results, FolderError>) -> Result<Results, FolderError> {
    let once = || match manifest(folder) {
        Err(error) => (None, Err(error)),
        Ok(text) => {
            let results = read(&text);
            (Some(text), results)
        }
    };
    let mut outcome = once();
    for _ in 0..TRIES {
        match outcome {
            // Another process replaces the results: the manifest is that of one study and a table that of another.
            (before, Err(_)) if manifest(folder).ok() != before => outcome = once(),
            (_, outcome) => return outcome,
        }
    }
    outcome.1
}

fn stored(folder: &Path, manifest: &str) -> Result<StoredManifest, FolderError> {
    let stored = StoredManifest::from_json(manifest);
    stored.map_err(|error| FolderError::Manifest { path: folder.join(MANIFEST), error })
}

fn manifest(folder: &Path) -> Result<String, FolderError> {
    let mut bytes = vec![];
    match transaction::open(folder, MANIFEST).and_then(|mut file| file.read_to_end(&mut bytes)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && fs::metadata(folder).is_ok_and(|f| f.is_dir()) => {
            Err(FolderError::NoResults { path: folder.into() })
        }
        Err(error) if fs::metadata(folder).is_err() => Err(failed(folder)(error)),
        read => {
            read.map_err(failed(&folder.join(MANIFEST)))?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        }
    }
}

/// Whether `folder` holds results.
pub fn holds_results(folder: &Path) -> bool {
    folder.join(MANIFEST).exists()
}

fn read_tables(folder: &Path, manifest: &str, points: usize) -> Result<Results, FolderError> {
    let stored = stored(folder, manifest)?;
    let mut all_points = 0;
    let table = Reading { folder, manifest: &stored, points };
    let mut results = Results::new(stored.manifest.clone(), 0);
    table.read(|row: PointRow| {
        all_points += 1;
        if row.is_of_first(points) {
            results.points.push(row);
        }
        ControlFlow::Continue(())
    })?;
    let network: BTreeMap<PointIndex, NetworkIndex> =
        results.points.iter().map(|row| (row.point, row.network)).collect();
    let mut layers = Shared::new(&network);
    let mut energies = Shared::new(&network);
    results.all_points = all_points;
    results.layers = table.rows(|row: &mut LayerRow| layers.share(row.point, &mut row.means))?;
    results.compute_energy = table.rows(|row: &mut ComputeEnergyRow| energies.share(row.point, &mut row.energy))?;
    results.replications = table.rows(|_| ())?;
    results.latencies = table.rows(|_| ())?;
    results.time_line = table.rows(|_| ())?;
    results.answers = table.rows(|_| ())?;
    results.probes = table.rows(|_| ())?;
    if results.points.len() < all_points {
        let of_all = table.of_all(&Answers::new(&results))?;
        (results.selection, results.comparisons) = (of_all.selection, Some(of_all.comparisons));
    }
    // Made of the others, for other programs.
    [file_name::<ComparisonRow>(), file_of_table(runs::NAME)].iter().try_for_each(|name| table.open(name).map(drop))?;
    Ok(results)
}

/// What is said of all design points of a study, of which only the first ones are here.
struct OfAll {
    /// The choice among all; `None` without a goal.
    selection: Option<Selection>,
    /// The comparisons among those that are here.
    comparisons: Vec<Comparison>,
}

/// Tables of a result folder that are being read, as far as they say something of the first `points` design points.
struct Reading<'a> {
    folder: &'a Path,
    manifest: &'a StoredManifest,
    points: usize,
}

impl Reading<'_> {
    /// What is said of all design points, in one pass over their tables.
    fn of_all(&self, answers: &Answers) -> Result<OfAll, FolderError> {
        let manifest = &self.manifest.manifest;
        let mut candidates = manifest.goal.as_ref().map(|goal| Candidates::new(goal, answers));
        let mut pairing = Pairing::new(manifest);
        if candidates.is_some() || pairing.may_have_pairs() {
            self.read_points(|point, rows| {
                let summary = PointSummary::new(point, rows)?;
                if let Some(candidates) = &mut candidates {
                    candidates.add((point, &summary), rows);
                }
                pairing.add(point, &summary, rows);
                Ok(())
            })?;
        }
        let are_here = |sides: &[&Side; 2]| sides.iter().all(|side| side.point.position() < self.points);
        let compared = pairing.comparisons(answers)?.filter(|(_, sides)| are_here(sides));
        Ok(OfAll {
            selection: candidates.map(Candidates::select),
            comparisons: compared.map(|(comparison, _)| comparison).collect(),
        })
    }

    /// Gives each design point with its replications to `take`, one after the other.
    fn read_points(
        &self,
        mut take: impl FnMut(&PointRow, &[&ReplicationRow]) -> Result<(), StatsError>,
    ) -> Result<(), FolderError> {
        let names = [file_name::<PointRow>(), file_name::<ReplicationRow>()];
        let [points, replications] = [self.open(&names[0])?, self.open(&names[1])?];
        let read = table::guarded(|| {
            let mut points = TableReader::<PointRow>::new(points)?;
            let mut replications = TableReader::<ReplicationRow>::new(replications)?;
            // Both are sorted by design point.
            let mut next = replications.next_row()?;
            while let Some(point) = points.next_row()? {
                let mut own = vec![];
                while let Some(row) = next.take_if(|row| row.point == point.point) {
                    own.push(row);
                    next = replications.next_row()?;
                }
                if let Err(error) = take(&point, &own.iter().collect::<Vec<_>>()) {
                    return Ok(Err(error));
                }
            }
            Ok(Ok(()))
        });
        Ok(read.map_err(|error| FolderError::Table { path: self.folder.join(&names[1]), error })??)
    }

    /// The rows of a table, each when `look` has seen it.
    fn rows<T: Table>(&self, mut look: impl FnMut(&mut T)) -> Result<Vec<T>, FolderError> {
        let mut rows = vec![];
        self.read(|mut row: T| {
            if !row.is_of_first(self.points) {
                return ControlFlow::Break(());
            }
            look(&mut row);
            rows.push(row);
            ControlFlow::Continue(())
        })?;
        Ok(rows)
    }

    /// Gives the rows of a table to `take`, until that wants no more.
    fn read<T: Table>(&self, take: impl FnMut(T) -> ControlFlow<()>) -> Result<(), FolderError> {
        let name = file_name::<T>();
        let file = self.open(&name)?;
        table::read(file, take).map_err(|error| FolderError::Table { path: self.folder.join(name), error })
    }

    /// Opens a table, which is as it was written.
    fn open(&self, name: &str) -> Result<File, FolderError> {
        let path = self.folder.join(name);
        let Some(wanted) = self.manifest.tables.get(name) else {
            return Err(FolderError::NoTable { path: self.folder.join(MANIFEST), table: name.into() });
        };
        let mut file = match transaction::open(self.folder, name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(FolderError::Missing { path }),
            file => file.map_err(failed(&path))?,
        };
        if own::hash(&file).map_err(failed(&path))? != *wanted {
            return Err(FolderError::Damaged { path });
        }
        file.rewind().map_err(failed(&path))?;
        Ok(file)
    }
}

/// What rows of design points with the same network say: in memory once, as long as it is the same.
struct Shared<'a, T> {
    network: &'a BTreeMap<PointIndex, NetworkIndex>,
    /// What the rows of a design point of each network say.
    of_networks: BTreeMap<NetworkIndex, Vec<Arc<T>>>,
    /// The design point whose rows are being read, and their number.
    present: Option<(PointIndex, usize)>,
}

impl<'a, T: PartialEq> Shared<'a, T> {
    fn new(network: &'a BTreeMap<PointIndex, NetworkIndex>) -> Self {
        Self { network, of_networks: BTreeMap::new(), present: None }
    }

    /// Takes the next row, of a `point`, and lets it share what it says with an earlier one.
    fn share(&mut self, point: PointIndex, says: &mut Arc<T>) {
        let number = self.present.filter(|(present, _)| *present == point).map_or(0, |(_, number)| number);
        self.present = Some((point, number + 1));
        let Some(network) = self.network.get(&point) else { return };
        let known = self.of_networks.entry(*network).or_default();
        match known.get(number) {
            Some(same) if **same == **says => *says = same.clone(),
            Some(_) => {}
            None => known.push(says.clone()),
        }
    }
}

/// Name of the file of a table.
pub(super) fn file_name<T: Table>() -> String {
    file_of_table(T::NAME)
}

/// Name of the file of the table `name`.
pub(super) fn file_of_table(name: &str) -> String {
    format!("{name}.parquet")
}
