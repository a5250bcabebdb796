//! Test accuracy, measured by the inference engine and written into the weight files.

use crate::plan::Plan;
use crate::weight_file::{Precision, WeightFile};
use anyhow::{Result, bail};
use cospike_models::dataset::Dataset;
use cospike_models::zoo::{self, Measurement, Zoo};
use std::path::Path;

/// `zoo` with the files of networks that `plan` names, so that their units can be executed.
///
/// # Errors
/// A unit without a test accuracy whose backbone is not there.
pub(crate) fn with_files(zoo: Zoo, plan: Option<&Plan>) -> Result<Zoo> {
    let mut files: Vec<zoo::WeightFile> = vec![];
    for file in plan.into_iter().flat_map(Plan::files) {
        if files.iter().all(|known| known.content() != file.content()) {
            // Files of one name in two folders are two networks.
            let name = file.path().to_string();
            files.push(file.clone().renamed(&name));
        }
    }
    let zoo = zoo.extended(files)?;
    let backbones: Vec<_> = zoo.weight_files().iter().filter(|file| file.metadata.unit.is_none()).collect();
    let is_lost = |file: &&zoo::WeightFile| {
        let is_unit = file.metadata.unit.is_some() && file.metadata.claim().is_none();
        is_unit && !backbones.iter().any(|backbone| file.belongs_to(backbone))
    };
    if let Some(lost) = zoo.weight_files().iter().find(is_lost) {
        let (name, backbone) = (&lost.name, &lost.metadata.backbone);
        bail!(
            "`{name}` is a unit of `{backbone}`, which is not in the zoo: give the plan that names its file with `--plan`"
        );
    }
    Ok(zoo)
}

/// Executes every network of `zoo` without a test accuracy on all images of `dataset`, cut in two as in a simulation, and
/// writes the outcome into its weight file in `folder`.
pub(crate) fn measure(folder: &Path, zoo: &Zoo, dataset: &Dataset) -> Result<()> {
    for files in zoo.backbone_groups() {
        let unmeasured: Vec<&zoo::WeightFile> =
            files.into_iter().filter(|file| file.metadata.claim().is_none() && !file.is_imported()).collect();
        for (file, outcome) in unmeasured.iter().zip(zoo.measure(&unmeasured, dataset, &|| {})?) {
            eprintln!("{} {outcome}", file.name);
            claim(&folder.join(format!("{}.safetensors", file.name)), outcome)?;
        }
    }
    Ok(())
}

/// Writes `outcome` into the metadata of a weight file.
fn claim(path: &Path, outcome: Measurement) -> Result<()> {
    let Measurement { correct, samples, payload_bits } = outcome;
    let mut file = WeightFile::read(path)?;
    let measured = [
        ("test_images", samples.to_string()),
        ("test_correct", correct.to_string()),
        ("test_accuracy", format!("{:.4}", correct as f64 / samples as f64)),
        ("payload_bits", format!("{payload_bits:.1}")),
    ];
    file.metadata.extend(measured.map(|(key, value)| (key.to_string(), value)));
    file.write(path, Precision::Half)
}
