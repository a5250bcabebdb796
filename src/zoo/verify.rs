//! `zoo verify`: every claimed accuracy and payload, measured again.

use crate::arguments::Verify;
use crate::failure::Failure;
use crate::given::unsuitable;
use crate::output::{printable, say, say_wrapped};
use crate::progress::SampleBar;
use cospike_models::zoo::{MeasureError, Measurement, WeightFile};

/// Measures the networks that were asked for and prints a line for each. Returns whether all claims hold.
pub(crate) fn verify(arguments: &Verify) -> Result<bool, Failure> {
    let zoo = arguments.zoo.open()?;
    let wanted = |file: &&WeightFile| file.name.contains(&arguments.filter);
    let groups = zoo.backbone_groups().into_iter().map(|files| files.into_iter().filter(wanted).collect());
    let mut groups: Vec<Vec<&WeightFile>> = groups.filter(|files: &Vec<_>| !files.is_empty()).collect();
    let is_known = !groups.is_empty();
    for files in &mut groups {
        for file in files.extract_if(.., |file| file.is_of_another_file()) {
            let (name, backbone) = (printable(&file.name), printable(&file.metadata.backbone));
            say_wrapped!(
                "{name} is not measured: it is a unit of the network in the file {backbone}, see `cospike infer --unit`"
            );
        }
    }
    groups.retain(|files| !files.is_empty());
    if !is_known {
        let filter = &arguments.filter;
        let message =
            format_args!("no network of the zoo has `{filter}` in its name; `cospike zoo --json` lists all names");
        return Err(Failure::mistake(message));
    }
    let dataset = arguments.data.open()?;
    let bar = SampleBar::new((groups.len() * dataset.len()) as u64);
    let longest = groups.iter().flatten().map(|file| file.name.len()).max().unwrap_or(0);
    let mut all_hold = true;
    for files in groups {
        let measurements = zoo.measure(&files, &dataset, &|| bar.tick()).map_err(|error| match error {
            MeasureError::Unsuitable { error: ref cause, .. } => unsuitable(&error, cause),
            MeasureError::Zoo(error) => Failure::mistake(error),
            error => error.into(),
        })?;
        for (file, measured) in files.iter().zip(measurements) {
            let claimed = file.metadata.claim();
            let (claim, verdict) = verdict(claimed, measured);
            all_hold &= verdict == HOLDS;
            say!("{:longest$}  claimed {claim:28}  measured {:28}  {verdict}", file.name, measured.to_string());
        }
    }
    Ok(all_hold)
}

/// Verdict on a claim that holds.
const HOLDS: &str = "ok";

/// The claim as text, and whether the measurement confirms it.
fn verdict(claimed: Option<Measurement>, measured: Measurement) -> (String, &'static str) {
    match claimed {
        None => ("nothing".into(), "NO CLAIM"),
        Some(claim) if claim == measured => (claim.to_string(), HOLDS),
        Some(claim) => (claim.to_string(), "DIFFERS"),
    }
}
