//! `[network]`: what is run, and where it is cut.

use super::Family;
use super::check::Check;
use crate::diagnostic::Diagnostic;
use cospike_sim_core::network::{INPUT, OUTPUT};
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// `[network]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSection {
    /// A backbone of the zoo.
    pub backbone: Spanned<String>,
    /// What its nonlinearities are.
    pub family: Spanned<Family>,
    /// Where it is cut: `input` (all in the cloud), a stage, or `output` (all on the edge).
    pub split: Spanned<String>,
    /// Channels that the bottleneck's encoder emits; without it the features cross as they are.
    pub width: Option<Spanned<u32>>,
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

    pub(super) fn check(&self, check: &Check<'_>) -> Result<(), Diagnostic> {
        check_width(check, &self.split, self.width.as_ref())?;
        check_steps(check, &self.family, self.time_steps.as_ref())?;
        if let Some(local) = self.local.as_ref().map(Spanned::get_ref) {
            check_steps(check, &local.family, local.time_steps.as_ref())?;
        }
        if let Some(stream) = self.stream.as_ref().filter(|_| self.streams() && *self.family.get_ref() == Family::Float)
        {
            let message = "a float network runs once and has no time steps to stream";
            return Err(check.source.error_at(stream, message).help("leave `stream` out for `family = \"float\"`"));
        }
        self.check_alternatives(check)
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

fn check_steps(check: &Check<'_>, family: &Spanned<Family>, steps: Option<&Spanned<u32>>) -> Result<(), Diagnostic> {
    let Some(steps) = steps else { return Ok(()) };
    check.count("time_steps", steps)?;
    if *family.get_ref() == Family::Float {
        let message = "a float network runs once and has no time steps";
        return Err(check.source.error_at(steps, message).help("leave `time_steps` out for `family = \"float\"`"));
    }
    Ok(())
}
