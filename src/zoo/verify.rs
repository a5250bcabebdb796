//! `zoo verify`: every claimed accuracy measured again.

use crate::Failure;
use crate::arguments::Verify;
use crate::progress::Bar;
use cospike_models::zoo::{MeasureError, Measurement, WeightFile};
use cospike_studies::Progress;
use std::sync::atomic::{AtomicU64, Ordering};

/// Measures the networks that were asked for and prints one line for each; says whether all is as claimed.
pub(crate) fn verify(arguments: &Verify) -> Result<bool, Failure> {
    let zoo = arguments.zoo.open()?;
    let wanted = |file: &&WeightFile| file.name.contains(&arguments.filter);
    let groups = zoo.backbone_groups().into_iter().map(|files| files.into_iter().filter(wanted).collect());
    let groups: Vec<Vec<&WeightFile>> = groups.filter(|files: &Vec<_>| !files.is_empty()).collect();
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
    let longest = groups.iter().flatten().map(|file| file.name.len()).max().unwrap_or(0);
    let mut all_hold = true;
    for files in groups {
        let outcomes = zoo.measure(&files, &dataset, &tick).map_err(|error| match error {
            MeasureError::Shape { .. } => {
                Failure::Input(format!("error: {error}\nhelp: name the folder of its dataset with `--data`"))
            }
            error => error.into(),
        })?;
        for (file, measured) in files.iter().zip(outcomes) {
            let claimed = file.metadata.claim();
            let (claim, verdict) = verdict(claimed, measured);
            all_hold &= verdict == HOLDS;
            println!("{:longest$}  claimed {claim:28}  measured {:28}  {verdict}", file.name, measured.to_string());
        }
    }
    Ok(all_hold)
}

const HOLDS: &str = "ok";

fn verdict(claimed: Option<Measurement>, measured: Measurement) -> (String, &'static str) {
    match claimed {
        None => ("nothing".into(), "NO CLAIM"),
        Some(claim) if claim == measured => (claim.to_string(), HOLDS),
        Some(claim) => (claim.to_string(), "DIFFERS"),
    }
}
