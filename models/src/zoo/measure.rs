//! Accuracy and payload of the networks of a zoo: measured on a data set, or claimed by their files.

use super::{Executed, MeasureError, Metadata, WeightFile, Zoo};
use crate::dataset::Dataset;
use std::collections::BTreeMap;
use std::fmt::{self, Display};

/// Accuracy and payload of a network on a data set, measured or claimed. Two are equal if they are printed alike, because
/// files claim the payload to a tenth of a bit.
#[derive(Clone, Copy, Debug)]
pub struct Measurement {
    /// Number of samples that were answered correctly.
    pub correct: u64,
    /// Number of samples.
    pub samples: u64,
    /// Mean payload of a sample, in bits; 0 for an uncut network.
    pub payload_bits: f64,
}

impl Zoo {
    /// Weight files grouped by backbone, family and time steps.
    pub fn backbone_groups(&self) -> Vec<Vec<&WeightFile>> {
        let mut groups: BTreeMap<_, Vec<&WeightFile>> = BTreeMap::new();
        for file in self.weight_files() {
            let Metadata { family, time_steps, .. } = &file.metadata;
            groups.entry((self.backbone_name(file), family, time_steps)).or_default().push(file);
        }
        groups.into_values().collect()
    }

    /// Measures networks of one group of [`Zoo::backbone_groups`] on all of `dataset`, see [`Zoo::execute`].
    ///
    /// # Errors
    /// Those of [`Zoo::execute`].
    pub fn measure(
        &self,
        files: &[&WeightFile],
        dataset: &Dataset,
        tick: &(dyn Fn() + Sync),
    ) -> Result<Vec<Measurement>, MeasureError> {
        let choices = files.iter().map(|file| self.choice(&file.name)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.execute(&choices, (dataset, dataset.len()), &[], tick)?.iter().map(Executed::measurement).collect())
    }
}

impl Executed {
    /// Accuracy and payload.
    pub fn measurement(&self) -> Measurement {
        let samples = self.right.len() as u64;
        let bits: u64 = self.payload_bits.iter().map(|&bits| u64::from(bits)).sum();
        let correct = self.right.iter().filter(|&&right| right).count() as u64;
        Measurement { correct, samples, payload_bits: bits as f64 / samples as f64 }
    }
}

impl Metadata {
    /// Accuracy and payload on the test set as the file claims them; `None` if the network was never measured.
    pub fn claim(&self) -> Option<Measurement> {
        let number = |key: &str| self.all.get(key);
        Some(Measurement {
            correct: number("test_correct")?.parse().ok()?,
            samples: number("test_images")?.parse().ok()?,
            payload_bits: number("payload_bits")?.parse().ok()?,
        })
    }
}

impl Measurement {
    /// Share of the samples that were answered correctly, 0 to 1.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.samples as f64
    }
}

impl PartialEq for Measurement {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Display for Measurement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {}, {:.1} bit", self.correct, self.samples, self.payload_bits)
    }
}
