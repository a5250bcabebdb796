//! `run --trace`: the timeline of one replication.

use crate::arguments;
use crate::failure::Failure;
use crate::output::note;
use crate::progress::Bar;
use crate::scenario::failure;
use cospike_results::index::PointIndex;
use cospike_results::rows::Results;
use cospike_results::store::entries::Entries;
use cospike_results::store::whole_file::{Kind, WholeFile};
use cospike_scenarios::Points;
use cospike_studies::plan::DesignPoint;
use cospike_studies::trace::{Scope, Trace, Traced};
use cospike_studies::{PointParts, StoreError, Study, Watched};
use serde_json::json;
use std::io::{self, BufWriter};
use std::path::Path;

/// How to tell a trace.
const TRACE: Kind =
    Kind { name: "trace of CoSpike", start: "{\"displayTimeUnit\":\"ms\",\"otherData\":{", mark: "\"cospike\":\"" };

/// The trace that a run is to write.
pub(super) struct TraceFile<'a> {
    asked: &'a arguments::Trace,
    path: &'a Path,
    point: DesignPoint,
    file: WholeFile,
    /// Size of the trace, once the study has ended.
    traced: Option<io::Result<Traced>>,
}

impl<'a> TraceFile<'a> {
    /// Begins the trace `path` of one replication. Refuses numbers that the study does not have, and a file that is something
    /// else.
    pub(super) fn begin(
        (study, points): (&Study, &mut Points<'_>),
        path: &'a Path,
        asked: &'a arguments::Trace,
    ) -> Result<Self, Failure> {
        let point = traced_point((study, points), asked)?;
        let file = WholeFile::create(path, TRACE).map_err(Failure::mistake)?;
        Ok(Self { asked, path, point, file, traced: None })
    }

    /// Runs the study and watches that replication. Gives results to `take`, and why the store failed, if it did.
    pub(super) fn run(
        &mut self,
        (study, parts): (&Study, PointParts<'_, anyhow::Error>),
        store: Option<&Entries>,
        bar: &Bar,
        take: &mut dyn FnMut(Results) -> anyhow::Result<()>,
    ) -> anyhow::Result<Option<StoreError>> {
        let about = json!({
            "cospike": env!("CARGO_PKG_VERSION"),
            "study": study.plan().name,
            "design point": self.point.label,
            "point": self.asked.point,
            "replication": self.asked.replication,
            "seed": study.plan().seed,
        });
        let scope = Scope { devices: self.asked.devices.clone(), time: self.asked.time.clone() };
        let mut trace = Trace::new(BufWriter::new(self.file.file()), &self.point.system.to_system(), scope, &about);
        let watched = Watched { point: self.asked.point, replication: self.asked.replication, observer: &mut trace };
        let outcome = study.run_in_parts(Some(parts), Some(watched), store, &|progress| bar.show(progress), take);
        self.traced = Some(trace.finish());
        outcome
    }

    /// Gives the trace its name, also that of a study that failed.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let failed = |error| anyhow::anyhow!("the trace {} cannot be written: {error}", self.path.display());
        let Some(traced) = self.traced.transpose().map_err(failed)? else { return Ok(()) };
        self.file.finish()?;
        note!(
            "trace of {}, replication {}: {} events in {}; open it in https://ui.perfetto.dev",
            self.point.label,
            self.asked.replication,
            traced.events,
            self.path.display()
        );
        if let Some(cut) = traced.cut {
            note!("warning: the trace grew too long and ends at {cut}: ask for fewer devices or less time");
        }
        Ok(())
    }
}

/// The design point that is traced. Refuses numbers that the study does not have.
fn traced_point(study: (&Study, &mut Points<'_>), asked: &arguments::Trace) -> Result<DesignPoint, Failure> {
    let point = watched_point(study, "trace", asked.point, asked.replication)?;
    match asked.devices.start >= point.system.devices {
        true => Err(beyond("trace-devices", asked.devices.start.into(), point.system.devices.into(), "devices")),
        false => Ok(point),
    }
}

/// The design point that is watched, by the options of this name. Refuses numbers that the study does not have.
pub(super) fn watched_point(
    (study, points): (&Study, &mut Points<'_>),
    option: &str,
    point: usize,
    replication: u32,
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

fn beyond(option: &str, asked: u64, count: u64, what: &str) -> Failure {
    Failure::mistake(format_args!("`--{option} {asked}`, but there are {count} {what}, counted from 0"))
}
