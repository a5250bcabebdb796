//! `zoo verify`: every claimed accuracy measured again.

use crate::Failure;
use crate::arguments::Verify;
use crate::progress::Bar;
use cospike_models::zoo::{Entry, MeasureError, Outcome};
use cospike_studies::Progress;
use std::sync::atomic::{AtomicU64, Ordering};

/// Measures the networks that were asked for and prints one line for each; says whether all is as claimed.
pub(crate) fn verify(arguments: &Verify) -> Result<bool, Failure> {
    let zoo = arguments.zoo.open()?;
    let wanted = |entry: &&Entry| entry.name.contains(&arguments.filter);
    let groups = zoo.by_backbone().into_iter().map(|entries| entries.into_iter().filter(wanted).collect());
    let groups: Vec<Vec<&Entry>> = groups.filter(|entries: &Vec<_>| !entries.is_empty()).collect();
    if groups.is_empty() {
        let message = format!(
            "error: no network of the zoo has `{}` in its name; `cospike zoo --json` has all names",
            arguments.filter
        );
        return Err(Failure::Input(message));
    }
    let dataset = arguments.data.open()?;
    let (bar, done) = (Bar::new(), AtomicU64::new(0));
    let total = (groups.len() * dataset.len()) as u64;
    let tick = || bar.show(Progress::Inference { done: done.fetch_add(1, Ordering::Relaxed) + 1, total });
    let longest = groups.iter().flatten().map(|entry| entry.name.len()).max().unwrap_or(0);
    let mut all_hold = true;
    for entries in groups {
        let outcomes = zoo.measure(&entries, &dataset, &tick).map_err(|error| match error {
            MeasureError::Shape { .. } => {
                Failure::Input(format!("error: {error}\nhelp: name the folder of its dataset with `--data`"))
            }
            error => error.into(),
        })?;
        for (entry, measured) in entries.iter().zip(outcomes) {
            let claimed = entry.metadata.claim();
            let (claim, verdict) = verdict(claimed, measured);
            all_hold &= verdict == HOLDS;
            println!("{:longest$}  claimed {claim:28}  measured {:28}  {verdict}", entry.name, measured.to_string());
        }
    }
    Ok(all_hold)
}

const HOLDS: &str = "ok";

fn verdict(claimed: Option<Outcome>, measured: Outcome) -> (String, &'static str) {
    match claimed {
        None => ("nothing".into(), "NO CLAIM"),
        Some(claim) if claim == measured => (claim.to_string(), HOLDS),
        Some(claim) => (claim.to_string(), "DIFFERS"),
    }
}
