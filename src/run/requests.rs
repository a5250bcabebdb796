//! `run --requests`: the requests of one replication.

use super::trace::watched_point;
use crate::arguments;
use crate::failure::Failure;
use crate::output::{note, plural};
use crate::progress::Bar;
use cospike_results::rows::Results;
use cospike_results::store::entries::Entries;
use cospike_results::store::whole_file::{Kind, WholeFile};
use cospike_scenarios::Points;
use cospike_studies::plan::DesignPoint;
use cospike_studies::request_log::{HEADER, RequestLog};
use cospike_studies::{PointParts, StoreError, Study, Watched};
use std::io::{self, BufWriter};
use std::path::Path;

/// How to tell a file of requests.
const REQUESTS: Kind = Kind { name: "file of requests of CoSpike", start: HEADER, mark: "" };

/// The requests that a run is to write.
pub(super) struct RequestsFile<'a> {
    asked: &'a arguments::Requests,
    path: &'a Path,
    point: DesignPoint,
    file: WholeFile,
    /// Number of requests, once the study has ended.
    written: Option<io::Result<u64>>,
}

impl<'a> RequestsFile<'a> {
    /// Begins the file `path` of one replication. Refuses numbers that the study does not have, and a file that is something else.
    pub(super) fn begin(
        study: (&Study, &mut Points<'_>),
        path: &'a Path,
        asked: &'a arguments::Requests,
    ) -> Result<Self, Failure> {
        let point = watched_point(study, "requests", asked.point, asked.replication)?;
        let file = WholeFile::create(path, REQUESTS).map_err(Failure::mistake)?;
        Ok(Self { asked, path, point, file, written: None })
    }

    /// Runs the study and watches that replication. Gives results to `take`, and why the store failed, if it did.
    pub(super) fn run(
        &mut self,
        (study, parts): (&Study, PointParts<'_, anyhow::Error>),
        store: Option<&Entries>,
        bar: &Bar,
        take: &mut dyn FnMut(Results) -> anyhow::Result<()>,
    ) -> anyhow::Result<Option<StoreError>> {
        let mut log = RequestLog::new(BufWriter::new(self.file.file()));
        let watched = Watched { point: self.asked.point, replication: self.asked.replication, observer: &mut log };
        let outcome = study.run_in_parts(Some(parts), Some(watched), store, &|progress| bar.show(progress), take);
        self.written = Some(log.finish());
        outcome
    }

    /// Gives the file its name, also that of a study that failed.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let failed = |error| anyhow::anyhow!("the requests {} cannot be written: {error}", self.path.display());
        let Some(written) = self.written.transpose().map_err(failed)? else { return Ok(()) };
        self.file.finish()?;
        note!(
            "{} of {}, replication {}, in {}",
            plural(written, "request"),
            self.point.label,
            self.asked.replication,
            self.path.display()
        );
        Ok(())
    }
}
