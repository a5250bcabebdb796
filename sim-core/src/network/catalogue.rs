//! The catalogue of networks that exist by name.

use super::stage::Width;
use super::{
    Activation, MobileNetV1, MobileNetV2, Network, NetworkError, Neuron, Nonlinearity, ParameterRule, ResNet,
    ResidualBlock, ResidualSum, Shape, Stem, Vgg,
};
use std::fmt;
use std::str::FromStr;

/// The name of a network, `ARCHITECTURE[-WIDTH][@SIDE][:CLASSES]`: `resnet18`, `mobilenetv2-0.5@32`, `vgg16@32:100`.
///
/// - `ARCHITECTURE` is one of [`NetworkName::architectures`];
/// - `WIDTH` multiplies all channels ([`Width`]); 1 if left out;
/// - `SIDE` is height and width of the input. Up to 64 the network has its small-image form (no strided stem; VGG without
///   hidden fully connected layers), above that the published one. 224 if left out;
/// - `CLASSES` is 10 in the small-image form and 1000 in the published one if left out.
///
/// `resnet14`, `sew-resnet14` and `mobilenet` are the small ones of the zoo: 28x28 grey images, 10 classes, and no `@SIDE`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NetworkName {
    architecture: Architecture,
    width: Width,
    side: usize,
    classes: usize,
}

/// An architecture, the beginning of a network's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Architecture {
    ResNet { depth: Depth, sum: ResidualSum },
    MobileNet,
    MobileNetV1,
    MobileNetV2,
    Vgg11,
    Vgg16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depth {
    D14,
    D18,
    D34,
    D50,
}

const fn resnet(depth: Depth) -> Architecture {
    Architecture::ResNet { depth, sum: ResidualSum::BeforeNonlinearity }
}

const fn sew_resnet(depth: Depth) -> Architecture {
    Architecture::ResNet { depth, sum: ResidualSum::AfterNonlinearity }
}

const ARCHITECTURES: [(&str, Architecture); 13] = [
    ("resnet14", resnet(Depth::D14)),
    ("mobilenet", Architecture::MobileNet),
    ("resnet18", resnet(Depth::D18)),
    ("resnet34", resnet(Depth::D34)),
    ("resnet50", resnet(Depth::D50)),
    ("sew-resnet14", sew_resnet(Depth::D14)),
    ("sew-resnet18", sew_resnet(Depth::D18)),
    ("sew-resnet34", sew_resnet(Depth::D34)),
    ("sew-resnet50", sew_resnet(Depth::D50)),
    ("mobilenetv1", Architecture::MobileNetV1),
    ("mobilenetv2", Architecture::MobileNetV2),
    ("vgg11", Architecture::Vgg11),
    ("vgg16", Architecture::Vgg16),
];

/// Side of the published networks' input.
const LARGE_SIDE: usize = 224;
/// Side of the input in the small-image form, that of CIFAR.
const SMALL_SIDE: usize = 32;
/// Largest side that has the small-image form.
const LARGEST_SMALL_SIDE: usize = 64;
/// Side of the zoo's images.
const ZOO_SIDE: usize = 28;
/// Largest side that a name may ask for. Within this limit and the next two no count overflows.
const LARGEST_SIDE: usize = 1024;
/// Most classes that a name may ask for.
const MOST_CLASSES: usize = 100_000;
/// Largest width that a name may ask for.
const WIDEST: f64 = 4.0;

/// Form of a network.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A small network of the zoo, of which there is one form only.
    Zoo,
    /// For images of up to 64x64.
    SmallImage,
    /// As published for 224x224.
    LargeImage,
}

impl NetworkName {
    /// Names of all architectures, with which a network's name can begin.
    pub fn architectures() -> Vec<&'static str> {
        ARCHITECTURES.iter().map(|(name, _)| *name).collect()
    }

    /// Every architecture in each of its forms; the MobileNets at their published widths too.
    pub fn all() -> impl Iterator<Item = Self> {
        ARCHITECTURES.iter().flat_map(|&(_, architecture)| {
            let widths: &[f64] = match architecture {
                Architecture::MobileNetV1 => &[1.0, 0.75, 0.5, 0.25],
                Architecture::MobileNetV2 => &[1.0, 0.75, 0.5, 0.35],
                _ => &[1.0],
            };
            let sides: &[usize] = if architecture.is_zoo() { &[ZOO_SIDE] } else { &[LARGE_SIDE, SMALL_SIDE] };
            sides.iter().flat_map(move |&side| {
                widths.iter().map(move |&width| Self::with_default_classes(architecture, Width(width), side))
            })
        })
    }

    fn with_default_classes(architecture: Architecture, width: Width, side: usize) -> Self {
        let name = Self { architecture, width, side, classes: 10 };
        Self { classes: name.default_classes(), ..name }
    }

    fn default_classes(&self) -> usize {
        if self.form() == Form::LargeImage { 1000 } else { 10 }
    }

    fn form(&self) -> Form {
        match self.side {
            _ if self.architecture.is_zoo() => Form::Zoo,
            side if side <= LARGEST_SMALL_SIDE => Form::SmallImage,
            _ => Form::LargeImage,
        }
    }

    /// Shape of one sample.
    pub fn input(&self) -> Shape {
        Shape::new(if self.architecture.is_zoo() { 1 } else { 3 }, self.side, self.side)
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How the parameters of the trained network are counted where it was published with batch normalisation: by
    /// torchvision for the large ones, by the zoo's weight files for its own.
    pub fn parameter_rule(&self) -> ParameterRule {
        match self.architecture {
            Architecture::Vgg11 | Architecture::Vgg16 => ParameterRule::BiasedNormalised,
            _ => ParameterRule::Normalised,
        }
    }

    /// The spiking network, with `neuron` as nonlinearity.
    pub fn spiking(&self, neuron: Neuron) -> Network {
        self.build(Nonlinearity::Spiking(neuron), self.input())
    }

    /// The float network, with the activation of its paper: ReLU, in MobileNetV2 ReLU6.
    pub fn float(&self) -> Network {
        self.build(Nonlinearity::Float(self.activation()), self.input())
    }

    /// The quantised network, with quantisers of `levels` levels where the spiking one has neurons. With one level it would be
    /// the spiking network of a single step; give 2 or more.
    pub fn quantised(&self, levels: u32) -> Network {
        self.build(Nonlinearity::Float(Activation::Quantise { levels }), self.input())
    }

    /// The spiking, the float and the quantised network (of 4 levels) with an eighth of the channels, three classes and the
    /// smallest input that leaves a value in every layer: the same graph, quick enough for tests of every architecture.
    pub fn small(&self, neuron: Neuron) -> [Network; 3] {
        let side = match (self.architecture, self.form()) {
            (Architecture::Vgg11 | Architecture::Vgg16, _) | (_, Form::LargeImage) => 32,
            (Architecture::MobileNetV1, Form::SmallImage) => 16,
            (_, Form::SmallImage) => 8,
            (_, Form::Zoo) => 7,
        };
        let small = Self { width: Width(0.125), classes: 3, ..*self };
        let input = Shape::new(self.input().channels, side, side);
        let quantiser = Activation::Quantise { levels: 4 };
        [Nonlinearity::Spiking(neuron), Nonlinearity::Float(self.activation()), Nonlinearity::Float(quantiser)]
            .map(|f| small.build(f, input))
    }

    fn activation(&self) -> Activation {
        match self.architecture {
            Architecture::MobileNetV2 => Activation::Clip { max: 6.0 },
            _ => Activation::Relu,
        }
    }

    fn build(&self, f: Nonlinearity, input: Shape) -> Network {
        let Self { classes, width, .. } = *self;
        let small = self.form() == Form::SmallImage;
        let net = match self.architecture {
            Architecture::ResNet { depth, sum } => {
                let large = ResNet { input, classes, width, sum, stem: Stem::LARGE_IMAGE, ..ResNet::ZOO };
                let resnet = match depth {
                    Depth::D14 => ResNet { stem: ResNet::ZOO.stem, ..large },
                    Depth::D18 => ResNet { stages: ResNet::STAGES_18, ..large },
                    Depth::D34 => ResNet { stages: ResNet::STAGES_34_50, ..large },
                    Depth::D50 => ResNet { stages: ResNet::STAGES_34_50, block: ResidualBlock::Bottleneck, ..large },
                };
                if small { ResNet { stem: Stem::SMALL_IMAGE, ..resnet } } else { resnet }.build(f)
            }
            Architecture::MobileNet => MobileNetV1 { input, classes, width, ..MobileNetV1::ZOO }.build(f),
            Architecture::MobileNetV1 => {
                let (stages, stem_stride) = (MobileNetV1::STAGES, if small { 1 } else { 2 });
                MobileNetV1 { input, classes, width, stages, stem_stride, stem_channels: 32 }.build(f)
            }
            Architecture::MobileNetV2 => {
                let large = MobileNetV2 { input, classes, width, stages: MobileNetV2::STAGES, stem_stride: 2 };
                let stages = MobileNetV2::STAGES_SMALL_IMAGE;
                if small { MobileNetV2 { stages, stem_stride: 1, ..large } } else { large }.build(f)
            }
            Architecture::Vgg11 | Architecture::Vgg16 => {
                let eleven = self.architecture == Architecture::Vgg11;
                let stages = if eleven { Vgg::STAGES_11 } else { Vgg::STAGES_16 };
                Vgg { input, classes, stages, width, hidden: if small { &[] } else { Vgg::HIDDEN } }.build(f)
            }
        };
        Network { name: self.to_string(), ..net }
    }
}

impl Architecture {
    fn name(self) -> &'static str {
        ARCHITECTURES.iter().find(|(_, other)| *other == self).map_or("", |(name, _)| name)
    }

    /// Whether it is one of the zoo's small ones.
    fn is_zoo(self) -> bool {
        matches!(self, Self::MobileNet | Self::ResNet { depth: Depth::D14, .. })
    }
}

impl fmt::Display for NetworkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.architecture.name())?;
        if self.width != Width::FULL {
            write!(f, "-{}", self.width.0)?;
        }
        if !self.architecture.is_zoo() {
            write!(f, "@{}", self.side)?;
        }
        if self.classes != self.default_classes() {
            write!(f, ":{}", self.classes)?;
        }
        Ok(())
    }
}

impl FromStr for NetworkName {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let wrong = |reason: String| NetworkError::NetworkName { text: text.into(), reason };
        let (rest, classes) = split_off(text, ':');
        let (base, side) = split_off(rest, '@');
        let known = ARCHITECTURES.iter().find_map(|&(name, architecture)| {
            let rest = base.strip_prefix(name)?;
            (rest.is_empty() || rest.starts_with('-')).then_some((architecture, rest.strip_prefix('-')))
        });
        let unknown = || NetworkError::UnknownArchitecture { name: base.into(), known: Self::architectures() };
        let (architecture, width) = known.ok_or_else(unknown)?;
        let width = match width.map(str::parse) {
            None => 1.0,
            Some(Ok(width)) if width > 0.0 && width <= WIDEST => width,
            Some(_) => return Err(wrong(format!("behind `-` belongs a width, a number above 0 and up to {WIDEST}"))),
        };
        let side = match side.map(str::parse) {
            None if architecture.is_zoo() => ZOO_SIDE,
            None => LARGE_SIDE,
            Some(_) if architecture.is_zoo() => {
                return Err(wrong(format!(
                    "`{}` is for {ZOO_SIDE}x{ZOO_SIDE} images: leave `@` out",
                    architecture.name()
                )));
            }
            Some(Ok(side)) if (1..=LARGEST_SIDE).contains(&side) => side,
            Some(_) => {
                return Err(wrong(format!(
                    "behind `@` belongs the side of the image, a number from 1 to {LARGEST_SIDE}"
                )));
            }
        };
        let name = Self::with_default_classes(architecture, Width(width), side);
        let name = match classes.map(str::parse) {
            None => name,
            Some(Ok(classes)) if (1..=MOST_CLASSES).contains(&classes) => Self { classes, ..name },
            Some(_) => return Err(wrong(format!("behind `:` belong the classes, a number from 1 to {MOST_CLASSES}"))),
        };
        name.float().check().map_err(|error| wrong(format!("{side}x{side} is too small an image: {error}")))?;
        Ok(name)
    }
}

/// Splits `text` at the last `mark`.
fn split_off(text: &str, mark: char) -> (&str, Option<&str>) {
    text.rsplit_once(mark).map_or((text, None), |(before, behind)| (before, Some(behind)))
}
