//! `run --trace`: the timeline of one replication.

use super::watched::{Execution, Format, WatchedFile, beyond};
use crate::arguments;
use crate::failure::Failure;
use crate::output::{note, warn};
use cospike_results::store::whole_file::Kind;
use cospike_scenarios::Points;
use cospike_studies::trace::{Scope, Trace, Traced};
use cospike_studies::{StoreError, Study};
use serde_json::json;
use std::path::Path;

/// A trace.
const TRACE: Format = Format {
    option: "trace",
    kind: Kind {
        name: "trace of CoSpike",
        start: "{\"displayTimeUnit\":\"ms\",\"otherData\":{",
        mark: "\"cospike\":\"",
    },
    what: "a trace in JSON",
    ending: "json",
};

/// The trace that a run is to write.
pub(super) struct TraceFile<'a> {
    asked: &'a arguments::Trace,
    file: WatchedFile<'a, Traced>,
}

impl<'a> TraceFile<'a> {
    /// Begins the trace `path` of one replication. Refuses numbers that the study does not have, and a file that is something
    /// else.
    pub(super) fn begin(
        study: (&Study, &mut Points<'_>),
        path: &'a Path,
        asked: &'a arguments::Trace,
    ) -> Result<Self, Failure> {
        let file = WatchedFile::begin(study, &TRACE, path, (asked.point, asked.replication))?;
        let devices = file.point.system.devices;
        match asked.devices.start >= devices {
            true => Err(beyond("trace-devices", asked.devices.start.into(), devices.into(), "devices")),
            false => Ok(Self { asked, file }),
        }
    }

    /// Runs the study and watches that replication. Gives why the store failed, if it did.
    pub(super) fn run(&mut self, execution: Execution<'_>) -> anyhow::Result<Option<StoreError>> {
        let (plan, point) = (execution.study.plan(), &self.file.point);
        let about = json!({
            "cospike": env!("CARGO_PKG_VERSION"),
            "study": plan.name,
            "design point": point.label,
            "point": self.asked.point,
            "replication": self.asked.replication,
            "seed": plan.seed,
        });
        let scope = Scope { devices: self.asked.devices.clone(), time: self.asked.time.clone() };
        let system = point.system.to_system();
        self.file.run(execution, |file| Trace::new(file, &system, scope, &about), Trace::finish)
    }

    /// Gives the trace its name, also that of a study that failed.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let (label, path) = (self.file.point.label.clone(), self.file.path.display());
        let Some(traced) = self.file.finish()? else { return Ok(()) };
        let (replication, events) = (self.asked.replication, traced.events);
        note!(
            "trace of {label}, replication {replication}: {events} events in {path}; open it in https://ui.perfetto.dev"
        );
        if let Some(cut) = traced.cut {
            warn(&format!("the trace grew too long and ends at {cut}: ask for fewer devices or less time"));
        }
        Ok(())
    }
}
