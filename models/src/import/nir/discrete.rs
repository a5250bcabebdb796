//! From continuous time to time steps, by the forward Euler method, which is what the frameworks that write NIR use.

use super::error::NirError;
use super::flat::FlatNode;
use super::graph::{Array, Neurons, Node};
use super::options::{Initial, NirOptions};
use super::shapes::broadcast;

/// Relative difference up to which two numbers are the same but for rounding: they are written as float32, and divided.
const ROUNDING: f64 = 1e-6;

/// Length of a time step, and where it is from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeStep {
    /// In the unit of the file's time constants.
    pub dt: f64,
    /// Whether it was found from them.
    pub is_inferred: bool,
}

/// The length of a time step that was given, or the one with which an input has the weight 1: frameworks write `r = tau / dt` (or
/// `1 / dt` without leak), and so for synapses. Neurons with `r = 1` say nothing.
///
/// # Errors
/// [`NirError::TimeStep`] if no neurons say it, or not all the same; one that is not a positive number.
pub(super) fn time_step(nodes: &[FlatNode], given: Option<f64>) -> Result<Option<TimeStep>, NirError> {
    let neurons = nodes.iter().filter_map(|node| match &node.node {
        Node::Neurons(neurons) => Some((node.name.as_str(), neurons)),
        _ => None,
    });
    match given {
        Some(dt) if dt.is_finite() && dt > 0.0 => return Ok(Some(TimeStep { dt, is_inferred: false })),
        Some(dt) => return Err(NirError::TimeStep(format!("{dt} is not the length of one"))),
        None => {}
    }
    if neurons.clone().next().is_none() {
        return Ok(None);
    }
    let said: Vec<(&str, f64)> =
        neurons.flat_map(|(name, neurons)| said(neurons).into_iter().map(move |dt| (name, dt))).collect();
    let Some(&(first, dt)) = said.first() else {
        let reason =
            "all have r = 1, and no synapses with another weight: give the time step that the framework exported with";
        return Err(NirError::TimeStep(reason.into()));
    };
    match said.iter().find(|(_, other)| !is_same(*other, dt)) {
        None => Ok(Some(TimeStep { dt: shortest(dt), is_inferred: true })),
        Some((other, theirs)) => Err(NirError::TimeStep(format!(
            "an input of weight 1 would need {dt:.3e} in `{first}`, but {theirs:.3e} in `{other}`"
        ))),
    }
}

/// The time steps that neurons speak for.
fn said(neurons: &Neurons) -> Vec<f64> {
    let membrane = match &neurons.leak {
        None => neurons.r.data.iter().map(|r| 1.0 / r).collect(),
        Some(leak) => quotients(&leak.tau, &neurons.r),
    };
    let synapse = neurons.synapse.as_ref().map(|synapse| quotients(&synapse.tau, &synapse.w_in)).unwrap_or_default();
    membrane.into_iter().chain(synapse).filter(|dt: &f64| dt.is_finite() && *dt > 0.0).collect()
}

/// `tau / gain` wherever the gain is not 1.
fn quotients(tau: &Array, gain: &Array) -> Vec<f64> {
    let quotient = |tau: f64, gain: f64| if is_same(gain, 1.0) { f64::NAN } else { tau / gain };
    each(&tau.data, &gain.data, quotient)
}

/// Values of neurons in time steps, each a single one or one per neuron; see [`cospike_sim_core::network::Cells`] for what they do.
pub(super) struct Discrete {
    pub(super) gain: Vec<f64>,
    pub(super) leak: Option<DiscreteLeak>,
    pub(super) synapse: Option<DiscreteSynapse>,
    pub(super) threshold: Vec<f64>,
    pub(super) reset: Vec<f64>,
    pub(super) initial: Vec<f64>,
}

pub(super) struct DiscreteLeak {
    /// Time constant in steps.
    pub(super) tau: Vec<f64>,
    pub(super) rest: Vec<f64>,
}

pub(super) struct DiscreteSynapse {
    /// Time constant in steps.
    pub(super) tau: Vec<f64>,
    pub(super) gain: Vec<f64>,
}

/// The values of `neurons` whose input has the given sizes; the reason if they are none that can be executed.
pub(super) fn discrete(neurons: &Neurons, sizes: &[usize], dt: f64, options: &NirOptions) -> Result<Discrete, String> {
    let take = |array: &Array| broadcast(array, sizes);
    let steps = |tau: &Array| -> Result<Vec<f64>, String> {
        let steps: Vec<f64> = take(tau)?.into_iter().map(|tau| freed_of_rounding(tau / dt)).collect();
        match steps.iter().position(|&steps| steps < 1.0) {
            None => Ok(steps),
            Some(at) => {
                let tau = tau.data[at.min(tau.data.len() - 1)];
                Err(format!("its time constant {tau:e} is shorter than the time step {dt:e}"))
            }
        }
    };
    let leak = match &neurons.leak {
        None => None,
        Some(leak) => Some(DiscreteLeak { tau: steps(&leak.tau)?, rest: take(&leak.v_leak)? }),
    };
    let r = take(&neurons.r)?;
    let gain = match &leak {
        None => r.iter().map(|r| freed_of_rounding(r * dt)).collect(),
        Some(leak) => each(&r, &leak.tau, |r, tau| freed_of_rounding(r / tau)),
    };
    let synapse = match &neurons.synapse {
        None => None,
        Some(synapse) => {
            let tau = steps(&synapse.tau)?;
            let gain = each(&take(&synapse.w_in)?, &tau, |w_in, tau| freed_of_rounding(w_in / tau));
            Some(DiscreteSynapse { tau, gain })
        }
    };
    let zero = || vec![0.0];
    let (threshold, reset) = match &neurons.spikes {
        None => (zero(), None),
        Some(spikes) => (take(&spikes.v_threshold)?, Some(take(&spikes.v_reset)?)),
    };
    let rest = leak.as_ref().map(|leak| leak.rest.clone());
    let initial = match options.initial() {
        Initial::Zero => zero(),
        Initial::Rest => rest.or_else(|| reset.clone()).unwrap_or_else(zero),
        Initial::Reset => reset.clone().or(rest).unwrap_or_else(zero),
    };
    Ok(Discrete { gain, leak, synapse, threshold, reset: reset.unwrap_or_else(zero), initial })
}

/// `of` every pair of values, where a single one goes with all.
pub(super) fn each(a: &[f64], b: &[f64], of: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let at = |values: &[f64], i: usize| values.get(i).or(values.last()).copied().unwrap_or(f64::NAN);
    (0..a.len().max(b.len())).map(|i| of(at(a, i), at(b, i))).collect()
}

fn is_same(a: f64, b: f64) -> bool {
    (a - b).abs() <= ROUNDING * b.abs()
}

/// The number of few digits from which `value` differs only as rounding to float32 makes it, or `value`. So `r dt / tau` is 1 where it
/// was meant to be, and a spike of weight 1 reaches a threshold of 1.
fn freed_of_rounding(value: f64) -> f64 {
    let short = (value * 1000.0).round() / 1000.0;
    if (value - short).abs() <= 2_f64.powi(-21) * value.abs() { short } else { value }
}

/// `value` with six digits.
fn shortest(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}
