//! What files in the format leave open, said beside them or in their metadata.

use super::error::{NirError, at_node};
use super::graph::Said;
use crate::zoo::MAX_TIME_STEPS;
use cospike_sim_core::network::{CellReset, Fires, Readout};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use std::fmt;

/// Shortest and longest time step, in the unit of a file's time constants: seconds, milliseconds or steps.
pub const MIN_DT: f64 = 1e-9;
/// See [`MIN_DT`].
pub const MAX_DT: f64 = 1e9;

/// How neurons are made of what a file says; `None` where nothing is said. It is decoded from the words that a file's metadata have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NirOptions {
    /// Length of a time step, in the unit of the file's time constants; found from these if it is not said.
    pub dt: Option<f64>,
    /// What a spike does to the membrane: it resets it to the value in the file, if nothing else is said.
    #[serde(deserialize_with = "reset")]
    pub reset: Option<CellReset>,
    /// Where neurons fire: above their threshold, if nothing else is said.
    #[serde(rename = "fire", deserialize_with = "fires")]
    pub fires: Option<Fires>,
    /// Membranes before the first step: [`Initial::Rest`], if nothing else is said.
    #[serde(deserialize_with = "initial")]
    pub initial: Option<Initial>,
}

/// Membranes before the first step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Initial {
    /// The potential to which they decay, `v_leak`; that after a spike, `v_reset`, where they do not decay, or zero where they do not
    /// fire either.
    #[default]
    Rest,
    /// The potential after a spike, `v_reset`; that of [`Initial::Rest`] where they do not fire.
    Reset,
    /// Zero.
    Zero,
}

/// Resets by their names.
const RESETS: [(&str, CellReset); 2] = [("hard", CellReset::Hard), ("soft", CellReset::Soft)];
/// Where neurons fire, by name.
const FIRES: [(&str, Fires); 2] = [("gt", Fires::Above), ("ge", Fires::From)];
/// Membranes before the first step, by name.
const INITIALS: [(&str, Initial); 3] = [("rest", Initial::Rest), ("reset", Initial::Reset), ("zero", Initial::Zero)];

impl NirOptions {
    /// What is said here; `others` where nothing is.
    pub fn or(self, others: Self) -> Self {
        Self {
            dt: self.dt.or(others.dt),
            reset: self.reset.or(others.reset),
            fires: self.fires.or(others.fires),
            initial: self.initial.or(others.initial),
        }
    }

    /// What a spike does to the membrane.
    pub fn reset(&self) -> CellReset {
        self.reset.unwrap_or(CellReset::Hard)
    }

    /// Where neurons fire.
    pub fn fires(&self) -> Fires {
        self.fires.unwrap_or(Fires::Above)
    }

    /// Membranes before the first step.
    pub fn initial(&self) -> Initial {
        self.initial.unwrap_or_default()
    }

    /// Name of [`NirOptions::reset`].
    pub fn reset_word(&self) -> &'static str {
        word(&RESETS, self.reset())
    }

    /// Name of [`NirOptions::fires`].
    pub fn fires_word(&self) -> &'static str {
        word(&FIRES, self.fires())
    }

    /// Name of [`NirOptions::initial`].
    pub fn initial_word(&self) -> &'static str {
        word(&INITIALS, self.initial())
    }
}

impl fmt::Display for NirOptions {
    /// What differs from the default, as `dt=1e-4 fire=ge`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dt = self.dt.map(|dt| format!("dt={dt:e}"));
        let reset = self.reset.map(|_| format!("reset={}", self.reset_word()));
        let fire = self.fires.map(|_| format!("fire={}", self.fires_word()));
        let initial = self.initial.map(|_| format!("initial={}", self.initial_word()));
        let words: Vec<String> = [dt, reset, fire, initial].into_iter().flatten().collect();
        f.write_str(&words.join(" "))
    }
}

fn reset<'de, D: Deserializer<'de>>(value: D) -> Result<Option<CellReset>, D::Error> {
    named(&RESETS, value)
}

fn fires<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Fires>, D::Error> {
    named(&FIRES, value)
}

fn initial<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Initial>, D::Error> {
    named(&INITIALS, value)
}

/// What a word stands for.
fn named<'de, D: Deserializer<'de>, T: Copy>(words: &[(&str, T)], value: D) -> Result<Option<T>, D::Error> {
    let word = String::deserialize(value)?;
    let known = words.iter().find(|(known, _)| *known == word).map(|&(_, value)| value);
    let names = || words.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" or ");
    known.map(Some).ok_or_else(|| D::Error::custom(format!("{word:?} instead of {}", names())))
}

fn word<T: PartialEq>(words: &[(&'static str, T)], value: T) -> &'static str {
    words.iter().find(|(_, known)| *known == value).map_or("", |(word, _)| word)
}

/// What the metadata of a file say of the network: how its neurons are made, its number of time steps, and how it is read out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NirMetadata {
    /// How its neurons are made.
    pub options: NirOptions,
    /// Number of time steps.
    pub time_steps: Option<u32>,
    /// How class scores are read out.
    pub readout: Option<Readout>,
}

impl NirMetadata {
    /// Decodes what is `said`.
    ///
    /// # Errors
    /// [`NirError::Node`] for a key with a value that has no meaning.
    pub(super) fn read(said: &Said) -> Result<Self, NirError> {
        let number = said.numbers.get("dt").copied();
        let is_step = |dt: &f64| (MIN_DT..=MAX_DT).contains(dt);
        let dt = number.map(|dt| Some(dt).filter(is_step).ok_or_else(|| wrong("dt", &dt, "a number from 1e-9 to 1e9")));
        let steps = said.numbers.get("time_steps").map(|&steps| {
            let is_right = steps.fract() == 0.0 && (1.0..=f64::from(MAX_TIME_STEPS)).contains(&steps);
            is_right
                .then_some(steps as u32)
                .ok_or_else(|| wrong("time_steps", &steps, "a whole number from 1 to 10000"))
        });
        let readout = said.texts.get("readout").map(|name| {
            let needed = || Readout::ALL.map(Readout::name).join(", ");
            Readout::named(name).ok_or_else(|| wrong("readout", &name.escape_debug(), &needed()))
        });
        Ok(Self {
            options: NirOptions {
                dt: dt.transpose()?,
                reset: said.choice("reset", &RESETS)?,
                fires: said.choice("fire", &FIRES)?,
                initial: said.choice("initial", &INITIALS)?,
            },
            time_steps: steps.transpose()?,
            readout: readout.transpose()?,
        })
    }
}

impl Said {
    fn choice<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Result<Option<T>, NirError> {
        let Some(word) = self.texts.get(key) else { return Ok(None) };
        match words.iter().find(|(known, _)| known == word) {
            Some(&(_, value)) => Ok(Some(value)),
            None => {
                let names: Vec<_> = words.iter().map(|(name, _)| *name).collect();
                Err(wrong(key, &word.escape_debug(), &names.join(" or ")))
            }
        }
    }
}

fn wrong(key: &str, found: &dyn fmt::Display, needed: &str) -> NirError {
    at_node("", format!("its metadata say `{key}` = {found}, instead of {needed}"))
}
