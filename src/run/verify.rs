//! `run --verify`: whether a study gives the same results twice.

use crate::failure::Failure;
use crate::output::{print_json, say, table};
use crate::progress::Bar;
use anyhow::anyhow;
use cospike_studies::{Difference, Study, Verification, Verified};
use serde_json::{Value, json};

/// Runs a study twice and prints what was compared. Fails if two runs of a replication differ.
pub(crate) fn verify(study: &Study, as_json: bool) -> Result<(), Failure> {
    let bar = Bar::new();
    let verification = study.verify(&|progress| bar.show(progress))?;
    if as_json {
        print_json(&json!({
            "samples": verification.samples,
            "replications": verification.replications.iter().map(verified_json).collect::<Vec<_>>(),
        }));
    } else {
        print(&verification);
    }
    let different = || verification.replications.iter().filter_map(|run| Some((run, run.difference.as_ref()?)));
    match different().next() {
        Some((run, difference)) => Err(Failure::Other(anyhow!(
            "{} of {} replications differ, the first of them design point {} ({}), replication {}: {difference}",
            different().count(),
            verification.replications.len(),
            run.point,
            run.label,
            run.replication
        ))),
        None => match verification.replications.iter().find_map(|run| Some((run, run.failure.as_ref()?))) {
            Some((run, reason)) => Err(Failure::Other(anyhow!(
                "design point {} ({}), replication {} cannot be simulated: {reason}",
                run.point,
                run.label,
                run.replication
            ))),
            None => Ok(()),
        },
    }
}

fn print(verification: &Verification) {
    let mut rows = table(&["design point", "replication", "events", "fingerprint", "run twice"]);
    for run in &verification.replications {
        let verdict = match run.difference {
            None if run.failure.is_some() => "failed",
            None => "equal",
            Some(Difference::Event(_)) => "another event",
            Some(Difference::Outcome(_)) => "another outcome",
        };
        let numbers = [run.replication.to_string(), run.events.to_string(), run.fingerprint.to_string()];
        rows.add_row([run.label.clone()].into_iter().chain(numbers).chain([verdict.into()]));
    }
    say!(
        "{rows}\n\ncompared: answers, payloads and operation counts of {} samples; time, kind and subject of every event, \
         and the outcome, of {} replications;\nfingerprint: of all events of a replication in order, as in the results",
        verification.samples,
        verification.replications.len()
    );
}

fn verified_json(run: &Verified) -> Value {
    json!({
        "point": run.point,
        "label": run.label,
        "replication": run.replication,
        "events": run.events,
        "fingerprint": run.fingerprint,
        "difference": run.difference.as_ref().map(Difference::to_string),
        "failure": run.failure,
    })
}
