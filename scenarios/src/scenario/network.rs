//! `[network]`: what is run, and where it is cut.

use super::check::{Check, section_span};
use crate::diagnostic::{Diagnostic, Source};
use cospike_models::zoo::CodecChoice;
use cospike_sim_core::network::{BottleneckKind, Family, INPUT, OUTPUT};
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// `[network]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSection {
    /// A backbone of the zoo.
    pub backbone: Spanned<String>,
    /// What its nonlinearities are; may be left out where `bottleneck` is given.
    pub family: Option<Spanned<Family>>,
    /// Where it is cut: `input` (all in the cloud), a stage, or `output` (all on the edge).
    pub split: Spanned<String>,
    /// Channels that the bottleneck's encoder emits; without it the features cross as they are.
    pub width: Option<Spanned<u32>>,
    /// Kind of the bottleneck unit; `binary` stands in a float network. That of the family if left out.
    pub bottleneck: Option<Spanned<BottleneckKind>>,
    /// How the bottleneck unit was trained, as the zoo calls it, such as `noisy` or `seed2`; `plain` if left out.
    pub variant: Option<Spanned<String>>,
    /// How the image (at `split = "input"`) or the 8-bit values of BottleNet cross: the image `raw`, BottleNet's as `jpeg` if left out.
    pub codec: Option<Spanned<CodecName>>,
    /// Quality of `codec = "jpeg"`, 1 to 100; that of the unit's training if left out.
    pub jpeg_quality: Option<Spanned<u32>>,
    /// Time steps of a spiking network, if not as many as it was trained with.
    pub time_steps: Option<Spanned<u32>>,
    /// Each time step is sent as it is made, and the tail runs as steps arrive.
    pub stream: Option<Spanned<bool>>,
    /// Other ways to cut it, which a device takes when it estimates its link to be fast enough.
    #[serde(default)]
    pub alternative: Vec<Spanned<Alternative>>,
    /// A network that is asked on the device first.
    pub local: Option<Spanned<LocalSection>>,
}

/// How 8-bit values cross.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CodecName {
    /// One byte each.
    Raw,
    /// As one grey JPEG image with the channels side by side, of which the entropy-coded scan is sent.
    Jpeg,
}

/// `[[network.alternative]]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    /// The estimated rate from which on it is taken; ascending.
    pub from_mbps: Spanned<f64>,
    /// Where the network is cut.
    pub split: Spanned<String>,
    /// Width of the bottleneck unit there.
    pub width: Option<Spanned<u32>>,
}

/// `[network.local]`: an unsplit network of the zoo on the device. Where it is sure enough (`fleet.exit_entropy`) its
/// answer stands; else the sample goes through the split network too.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LocalSection {
    /// Its backbone.
    pub backbone: Spanned<String>,
    /// Its family.
    pub family: Spanned<Family>,
    /// Its time steps, if spiking and not as many as it was trained with.
    pub time_steps: Option<Spanned<u32>>,
}

impl NetworkSection {
    /// Whether each time step is sent as it is made.
    pub fn streams(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| *stream.get_ref())
    }

    /// Its family, which the kind of a bottleneck unit implies.
    pub(crate) fn family(&self, source: &Source) -> Result<Family, Diagnostic> {
        match (&self.family, &self.bottleneck) {
            (Some(family), _) => Ok(*family.get_ref()),
            (None, Some(kind)) => Ok(kind.get_ref().family()),
            (None, None) => {
                let span = section_span(&source.text, "network");
                let message = "[network] does not say of what family the network is";
                Err(source.error(span, message).help("give `family`, or `bottleneck` and `width`"))
            }
        }
    }

    /// Kind of its bottleneck units, if it has any.
    pub(crate) fn bottleneck(&self, source: &Source) -> Result<BottleneckKind, Diagnostic> {
        let usual = BottleneckKind::default_for(self.family(source)?);
        Ok(self.bottleneck.as_ref().map_or(usual, |kind| *kind.get_ref()))
    }

    pub(super) fn check(&self, check: &Check<'_>) -> Result<(), Diagnostic> {
        let family = self.family(check.source)?;
        check_width(check, &self.split, self.width.as_ref())?;
        self.check_unit(check, family)?;
        self.check_codec(check)?;
        check_steps(check, family, self.time_steps.as_ref())?;
        if let Some(local) = self.local.as_ref().map(Spanned::get_ref) {
            check_steps(check, *local.family.get_ref(), local.time_steps.as_ref())?;
        }
        if let Some(stream) = self.stream.as_ref().filter(|_| self.streams() && family == Family::Float) {
            let message = "a float network runs once and has no time steps to stream";
            return Err(check.source.error_at(stream, message).help("leave `stream` out for `family = \"float\"`"));
        }
        self.check_alternatives(check)
    }

    /// What is said of the bottleneck unit.
    fn check_unit(&self, check: &Check<'_>, family: Family) -> Result<(), Diagnostic> {
        if let Some(kind) = self.bottleneck.as_ref().filter(|kind| kind.get_ref().family() != family) {
            let (name, needed) = (kind.get_ref().name(), kind.get_ref().family().name());
            let message =
                format!("a {name} bottleneck unit stands in a {needed} network, but `family` is {}", family.name());
            return Err(check
                .source
                .error_at(kind, message)
                .help("leave `family` out, which follows from `bottleneck`"));
        }
        let others = self.alternative.iter().any(|alternative| alternative.get_ref().width.is_some());
        let given = [
            ("bottleneck", self.bottleneck.as_ref().map(Spanned::span)),
            ("variant", self.variant.as_ref().map(Spanned::span)),
        ];
        match given.into_iter().find_map(|(key, span)| Some((key, span?))) {
            Some((key, span)) if self.width.is_none() && !others => {
                let message = format!("`{key}` is of a bottleneck unit, but no `width` asks for one");
                Err(check.source.error(span, message).help(format!("give `width`, or leave `{key}` out")))
            }
            _ => Ok(()),
        }
    }

    fn check_codec(&self, check: &Check<'_>) -> Result<(), Diagnostic> {
        let Some(quality) = &self.jpeg_quality else { return Ok(()) };
        if self.codec.as_ref().is_none_or(|codec| *codec.get_ref() != CodecName::Jpeg) {
            let message = "`jpeg_quality` says nothing where `codec` is not `jpeg`";
            return Err(check.source.error_at(quality, message).help("give `codec = \"jpeg\"`, or leave it out"));
        }
        match *quality.get_ref() {
            1..=100 => Ok(()),
            other => Err(check.source.error_at(quality, format!("`jpeg_quality` is {other}, but must be 1 to 100"))),
        }
    }

    /// How 8-bit values cross, if that is said.
    pub(crate) fn codec(&self) -> Option<CodecChoice> {
        // `check_codec` let none through that does not fit.
        let quality = self.jpeg_quality.as_ref().and_then(|quality| u8::try_from(*quality.get_ref()).ok());
        self.codec.as_ref().map(|codec| match codec.get_ref() {
            CodecName::Raw => CodecChoice::Raw,
            CodecName::Jpeg => CodecChoice::Jpeg { quality },
        })
    }

    fn check_alternatives(&self, check: &Check<'_>) -> Result<(), Diagnostic> {
        let mut before = 0.0;
        for alternative in self.alternative.iter().map(Spanned::get_ref) {
            check_width(check, &alternative.split, alternative.width.as_ref())?;
            check.positive("from_mbps", &alternative.from_mbps)?;
            let from = *alternative.from_mbps.get_ref();
            if from <= before {
                let message =
                    format!("`from_mbps` is {from}, but must be above {before}, that of the alternative before");
                return Err(check.source.error_at(&alternative.from_mbps, message));
            }
            before = from;
        }
        Ok(())
    }
}

fn check_width(check: &Check<'_>, split: &Spanned<String>, width: Option<&Spanned<u32>>) -> Result<(), Diagnostic> {
    let Some(width) = width else { return Ok(()) };
    let split = split.get_ref().as_str();
    check.count("width", width)?;
    if split == INPUT || split == OUTPUT {
        let message = format!("no bottleneck unit can stand at `{split}`, so `width` means nothing there");
        return Err(check.source.error_at(width, message).help("leave `width` out for these split points"));
    }
    Ok(())
}

fn check_steps(check: &Check<'_>, family: Family, steps: Option<&Spanned<u32>>) -> Result<(), Diagnostic> {
    let Some(steps) = steps else { return Ok(()) };
    check.count("time_steps", steps)?;
    if family == Family::Float {
        let message = "a float network runs once and has no time steps";
        return Err(check.source.error_at(steps, message).help("leave `time_steps` out for `family = \"float\"`"));
    }
    Ok(())
}
