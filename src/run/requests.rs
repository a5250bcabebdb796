//! `run --requests`: the requests of one replication.

use super::watched::{Execution, Format, WatchedFile};
use crate::arguments;
use crate::failure::Failure;
use crate::output::{note, plural};
use cospike_results::store::whole_file::Kind;
use cospike_scenarios::Points;
use cospike_studies::request_log::{HEADER, RequestLog};
use cospike_studies::{StoreError, Study};
use std::path::Path;

/// A file of requests.
const REQUESTS: Format = Format {
    option: "requests",
    kind: Kind { name: "file of requests of CoSpike", start: HEADER, mark: "" },
    what: "a table of requests in CSV",
    ending: "csv",
};

/// The requests that a run is to write.
pub(super) struct RequestsFile<'a> {
    asked: &'a arguments::Requests,
    file: WatchedFile<'a, u64>,
}

impl<'a> RequestsFile<'a> {
    /// Begins the file `path` of one replication. Refuses numbers that the study does not have, and a file that is something else.
    pub(super) fn begin(
        study: (&Study, &mut Points<'_>),
        path: &'a Path,
        asked: &'a arguments::Requests,
    ) -> Result<Self, Failure> {
        let file = WatchedFile::begin(study, &REQUESTS, path, (asked.point, asked.replication))?;
        Ok(Self { asked, file })
    }

    /// Runs the study and watches that replication. Gives why the store failed, if it did.
    pub(super) fn run(&mut self, execution: Execution<'_>) -> anyhow::Result<Option<StoreError>> {
        self.file.run(execution, RequestLog::new, RequestLog::finish)
    }

    /// Gives the file its name, also that of a study that failed.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let (label, path) = (self.file.point.label.clone(), self.file.path.display());
        if let Some(written) = self.file.finish()? {
            note!("{} of {label}, replication {}, in {path}", plural(written, "request"), self.asked.replication);
        }
        Ok(())
    }
}
