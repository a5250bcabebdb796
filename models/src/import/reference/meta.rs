//! The metadata of a reference: the JSON text in its array `meta`.

use super::error::ReferenceError;
use cospike_sim_core::network::{Leak, NORM_EPSILON, Neuron, Reset};
use serde_json::{Map, Value};

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
struct Keys(Map<String, Value>);

impl Meta {
    pub(super) fn read(text: &str) -> Result<Self, ReferenceError> {
        let keys = match serde_json::from_str(text) {
            Ok(Value::Object(keys)) => Keys(keys),
            Ok(other) => return Err(wrong("meta", "a JSON object", &other)),
            Err(error) => return Err(ReferenceError::Array { name: "meta".into(), reason: error.to_string() }),
        };
        keys.must_be(
            "fire",
            &["h >= v_th", "v >= v_th", ">="],
            "`h >= v_th`: neurons that fire from the threshold on",
        )?;
        keys.must_be("connect_f", &["ADD"], "`ADD`: blocks are joined by sums")?;
        let sew = keys.word("kind", "`spiking` or `sew`", &[("spiking", false), ("sew", true)])?;
        let steps = keys.number("T", "a number of steps")?.map(|steps| steps as usize);
        let norm_epsilon = keys.number("bn_eps", "a number")?.unwrap_or(NORM_EPSILON);
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
        steps.filter(|&steps| steps > 0).ok_or_else(|| missing("T", "a number of steps"))
    }
}

impl Keys {
    /// Neuron model that the keys describe.
    fn neuron(&self) -> Result<Neuron, ReferenceError> {
        let needed = "`hard` or `soft`";
        let is_soft = self.word("reset", needed, &[("hard", false), ("soft", true)])?;
        let v_reset = self.number("v_reset", "a number or null")?;
        let is_soft = is_soft.or(v_reset.map(|_| false)).ok_or_else(|| missing("reset", needed))?;
        let reset = if is_soft { Reset::Soft } else { Reset::Hard(v_reset.unwrap_or(0.0) as f32) };
        let kinds = [("lif", Some(true)), ("if", Some(false)), ("plif", None)];
        let kind = self.word("neuron", "`lif`, `if` or `plif`", &kinds)?;
        let tau = self.number("tau", "a time constant, or null for no leak")?;
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
        let threshold = self.number("v_th", "a threshold")?.ok_or_else(|| missing("v_th", "a threshold"))? as f32;
        let rest = if let Reset::Hard(rest) = reset { rest } else { 0.0 };
        let initial = self.number("v_init", "a number")?.map_or(rest, |initial| initial as f32);
        Ok(Neuron { leak, decay_input, threshold, initial, reset })
    }

    /// A number; `None` if the key is missing or null.
    fn number(&self, key: &'static str, needed: &'static str) -> Result<Option<f64>, ReferenceError> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or_else(|| wrong(key, needed, value)),
        }
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
