//! A study beside itself: does everything that is run twice come to the same?

use super::designs::{AllHeads, Designs};
use super::simulation::Replication;
use super::{InferenceRun, Progress, Study, StudyError};
use cospike_sim_core::cosim::{CosimError, EventKind, Outcome, Run};
use cospike_sim_core::kernel::{Divergence, first_divergence};
use rayon::prelude::*;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// What was compared, and where it differed.
#[derive(Clone, Debug, PartialEq)]
pub struct Verification {
    /// Samples that networks were run on twice.
    pub samples: u64,
    /// The replications, by design point.
    pub replications: Vec<Verified>,
}

/// One replication that was run twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// Number of its design point.
    pub point: u32,
    /// Label of that.
    pub label: String,
    /// Its number.
    pub replication: u32,
    /// Events of the first run; up to the first that differs, if one does.
    pub events: u64,
    /// Fingerprint of the first run, up to there.
    pub fingerprint: u64,
    /// How the two differ.
    pub difference: Option<Difference>,
}

/// How two runs of the same differ.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// In an event.
    Event(Divergence<EventKind>),
    /// In no event, but in what came out.
    Outcome(Box<[Outcome; 2]>),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(divergence) => write!(f, "{divergence}"),
            Self::Outcome(outcomes) => {
                write!(f, "all events are equal, but the outcomes are {:?} and {:?}", outcomes[0], outcomes[1])
            }
        }
    }
}

impl Study {
    /// Runs all networks, and the replications that the scenario asks for at least, twice: each replication beside itself,
    /// on what its own run of the networks found, event by event up to the first difference. Takes twice the time and,
    /// for each replication at work, twice the memory of [`Study::run`].
    ///
    /// # Errors
    /// Those of [`Study::run`], and [`StudyError::Unrepeatable`] if a network does something else on a sample the second
    /// time.
    pub fn verify(&self, progress: &(dyn Fn(Progress) + Sync)) -> Result<Verification, StudyError> {
        let (done, total) = (AtomicU64::new(0), 2 * self.samples());
        let tick = || progress(Progress::Inference { done: done.fetch_add(1, Ordering::Relaxed) + 1, total });
        let runs = [self.infer(&tick)?, self.infer(&tick)?];
        self.compare(&runs)?;
        let heads = runs.each_ref().map(|runs| AllHeads::new(&self.points, runs));
        let jobs = self.first_replications();
        let (done, total) = (AtomicU64::new(0), jobs.len() as u64);
        let verify = |(number, replication)| {
            let of = |run: usize| self.replication(number, replication, self.networks(&runs[run], &heads[run]));
            let verified = beside(&[of(0), of(1)], [self.manifest.seed; 2])?;
            progress(Progress::Simulation { done: done.fetch_add(1, Ordering::Relaxed) + 1, total });
            Ok(verified)
        };
        let replications = jobs.into_par_iter().map(verify).collect::<Result<_, StudyError>>()?;
        Ok(Verification { samples: self.samples(), replications })
    }

    /// The first sample on which two runs of a network differ is an error.
    fn compare(&self, [first, second]: &[Vec<InferenceRun>; 2]) -> Result<(), StudyError> {
        for (inference, (first, second)) in self.inferences.iter().zip(first.iter().zip(second)) {
            let differs = first.samples.iter().zip(&second.samples).position(|(first, second)| first != second);
            if let Some(sample) = differs {
                return Err(StudyError::Unrepeatable { network: inference.name(), sample });
            }
        }
        Ok(())
    }
}

/// Runs two replications side by side, with these seeds.
fn beside(pair: &[Replication<'_>; 2], seeds: [u64; 2]) -> Result<Verified, StudyError> {
    let [first, second] = pair;
    let labels = first.labels();
    let mut designs = pair.each_ref().map(|replication| Designs::new(replication.point, replication.networks));
    let [one, other] = &mut designs;
    let compared = in_lockstep((first, one, seeds[0]), (second, other, seeds[1]), &labels);
    let (outcome, difference) = compared.map_err(|error| first.failure(error))?;
    Ok(Verified {
        point: first.number as u32,
        label: first.point.label.clone(),
        replication: first.replication,
        events: outcome.counters.events,
        fingerprint: outcome.fingerprint,
        difference,
    })
}

/// A replication, its networks and its seed.
type Side<'a, 'b> = (&'b Replication<'a>, &'b mut Designs<'a>, u64);

/// The outcome of the first, and how the second differs.
fn in_lockstep(
    (first, one, seed): Side<'_, '_>,
    (second, other, other_seed): Side<'_, '_>,
    labels: &[u32],
) -> Result<(Outcome, Option<Difference>), CosimError> {
    let mut nobodies = ((), ());
    let mut one = Run::new(&first.point.system, one, labels, &first.streams(seed), &mut nobodies.0)?;
    let mut other = Run::new(&second.point.system, other, labels, &second.streams(other_seed), &mut nobodies.1)?;
    let divergence = first_divergence(&mut one, &mut other)?;
    let (outcome, second) = (one.outcome(), other.outcome());
    let difference = match divergence {
        Some(divergence) => Some(Difference::Event(divergence)),
        None if outcome != second => Some(Difference::Outcome(Box::new([outcome.clone(), second]))),
        None => None,
    };
    Ok((outcome, difference))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use cospike_models::zoo::Zoo;
    use cospike_sim_core::cosim::EventKind;

    fn study() -> Study {
        let text = include_str!("../../tests/scenarios/small.toml").into();
        let source = Source { name: "small.toml".into(), folder: None, text };
        Study::from_scenario(&source, &Zoo::shipped().unwrap()).unwrap()
    }

    #[test]
    fn invariant_4_another_seed_is_found_out_by_its_first_event() {
        let study = study();
        let runs = study.infer(&|| ()).unwrap();
        let heads = AllHeads::new(&study.points, &runs);
        let replication = |number| study.replication(0, number, study.networks(&runs, &heads));
        let found = beside(&[replication(1), replication(1)], [7, 8]).unwrap();
        let Some(Difference::Event(Divergence { index: 0, first: Some(one), second: Some(other) })) = found.difference
        else {
            panic!("{found:?}")
        };
        assert_eq!((one.kind, one.subject, other.kind, other.subject), (EventKind::Arrival, 0, EventKind::Arrival, 0));
        assert!(one.time != other.time && (found.replication, found.events) == (1, 1));
        assert_eq!(beside(&[replication(1), replication(1)], [7, 7]).unwrap().difference, None);
    }

    #[test]
    fn invariant_4_a_network_that_does_something_else_is_named() {
        let study = study();
        let mut runs = [study.infer(&|| ()).unwrap(), study.infer(&|| ()).unwrap()];
        assert!(study.compare(&runs).is_ok());
        runs[1][0].samples[13].steps[0].tail.ac += 1;
        let error = study.compare(&runs).unwrap_err();
        assert!(matches!(&error, StudyError::Unrepeatable { sample: 13, network } if network.contains("resnet14")));
    }
}
