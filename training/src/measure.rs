//! Test accuracy, measured by the inference engine and written into the weight files.

use crate::weight_file::{Precision, WeightFile};
use anyhow::Result;
use cospike_models::dataset::Dataset;
use cospike_models::zoo::{self, Measurement, Zoo};
use std::path::Path;

/// Executes every network of `zoo` without a test accuracy on all images of `dataset`, cut in two as in a simulation, and
/// writes the outcome into its weight file in `folder`.
pub(crate) fn measure(folder: &Path, zoo: &Zoo, dataset: &Dataset) -> Result<()> {
    for files in zoo.backbone_groups() {
        let unmeasured: Vec<&zoo::WeightFile> =
            files.into_iter().filter(|file| file.metadata.claim().is_none()).collect();
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
