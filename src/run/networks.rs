//! Networks of a study that other processes may be executing.

use crate::cluster::ENVIRONMENT;
use crate::output::{note, plural};
use crate::progress::Bar;
use cospike_cluster::{Claims, Event, Holder, execute_networks};
use cospike_results::store::entries::Entries;
use cospike_studies::{Finished, Pieces, Progress, Study};
use std::sync::atomic::{AtomicU64, Ordering};

/// Executes the networks that are not in the store, each in one process only, whichever others run or work on studies with the same
/// networks. Returns what was executed here. Whatever fails, the run finds out for itself, and executes what is missing.
pub(super) fn execute(study: &Study, store: &Entries, bar: &Bar) -> Finished {
    let (done, total) = (AtomicU64::new(0), study.samples());
    let tick = |samples| {
        let done = done.fetch_add(samples, Ordering::Relaxed) + samples;
        bar.show(Progress::Inference { done, total });
    };
    let (mut executed, mut has_waited) = (Finished::default(), false);
    let mut tell = |event: Event<'_>| match event {
        Event::Finished { finished, .. } => executed = executed.and(finished),
        Event::Waiting { units, claim } if !has_waited => {
            let holder = claim.map_or("another process".into(), |claim| claim.holder.to_string());
            note!("waiting for {}, for instance that of {holder}", plural(units as u64, "inference"));
            has_waited = true;
        }
        Event::Waiting { .. } => {}
    };
    if let (Ok(pieces), Ok(holder)) = (Pieces::new(study.plan(), store), Holder::this(ENVIRONMENT)) {
        let claims = Claims::new(store.clone(), holder);
        // Claims save time; what fails here fails again where it is told, or does no harm.
        let _ = execute_networks((study, &pieces, &claims), &tick, &mut tell);
    }
    executed
}
