//! `[network]`: the network, and where it is cut.

use super::check;
use crate::diagnostic::{Mistake, excerpt};
use crate::located::Located;
use crate::scenario::limits::{MAX_MBPS, MAX_WIDTH, MIN_MBPS};
use cospike_models::import::nir::{Initial, MAX_DT, MIN_DT, NirOptions};
use cospike_models::zoo::{CodecChoice, Format, MAX_TIME_STEPS, Normalisation};
use cospike_sim_core::network::{BottleneckKind, CellReset, Family, Fires, INPUT, OUTPUT, Readout};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The network, and where it is cut.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkSection {
    /// Backbone, one of the zoo's; or leave it out and give `file`.
    pub backbone: Option<Located<String>>,
    /// File of a network (`.nir`, `.onnx`, `.safetensors`), in the place of `backbone`. Every layer of one of another framework through
    /// which alone values flow is a split point; `cospike check FILE` lists them.
    pub file: Option<Located<String>>,
    /// What the format of a `.nir` file leaves open.
    pub nir: Option<Located<NirSection>>,
    /// Normalisation of the samples for a `.nir` or `.onnx` file; without it they are fed in as they are, pixels as 0 to 1.
    pub normalisation: Option<Located<NormalisationSection>>,
    /// Family of the network; can be left out where `bottleneck` is given, and for a `file` of another framework: one in the ONNX format is
    /// `float`, one in the NIR format `spiking`, so one without neurons needs `family = "float"`.
    pub family: Option<Located<Family>>,
    /// Split point: `input` (everything in the cloud), a stage, or `output` (everything on the edge).
    pub split: Located<String>,
    /// Number of channels that the encoder of the bottleneck unit emits; without it the features cross as they are. Units of a `file` are
    /// looked for in the zoo and beside the file.
    #[schemars(range(min = 1, max = MAX_WIDTH))]
    pub width: Option<Located<u32>>,
    /// Kind of the bottleneck unit; `binary` and `jscc` units stand in float networks. That of the family if it is left out.
    pub bottleneck: Option<Located<BottleneckKind>>,
    /// Variant of the bottleneck unit's training in the zoo, such as `noisy` or `seed2`; `plain` if it is left out.
    pub variant: Option<Located<String>>,
    /// Coding of the image (at `split = "input"`) or of the values of a `float` or `jscc` unit on the link: `raw` is the default of the
    /// image and of `jscc`, `jpeg` that of `float`. A JPEG is one grey image with the channels side by side, of which the scan is sent:
    /// its header is the same for every request.
    pub codec: Option<Located<CodecName>>,
    /// Quality of the JPEG, where `codec` is `jpeg` or left out beside a `width` of BottleNet; that of the unit's training if it
    /// is left out.
    #[schemars(range(min = 1, max = 100))]
    pub jpeg_quality: Option<Located<u32>>,
    /// Number of time steps of a spiking network; that of its training if it is left out.
    #[schemars(range(min = 1, max = MAX_TIME_STEPS))]
    pub time_steps: Option<Located<u32>>,
    /// How class scores are read out of the time steps of a spiking network; if it is left out, as its file says, or else by `spike-count`
    /// if its last layer emits spikes, and by `mean` if not. An early exit decides on the steps so far.
    pub readout: Option<Located<Readout>>,
    /// Each time step is sent as soon as it is computed, and the tail is executed as steps arrive.
    pub stream: Option<Located<bool>>,
    /// Alternative cuts, which a device takes when it estimates its link to be fast enough.
    #[serde(default)]
    pub alternative: Vec<Located<Alternative>>,
    /// Network that a device executes first.
    pub local: Option<Located<LocalSection>>,
}

/// How neurons are made of what a `.nir` file says. What is left out is as the file's metadata say, if they do.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NirSection {
    /// Length of a time step, in the unit of the file's time constants. The one with which inputs have the weight 1 if it is left out
    /// and all neurons agree on it.
    #[schemars(range(min = MIN_DT, max = MAX_DT))]
    pub dt: Option<Located<f64>>,
    /// What a spike does to the membrane: sets it to the file's value (the default), or takes the threshold off it.
    pub reset: Option<Located<NirReset>>,
    /// Where neurons fire: above their threshold (the default), or from it on.
    pub fire: Option<Located<NirFire>>,
    /// Membranes before the first step: where they decay to (the default), where they are after a spike, or zero.
    pub initial: Option<Located<NirInitial>>,
}

/// Greatest size of a number of a normalisation, and the least of those that are above 0: far beyond what samples need, and far from
/// where 32-bit floats lose their digits.
const MAX_NORMALISATION: f64 = 1e6;
const MIN_NORMALISATION: f64 = 1e-6;

/// Normalisation of the samples: `(scale x - mean) / std` of every value `x`, which is 0 to 1 of an image. The network computes it, so
/// that what crosses at `split = "input"` are the samples as they are.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NormalisationSection {
    /// Mean of each channel, or one for all.
    #[schemars(inner(range(min = -MAX_NORMALISATION, max = MAX_NORMALISATION)))]
    pub mean: Vec<Located<f64>>,
    /// Standard deviation of each channel, or one for all.
    #[schemars(inner(range(min = MIN_NORMALISATION, max = MAX_NORMALISATION)))]
    pub std: Vec<Located<f64>>,
    /// Factor of the values, such as 255 if pixels of 0 to 255 were meant; 1 if it is left out.
    #[schemars(range(min = MIN_NORMALISATION, max = MAX_NORMALISATION))]
    pub scale: Option<Located<f64>>,
}

impl NormalisationSection {
    /// The normalisation.
    ///
    /// # Errors
    /// What is wrong with its values, in a sentence.
    pub(crate) fn normalisation(&self) -> Result<Normalisation, String> {
        let single = |value: &Located<f64>| value.get() as f32;
        let [mean, std] = [&self.mean, &self.std].map(|values| values.iter().map(single).collect());
        Normalisation::new(mean, std, self.scale.as_ref().map_or(1.0, single))
    }
}

/// What a spike does to the membrane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NirReset {
    /// Sets it to the value in the file, or to 0.
    Hard,
    /// Takes the threshold off it.
    Soft,
}

/// Where neurons fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NirFire {
    /// Above the threshold.
    Gt,
    /// From the threshold on.
    Ge,
}

/// Membranes before the first step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NirInitial {
    /// Where they decay to.
    Rest,
    /// Where they are after a spike.
    Reset,
    /// Zero.
    Zero,
}

impl NirSection {
    pub(crate) fn options(section: Option<&Located<Self>>) -> NirOptions {
        let Some(section) = section else { return NirOptions::default() };
        NirOptions {
            dt: section.dt.as_ref().map(Located::get),
            reset: section.reset.as_ref().map(|reset| match reset.get() {
                NirReset::Hard => CellReset::Hard,
                NirReset::Soft => CellReset::Soft,
            }),
            fires: section.fire.as_ref().map(|fire| match fire.get() {
                NirFire::Gt => Fires::Above,
                NirFire::Ge => Fires::From,
            }),
            initial: section.initial.as_ref().map(|initial| match initial.get() {
                NirInitial::Rest => Initial::Rest,
                NirInitial::Reset => Initial::Reset,
                NirInitial::Zero => Initial::Zero,
            }),
        }
    }
}

/// Coding of values in [0, 1] on the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CodecName {
    /// One byte per value.
    Raw,
    /// One analogue symbol per value, to which the channel adds noise (`peak_snr_db` in \[link\]).
    Symbols,
    /// One grey JPEG image with the channels side by side, of which the entropy-coded scan is sent.
    Jpeg,
}

/// A cut that devices take instead of the network's own while their link is fast.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    /// Estimated rate from which on the alternative is taken; ascending.
    #[schemars(range(min = MIN_MBPS, max = MAX_MBPS))]
    pub from_mbps: Located<f64>,
    /// Split point.
    pub split: Located<String>,
    /// Width of the bottleneck unit there.
    #[schemars(range(min = 1, max = MAX_WIDTH))]
    pub width: Option<Located<u32>>,
}

/// An unsplit network of the zoo on the device. Where its answer is certain enough (`fleet.exit_entropy`) it stands; else the
/// sample goes through the split network too.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalSection {
    /// Backbone, one of the zoo's.
    pub backbone: Located<String>,
    /// Family of the network.
    pub family: Located<Family>,
    /// Number of time steps of a spiking network; that of its training if it is left out.
    #[schemars(range(min = 1, max = MAX_TIME_STEPS))]
    pub time_steps: Option<Located<u32>>,
}

/// Key that chooses a codec, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct CodecKey {
    pub(crate) name: &'static str,
    pub(crate) span: Range<usize>,
}

impl NetworkSection {
    /// Whether each time step is sent as soon as it is computed.
    pub fn streams(&self) -> bool {
        self.stream.as_ref().is_some_and(Located::get)
    }

    /// Family of the network, which `family` gives or the kind of the bottleneck unit implies; `None` if neither is given,
    /// which [`NetworkSection::check`] refuses.
    pub(crate) fn family(&self) -> Option<Family> {
        let implied = self.bottleneck.as_ref().map(|kind| kind.get().family());
        let of_file = self.file.as_ref().and_then(|file| match Format::recognise(file)? {
            Format::Nir => Some(Family::Spiking),
            Format::Onnx => Some(Family::Float),
            Format::Weights => None,
        });
        self.family.as_ref().map(Located::get).or(implied).or(of_file)
    }

    /// What names the network: the backbone or the file; none if neither is given, which [`NetworkSection::check`] refuses.
    pub(crate) fn named(&self) -> Option<&Located<String>> {
        self.file.as_ref().or(self.backbone.as_ref())
    }

    fn check_named(section: &Located<Self>) -> Result<(), Mistake> {
        let Some(file) = &section.file else {
            if section.backbone.is_none() {
                let message = "[network] does not name a network";
                return Err(Mistake::in_value(section, message).help("give `backbone`, or `file`"));
            }
            return section.check_described(None);
        };
        if let Some(backbone) = &section.backbone {
            let message = "`backbone` and `file` both name a network";
            return Err(Mistake::in_value(backbone, message).help("leave one of them out"));
        }
        match Format::recognise(file) {
            Some(format) => section.check_described(Some(format)),
            None => {
                let message = format!("`{}` is no file in a format that is read", excerpt(file));
                Err(Mistake::in_value(file, message).help("give a network as NAME.nir, NAME.onnx or NAME.safetensors"))
            }
        }
    }

    /// Checks that what describes a file belongs to one of this format; `None` stands for no file.
    fn check_described(&self, format: Option<Format>) -> Result<(), Mistake> {
        let nir = self.nir.as_ref().filter(|_| format != Some(Format::Nir));
        if let Some(nir) = nir {
            let message = match format {
                None => "[network.nir] describes a file, but there is no `file` in [network]",
                Some(_) => "[network.nir] describes a file in the NIR format, which `file` is not",
            };
            return Err(Mistake::in_value(nir, message).help("leave [network.nir] out"));
        }
        let Some(section) = &self.normalisation else { return Ok(()) };
        let refused = match format {
            None => Some("[network.normalisation] describes a file, but there is no `file` in [network]"),
            Some(Format::Weights) => Some("a weight file says its normalisation itself, in its metadata"),
            Some(Format::Nir | Format::Onnx) => None,
        };
        if let Some(message) = refused {
            return Err(Mistake::in_value(section, message).help("leave [network.normalisation] out"));
        }
        section.normalisation().map(drop).map_err(|reason| Mistake::in_value(section, reason))
    }

    /// Checks every value and returns the family of the network.
    pub(super) fn check(section: &Located<Self>) -> Result<Family, Mistake> {
        Self::check_named(section)?;
        let Some(family) = section.family() else {
            let message = "[network] does not give the family of the network";
            return Err(Mistake::in_value(section, message).help("give `family`, or `bottleneck` and `width`"));
        };
        check_width(&section.split, section.width.as_ref())?;
        section.check_unit(family)?;
        section.check_codec()?;
        check_steps(family, section.time_steps.as_ref())?;
        section.check_readout(family)?;
        if let Some(local) = &section.local {
            check_steps(local.family.get(), local.time_steps.as_ref())?;
        }
        if let Some(stream) = section.stream.as_ref().filter(|_| section.streams() && !family.has_steps()) {
            let name = family.name();
            let message = format!("a {name} network is executed once and has no time steps to stream");
            let help = format!("leave `stream` out for `family = \"{name}\"`");
            return Err(Mistake::in_value(stream, message).help(help));
        }
        section.check_alternatives()?;
        Ok(family)
    }

    /// Checks that the kind of the bottleneck unit fits the family, and that there is a unit if a key describes it.
    fn check_unit(&self, family: Family) -> Result<(), Mistake> {
        if let Some(kind) = self.bottleneck.as_ref().filter(|kind| kind.get().family() != family) {
            let (name, needed) = (kind.name(), kind.get().family().name());
            let message =
                format!("a {name} bottleneck unit stands in a {needed} network, but `family` is {}", family.name());
            let help = "leave `family` out: it follows from `bottleneck`";
            return Err(Mistake::in_value(kind, message).help(help));
        }
        let others = self.alternative.iter().any(|alternative| alternative.width.is_some());
        let given = [("bottleneck", check::span(&self.bottleneck)), ("variant", check::span(&self.variant))];
        match given.into_iter().find_map(|(key, span)| Some((key, span?))) {
            Some((key, span)) if self.width.is_none() && !others => {
                let message = format!("`{key}` describes a bottleneck unit, but without `width` there is none");
                Err(Mistake::at_span(span, message).help(format!("give `width`, or leave `{key}` out")))
            }
            _ => Ok(()),
        }
    }

    fn check_readout(&self, family: Family) -> Result<(), Mistake> {
        let Some(readout) = self.readout.as_ref().filter(|_| !family.has_steps()) else { return Ok(()) };
        let name = family.name();
        let message = format!("a {name} network is executed once and has no time steps to read out");
        Err(Mistake::in_value(readout, message).help(format!("leave `readout` out for `family = \"{name}\"`")))
    }

    fn check_codec(&self) -> Result<(), Mistake> {
        let Some(quality) = &self.jpeg_quality else { return Ok(()) };
        // Where a unit stands, the codec is that of its values, which is JPEG wherever there is a choice.
        let is_jpeg = self.codec.as_ref().map_or(self.width.is_some(), |codec| codec.get() == CodecName::Jpeg);
        if is_jpeg {
            return Ok(());
        }
        let message = "`jpeg_quality` has no effect here, because nothing is coded as JPEG";
        Err(Mistake::in_value(quality, message).help("give `codec = \"jpeg\"`, or leave it out"))
    }

    /// Coding of 8-bit values on the link, if the scenario gives one, with the key that gives it.
    pub(crate) fn codec(&self) -> Option<(CodecKey, CodecChoice)> {
        // The limits of the key accept no quality that does not fit a byte.
        let quality = self.jpeg_quality.as_ref().and_then(|quality| u8::try_from(quality.get()).ok());
        let jpeg = CodecChoice::Jpeg { quality };
        match (&self.codec, &self.jpeg_quality) {
            (Some(codec), _) => {
                let choice = match codec.get() {
                    CodecName::Raw => CodecChoice::Raw,
                    CodecName::Symbols => CodecChoice::Symbols,
                    CodecName::Jpeg => jpeg,
                };
                Some((CodecKey { name: "codec", span: codec.span() }, choice))
            }
            (None, Some(quality)) => Some((CodecKey { name: "jpeg_quality", span: quality.span() }, jpeg)),
            (None, None) => None,
        }
    }

    fn check_alternatives(&self) -> Result<(), Mistake> {
        let mut before = 0.0;
        for alternative in &self.alternative {
            check_width(&alternative.split, alternative.width.as_ref())?;
            let from = alternative.from_mbps.get();
            if from <= before {
                let message =
                    format!("`from_mbps` is {from}, but must be above {before}, that of the alternative before");
                return Err(Mistake::in_value(&alternative.from_mbps, message));
            }
            before = from;
        }
        Ok(())
    }
}

fn check_width(split: &Located<String>, width: Option<&Located<u32>>) -> Result<(), Mistake> {
    let Some(width) = width else { return Ok(()) };
    if **split == INPUT || **split == OUTPUT {
        let message = format!("no bottleneck unit can stand at `{}`, so `width` has no effect there", **split);
        return Err(Mistake::in_value(width, message).help("leave `width` out for these split points"));
    }
    Ok(())
}

fn check_steps(family: Family, steps: Option<&Located<u32>>) -> Result<(), Mistake> {
    let Some(steps) = steps else { return Ok(()) };
    if !family.has_steps() {
        let name = family.name();
        let message = format!("a {name} network is executed once and has no time steps");
        let help = format!("leave `time_steps` out for `family = \"{name}\"`");
        return Err(Mistake::in_value(steps, message).help(help));
    }
    Ok(())
}
