//! Test accuracy, measured by the inference engine and written into the weight files.

use crate::weight_file::{Precision, WeightFile};
use anyhow::{Context, Result};
use cospike_scenarios::dataset::Dataset;
use cospike_scenarios::scenario::DatasetName;
use cospike_scenarios::study::{Inference, InferenceKey};
use cospike_scenarios::zoo::Zoo;
use std::path::Path;

/// Runs every network of the folder that has no test accuracy yet on the whole test set, as it would run split in two,
/// and writes the outcome into its file.
pub(crate) fn measure(folder: &Path) -> Result<()> {
    let zoo = Zoo::from_folder(folder)?;
    let dataset = Dataset::fashion_mnist_test()?;
    for entry in zoo.entries().iter().filter(|entry| !entry.metadata.all.contains_key("test_accuracy")) {
        let choice = zoo.choice(&entry.name)?;
        let network = zoo.network(&choice)?;
        let samples = dataset.len() as u32;
        let key = InferenceKey { choice, stepwise: false, dataset: DatasetName::FashionMnist, samples };
        let run = Inference::new(key, network)?.run(&dataset, &[], &|| {}).with_context(|| entry.name.clone())?;
        let correct = run.correct(&dataset.labels);
        let accuracy = format!("{:.4}", f64::from(correct) / f64::from(samples));
        eprintln!("{} {accuracy}", entry.name);

        let path = folder.join(format!("{}.safetensors", entry.name));
        let mut file = WeightFile::read(&path)?;
        let measured = [
            ("test_images", samples.to_string()),
            ("test_correct", correct.to_string()),
            ("test_accuracy", accuracy),
            ("payload_bits", format!("{:.1}", run.payload_bits())),
        ];
        file.metadata.extend(measured.map(|(key, value)| (key.to_string(), value)));
        file.write(&path, Precision::Half)?;
    }
    Ok(())
}
