//! `run --trace`: the timeline of one replication.

use crate::arguments;
use crate::failure::Failure;
use crate::output::note;
use crate::progress::Bar;
use cospike_results::rows::Results;
use cospike_results::store::entries::Entries;
use cospike_studies::plan::DesignPoint;
use cospike_studies::trace::{Scope, Trace};
use cospike_studies::{StoreError, Study, Watched};
use serde_json::json;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

/// Runs a study and writes the trace of one of its replications to `path`. The trace is completed even if the study fails.
pub(crate) fn run_traced(
    study: &Study,
    path: &Path,
    asked: &arguments::Trace,
    store: &Entries,
    bar: &Bar,
) -> Result<(Results, Option<StoreError>), Failure> {
    let point = traced_point(study, asked)?;
    let file = File::create(path).map_err(|error| Failure::mistake(format_args!("{}: {error}", path.display())))?;
    let about = json!({
        "cospike": env!("CARGO_PKG_VERSION"),
        "study": study.plan().name,
        "design point": point.label,
        "point": asked.point,
        "replication": asked.replication,
        "seed": study.plan().seed,
    });
    let scope = Scope { devices: asked.devices.clone(), time: asked.time.clone() };
    let mut trace = Trace::new(BufWriter::new(file), &point.system, scope, &about);
    let watched = Watched { point: asked.point, replication: asked.replication, observer: &mut trace };
    let results = study.run_observed(watched, Some(store), &|progress| bar.show(progress));
    let traced = trace.finish().map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
    note!(
        "trace of {}, replication {}: {} events in {}; open it in https://ui.perfetto.dev",
        point.label,
        asked.replication,
        traced.events,
        path.display()
    );
    if let Some(cut) = traced.cut {
        note!("warning: the trace grew too long and ends at {cut}: ask for fewer devices or less time");
    }
    super::finished(results)
}

/// The design point that is traced. Refuses numbers that the study does not have.
fn traced_point<'a>(study: &'a Study, asked: &arguments::Trace) -> Result<&'a DesignPoint, Failure> {
    let wrong = |option: &str, asked: u64, count: u64, what: &str| {
        Failure::mistake(format_args!("`--trace-{option} {asked}`, but there are {count} {what}, counted from 0"))
    };
    let (points, replications) = (study.plan().points.len(), study.plan().replications);
    let point = study.plan().points.get(asked.point);
    let point = point.ok_or_else(|| wrong("point", asked.point as u64, points as u64, "design points"))?;
    if asked.replication >= replications {
        return Err(wrong("replication", asked.replication.into(), replications.into(), "replications"));
    }
    let devices = point.system.devices;
    if asked.devices.start >= devices {
        return Err(wrong("devices", asked.devices.start.into(), devices.into(), "devices"));
    }
    Ok(point)
}
