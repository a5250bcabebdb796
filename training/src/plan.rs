//! What the zoo consists of, and how each network of it is trained.

use crate::backbone::{TIME_STEPS, Trained, Workshop};
use crate::fit::Schedule;
use crate::model::LossyStep;
use crate::unit::UnitTask;
use crate::weight_file::WeightFile;
use anyhow::{Context, Result};
use cospike_sim_core::network::{Activation, Bottleneck, BottleneckKind, Network, Neuron, Nonlinearity, ResNet};
use cospike_sim_core::payload::Jpeg;
use std::collections::BTreeMap;
use std::path::Path;

/// Split points that get bottleneck units: one per stage.
const SPLITS: [&str; 3] = ["stage1", "stage2", "stage3"];
/// Channels that the encoders emit.
const WIDTHS: [usize; 3] = [2, 4, 8];
/// Every encoder halves height and width, as BottleNet's spatial reduction does.
const STRIDE: usize = 2;
/// Quality of the JPEG step of the float units, of 100.
const JPEG_QUALITY: u8 = 90;

/// Images held out of the training set to make every choice on.
pub(crate) const VALIDATION_IMAGES: usize = 5_000;
/// Images that a unit is trained on.
const UNIT_IMAGES: usize = 20_000;

const FLOAT_BACKBONE: Schedule = Schedule { epochs: 8, batch: 64, peak_rate: 4e-3, cycles: 1 };
const SPIKING_BACKBONE_RATE: Schedule = Schedule { epochs: 12, batch: 64, peak_rate: 4e-3, cycles: 2 };
const SPIKING_BACKBONE_STEPS: Schedule = Schedule { epochs: 4, batch: 64, peak_rate: 1e-3, cycles: 2 };
const UNIT_RESTORE: Schedule = Schedule { epochs: 2, batch: 64, peak_rate: 4e-3, cycles: 1 };
const UNIT_TAIL: Schedule = Schedule { epochs: 3, batch: 64, peak_rate: 2e-3, cycles: 1 };

/// The two families of the zoo.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Spiking,
    Float,
}

impl Family {
    pub(crate) const ALL: [Self; 2] = [Self::Spiking, Self::Float];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Spiking => "spiking",
            Self::Float => "float",
        }
    }

    pub(crate) fn backbone(self) -> Network {
        ResNet::ZOO.build(match self {
            Self::Spiking => Nonlinearity::Spiking(Neuron::INTEGRATE_AND_FIRE),
            Self::Float => Nonlinearity::Float(Activation::Relu),
        })
    }

    fn time_steps(self) -> usize {
        match self {
            Self::Spiking => TIME_STEPS,
            Self::Float => 1,
        }
    }
}

/// One network to train.
#[derive(Clone, Copy)]
pub(crate) struct Job {
    pub(crate) family: Family,
    /// Split point and width of a bottleneck unit; `None` for the backbone.
    pub(crate) unit: Option<(&'static str, usize)>,
}

impl Job {
    /// All jobs, each after what it needs.
    pub(crate) fn all() -> Vec<Self> {
        let backbones = Family::ALL.map(|family| Self { family, unit: None });
        let units = SPLITS.iter().rev().flat_map(|&split| WIDTHS.map(|width| (split, width)));
        let units = units.flat_map(|unit| Family::ALL.map(|family| Self { family, unit: Some(unit) }));
        backbones.into_iter().chain(units).collect()
    }

    /// Name of the network in the zoo.
    pub(crate) fn name(&self) -> String {
        let backbone = format!("resnet14-{}", self.family.name());
        match self.unit {
            Some((split, width)) => format!("{backbone}-{split}-w{width}"),
            None => backbone,
        }
    }

    /// Trains the network, unless its file is in `zoo` already, and writes it there.
    pub(crate) fn run(&self, workshop: &Workshop, zoo: &Path) -> Result<()> {
        let path = zoo.join(format!("{}.safetensors", self.name()));
        if path.exists() {
            return Ok(());
        }
        let (net, trained) = match self.unit {
            Some((split, width)) => self.train_unit(workshop, zoo, split, width)?,
            None => self.train_backbone(workshop)?,
        };
        let tensors = trained.model.export(&net);
        WeightFile { tensors, metadata: self.metadata(workshop, &net, &trained) }.write(&path)
    }

    fn train_backbone(&self, workshop: &Workshop) -> Result<(Network, Trained)> {
        let net = self.family.backbone();
        let trained = match self.family {
            Family::Float => workshop.float_backbone(&self.name(), &net, FLOAT_BACKBONE)?,
            Family::Spiking => {
                workshop.spiking_backbone(&self.name(), &net, SPIKING_BACKBONE_RATE, SPIKING_BACKBONE_STEPS)?
            }
        };
        Ok((net, trained))
    }

    fn train_unit(&self, workshop: &Workshop, zoo: &Path, split: &str, width: usize) -> Result<(Network, Trained)> {
        let backbone = self.family.backbone();
        let at = backbone.split(split)?;
        let unit = Bottleneck { kind: BottleneckKind::of(&backbone), width, stride: STRIDE };
        let (net, cut) = backbone.with_bottleneck(split, unit)?;
        let decoder = at + net.layers.len() - backbone.layers.len();
        let file = zoo.join(format!("resnet14-{}.safetensors", self.family.name()));
        let weights =
            WeightFile::read(&file).with_context(|| format!("train the backbone first: {}", file.display()))?;
        let jpeg = Jpeg::new(net.layers[cut].output, JPEG_QUALITY)?;
        let sent: &LossyStep = &|features| sent_by_jpeg(&jpeg, net.layers[cut].output.len(), features);
        let trained = workshop.unit(&UnitTask {
            name: &self.name(),
            net: &net,
            split: at,
            decoder,
            steps: self.family.time_steps(),
            lossy: (self.family == Family::Float).then_some(sent),
            backbone: &weights.tensors,
            images: UNIT_IMAGES,
            restore: UNIT_RESTORE,
            tail: UNIT_TAIL,
        })?;
        Ok((net, trained))
    }

    fn metadata(&self, workshop: &Workshop, net: &Network, trained: &Trained) -> BTreeMap<String, String> {
        let training_images = match self.unit {
            Some(_) => UNIT_IMAGES,
            None => workshop.samples.training(),
        };
        let mut metadata = vec![
            ("cospike_version", env!("CARGO_PKG_VERSION").into()),
            ("task", "fashion-mnist".into()),
            ("backbone", net.name.clone()),
            ("family", self.family.name().into()),
            ("kind", if self.unit.is_some() { "unit" } else { "backbone" }.into()),
            ("time_steps", self.family.time_steps().to_string()),
            ("seed", workshop.seed.to_string()),
            ("recipe", trained.recipe.clone()),
            ("macs", net.dense_macs(0..net.layers.len()).to_string()),
            ("training_images", training_images.to_string()),
            ("validation_images", VALIDATION_IMAGES.to_string()),
            ("validation_accuracy", format!("{:.4}", trained.validation)),
        ];
        if let Some((split, width)) = self.unit {
            metadata.push(("split", split.into()));
            metadata.push(("width", width.to_string()));
            metadata.push(("stride", STRIDE.to_string()));
            if self.family == Family::Float {
                metadata.push(("jpeg_quality", JPEG_QUALITY.to_string()));
            }
        }
        metadata.into_iter().map(|(k, v)| (k.to_string(), v)).collect()
    }
}

/// A batch of features as the cloud decodes them.
fn sent_by_jpeg(jpeg: &Jpeg, len: usize, features: &[f32]) -> Vec<f32> {
    let samples = features.chunks_exact(len);
    samples
        .flat_map(|f| jpeg.round_trip(f).expect("clipped features are in range; NaN means that training diverged"))
        .collect()
}
