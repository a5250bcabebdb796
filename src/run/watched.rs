//! One replication of a study that is watched while the study runs, for a file of its own.

use crate::ending::check_ending;
use crate::failure::Failure;
use crate::progress::Bar;
use crate::scenario::failure;
use cospike_results::index::PointIndex;
use cospike_results::rows::Results;
use cospike_results::store::entries::Entries;
use cospike_results::store::whole_file::{Kind, WholeFile};
use cospike_scenarios::Points;
use cospike_sim_core::cosim::Observer;
use cospike_studies::plan::DesignPoint;
use cospike_studies::{PointParts, StoreError, Study, Watched};
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

/// What is written of a replication.
pub(super) struct Format {
    /// Name of the option that asks for it.
    pub(super) option: &'static str,
    /// How such a file is told from others.
    pub(super) kind: Kind,
    /// The file in words.
    pub(super) what: &'static str,
    /// Ending of its name.
    pub(super) ending: &'static str,
}

/// A file about one replication; `T` is what was written.
pub(super) struct WatchedFile<'a, T> {
    pub(super) point: DesignPoint,
    pub(super) path: &'a Path,
    /// Numbers of the design point and of the replication.
    at: (usize, u32),
    format: &'static Format,
    file: WholeFile,
    /// What was written, once the study has ended.
    written: Option<io::Result<T>>,
}

/// A study that is to be run.
pub(super) struct Execution<'a> {
    pub(super) study: &'a Study,
    /// Its design points, one part after the other.
    pub(super) parts: PointParts<'a, anyhow::Error>,
    pub(super) store: Option<&'a Entries>,
    pub(super) bar: &'a Bar,
    /// Takes the results of the design points that follow.
    pub(super) take: &'a mut dyn FnMut(Results) -> anyhow::Result<()>,
}

impl<'a, T> WatchedFile<'a, T> {
    /// Begins the file `path` about the design point and the replication `at`. Refuses numbers that the study does not have, and a file that is
    /// something else.
    pub(super) fn begin(
        study: (&Study, &mut Points<'_>),
        format: &'static Format,
        path: &'a Path,
        at: (usize, u32),
    ) -> Result<Self, Failure> {
        let point = watched_point(study, format.option, at)?;
        let file = WholeFile::create(path, format.kind).map_err(Failure::mistake)?;
        check_ending(path, format.what, format.ending)?;
        Ok(Self { point, path, at, format, file, written: None })
    }

    /// Runs the study with the observer that `watch` makes of the file, which `finish` ends. Gives why the store failed, if it did.
    pub(super) fn run<'f, O: Observer + Send>(
        &'f mut self,
        Execution { study, parts, store, bar, take }: Execution<'_>,
        watch: impl FnOnce(BufWriter<&'f File>) -> O,
        finish: impl FnOnce(O) -> io::Result<T>,
    ) -> anyhow::Result<Option<StoreError>> {
        let mut observer = watch(BufWriter::new(self.file.file()));
        let watched = Watched { point: self.at.0, replication: self.at.1, observer: &mut observer };
        let outcome = study.run_in_parts(Some(parts), Some(watched), store, &|progress| bar.show(progress), take);
        self.written = Some(finish(observer));
        outcome
    }

    /// Gives the file its name, also that of a study that failed, and what was written; `None` if the study did not begin.
    pub(super) fn finish(self) -> anyhow::Result<Option<T>> {
        let failed =
            |error| anyhow::anyhow!("{} cannot be written as {}: {error}", self.path.display(), self.format.what);
        let written = self.written.transpose().map_err(failed)?;
        if written.is_some() {
            self.file.finish()?;
        }
        Ok(written)
    }
}

/// The design point that is watched, by the options of this name. Refuses numbers that the study does not have.
fn watched_point(
    (study, points): (&Study, &mut Points<'_>),
    option: &str,
    (point, replication): (usize, u32),
) -> Result<DesignPoint, Failure> {
    let (count, replications) = (points.len(), study.plan().replications);
    let no_point = || beyond(&format!("{option}-point"), point as u64, count as u64, "design points");
    if point >= count {
        return Err(no_point());
    }
    let found = points.compile([PointIndex(point as u32)]).map_err(failure)?.pop().ok_or_else(no_point)?;
    match replication >= replications {
        true => Err(beyond(&format!("{option}-replication"), replication.into(), replications.into(), "replications")),
        false => Ok(found),
    }
}

/// The mistake that an option asks for a number that is not there.
pub(super) fn beyond(option: &str, asked: u64, count: u64, what: &str) -> Failure {
    Failure::mistake(format_args!("`--{option} {asked}`, but there are {count} {what}, counted from 0"))
}
