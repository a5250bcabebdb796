//! The metadata of a reference: the JSON text in its array `meta`.

use super::error::ReferenceError;
use crate::json::{Object, place};
use crate::misspelt::{MISSPELT_AMONG_NOTES, nearest};
use crate::zoo::MAX_TIME_STEPS;
use cospike_sim_core::network::{Fires, Leak, NORM_EPSILON, Neuron, Reset};
use serde_json::Value;
use std::collections::BTreeMap;

/// Metadata of a reference.
pub(super) struct Meta {
    /// Whether the residual sum stands behind the block's last neuron (spike-element-wise) instead of before it.
    pub(super) sew: bool,
    /// Neuron model of all layers, except for the leak of those that learned one.
    pub(super) neuron: Neuron,
    /// Constant added to the variance in a batch normalisation.
    pub(super) norm_epsilon: f64,
    /// Number of time steps, T, if `meta` gives it.
    steps: Option<usize>,
}

/// JSON object from which values are decoded by key.
struct Keys(BTreeMap<String, Value>);

/// Keys that have a meaning.
const KEYS: [&str; 12] =
    ["T", "bn_eps", "connect_f", "decay_input", "fire", "kind", "neuron", "reset", "tau", "v_init", "v_reset", "v_th"];

impl Meta {
    pub(super) fn read(text: &str) -> Result<Self, ReferenceError> {
        let not_json = |error: serde_json::Error| {
            let reason = format!("not a JSON object{}", place(&error));
            ReferenceError::Array { name: "meta".into(), reason }
        };
        let keys = Keys::new(serde_json::from_str(text).map_err(not_json)?)?;
        keys.must_be(
            "fire",
            &["h >= v_th", "v >= v_th", ">="],
            "`h >= v_th`: neurons that fire from the threshold on",
        )?;
        keys.must_be("connect_f", &["ADD"], "`ADD`: blocks are joined by sums")?;
        let sew = keys.word("kind", "`spiking` or `sew`", &[("spiking", false), ("sew", true)])?;
        let steps = keys.number("T", STEPS, is_steps)?.map(|steps| steps as usize);
        let norm_epsilon = keys.number("bn_eps", "a number above 0", |epsilon| epsilon > 0.0)?.unwrap_or(NORM_EPSILON);
        Ok(Self {
            sew: sew.ok_or_else(|| missing("kind", "`spiking` or `sew`"))?,
            neuron: keys.neuron()?,
            norm_epsilon,
            steps,
        })
    }

    /// Number of time steps, T: that of `meta`, else that of the recorded spikes.
    pub(super) fn steps(&self, recorded: Option<usize>) -> Result<usize, ReferenceError> {
        let steps = self.steps.or(recorded);
        let steps = steps.ok_or_else(|| missing("T", STEPS))?;
        match is_steps(steps as f64) {
            true => Ok(steps),
            false => Err(ReferenceError::Meta { key: "T", needed: STEPS, found: steps.to_string() }),
        }
    }
}

/// Numbers of time steps that are accepted.
const STEPS: &str = "a whole number of time steps, 1 to 10000";

fn is_steps(steps: f64) -> bool {
    steps.fract() == 0.0 && (1.0..=f64::from(MAX_TIME_STEPS)).contains(&steps)
}

impl Keys {
    /// Refuses keys that are there twice or misspelt.
    fn new(entries: Object<Value>) -> Result<Self, ReferenceError> {
        let wrong = |key: &str, reason: String| ReferenceError::Key { key: key.escape_debug().to_string(), reason };
        if let Some(key) = entries.repeated() {
            return Err(wrong(key, "is there twice".into()));
        }
        for (key, _) in entries.0.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())) {
            if let Some(known) = nearest(key, KEYS, MISSPELT_AMONG_NOTES) {
                return Err(wrong(key, format!("has no meaning: is it `{known}`?")));
            }
        }
        Ok(Self(entries.0.into_iter().collect()))
    }

    /// Neuron model that the keys describe.
    fn neuron(&self) -> Result<Neuron, ReferenceError> {
        let needed = "`hard` or `soft`";
        let is_soft = self.word("reset", needed, &[("hard", false), ("soft", true)])?;
        let v_reset = self.number("v_reset", "a number or null", |_| true)?;
        let is_soft = is_soft.or(v_reset.map(|_| false)).ok_or_else(|| missing("reset", needed))?;
        let reset = if is_soft { Reset::Soft } else { Reset::Hard(v_reset.unwrap_or(0.0) as f32) };
        let kinds = [("lif", Some(true)), ("if", Some(false)), ("plif", None)];
        let kind = self.word("neuron", "`lif`, `if` or `plif`", &kinds)?;
        let tau = self.number("tau", "a time constant of at least 1 step, or null for no leak", |tau| tau >= 1.0)?;
        let leak = match (kind, tau) {
            (Some(None), _) => Leak::Learned,
            (Some(Some(true)), None) => return Err(missing("tau", "a time constant")),
            (Some(Some(false)), _) => Leak::None,
            (None, None) if self.0.contains_key("tau") => Leak::None,
            (None, None) => return Err(missing("tau", "a time constant, or null for no leak")),
            (_, Some(tau)) => Leak::Tau(tau as f32),
        };
        let decay_input = match self.0.get("decay_input") {
            None => true,
            Some(&Value::Bool(decay)) => decay,
            Some(other) => return Err(wrong("decay_input", "true or false", other)),
        };
        let rest = if let Reset::Hard(rest) = reset { rest } else { 0.0 };
        let needed = "a threshold above the potential after a reset";
        let threshold = self.number("v_th", needed, |threshold| threshold as f32 > rest)?;
        let threshold = threshold.ok_or_else(|| missing("v_th", needed))? as f32;
        let initial = self.number("v_init", "a number", |_| true)?.map_or(rest, |initial| initial as f32);
        Ok(Neuron { leak, decay_input, threshold, fires: Fires::From, initial, reset })
    }

    /// A number in the range of float32 that is `right`; `None` if the key is missing or null.
    fn number(
        &self,
        key: &'static str,
        needed: &'static str,
        right: impl Fn(f64) -> bool,
    ) -> Result<Option<f64>, ReferenceError> {
        let Some(value) = self.0.get(key).filter(|value| !value.is_null()) else { return Ok(None) };
        let number = value.as_f64().filter(|&number| (number as f32).is_finite() && right(number));
        number.map(Some).ok_or_else(|| wrong(key, needed, value))
    }

    /// Meaning of a word in the table `words`, without regard to case; `None` if the key is missing or null.
    fn word<T: Copy>(
        &self,
        key: &'static str,
        needed: &'static str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, ReferenceError> {
        let Some(value) = self.0.get(key).filter(|value| !value.is_null()) else { return Ok(None) };
        let word = value.as_str().unwrap_or_default().to_lowercase();
        let meaning = words.iter().find(|(known, _)| *known == word);
        meaning.map(|&(_, meaning)| Some(meaning)).ok_or_else(|| wrong(key, needed, value))
    }

    /// Checks a key that may be left out, but must otherwise have one of `words` as its value.
    fn must_be(&self, key: &'static str, words: &[&str], needed: &'static str) -> Result<(), ReferenceError> {
        match self.0.get(key) {
            Some(value) if !value.as_str().is_some_and(|word| words.contains(&word)) => Err(wrong(key, needed, value)),
            _ => Ok(()),
        }
    }
}

fn wrong(key: &'static str, needed: &'static str, found: &Value) -> ReferenceError {
    ReferenceError::Meta { key, needed, found: found.to_string() }
}

fn missing(key: &'static str, needed: &'static str) -> ReferenceError {
    ReferenceError::Meta { key, needed, found: "missing".into() }
}
