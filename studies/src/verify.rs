//! A study beside itself: everything is executed twice and compared.

use crate::designs::{AllHeads, Designs};
use crate::error::{Failure, StudyError};
use crate::inference::NetworkInference;
use crate::prices::PricedNetworks;
use crate::simulation::Replication;
use crate::study::{Progress, Study};
use cospike_results::index::NetworkIndex;
use cospike_sim_core::cosim::{CosimError, EventKind, Outcome, Run, Trajectory};
use cospike_sim_core::kernel::{Divergence, first_divergence};
use rayon::prelude::*;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Comparison of a study with its own repetition.
#[derive(Clone, Debug, PartialEq)]
pub struct Verification {
    /// Number of samples on which every network was executed twice.
    pub samples: u64,
    /// Replications that were run twice, in the order of design points.
    pub replications: Vec<Verified>,
}

/// One replication that was run twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// Number of the design point, from 0.
    pub point: u32,
    /// Label of the design point.
    pub label: String,
    /// Number of the replication, from 0.
    pub replication: u32,
    /// Number of events of the first run, up to the first difference if there is one.
    pub events: u64,
    /// Fingerprint of those events.
    pub fingerprint: u64,
    /// First difference between the two runs; `None` if they are equal.
    pub difference: Option<Difference>,
    /// Reason why the two could not be simulated to their end; then no event is counted.
    pub failure: Option<String>,
}

/// First difference between two runs of the same replication.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// An event differs, or is missing in one of the two.
    Event(Divergence<EventKind>),
    /// All events are equal, but the outcomes differ.
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
    /// [`StudyError::Failed`] for a network that cannot be executed, [`StudyError::Unrepeatable`] if a network does
    /// something else on a sample the second time.
    pub fn verify(&self, progress: &(dyn Fn(Progress) + Sync)) -> Result<Verification, StudyError> {
        let (done, total) = (AtomicU64::new(0), 2 * self.samples());
        let tick = || progress(Progress::Inference { done: done.fetch_add(1, Ordering::Relaxed) + 1, total });
        let inferences = [self.infer_all(&tick)?, self.infer_all(&tick)?];
        self.compare(&inferences)?;
        let priced = inferences.map(|inferences| self.price_all(inferences));
        let heads = [0, 1].map(|_| AllHeads::new(self.plan().points.iter()));
        let jobs = self.first_replications();
        let (done, total) = (AtomicU64::new(0), self.all_requests(&jobs));
        let verify = |(number, replication)| {
            let side = |i: usize| self.replication(number, replication, self.networks(&priced[i], &heads[i]));
            let verified = beside(&[side(0), side(1)], [self.plan().seed; 2]);
            let requests = self.requests(number);
            progress(Progress::Simulation { done: done.fetch_add(requests, Ordering::Relaxed) + requests, total });
            verified
        };
        let replications = jobs.into_par_iter().map(verify).collect();
        Ok(Verification { samples: self.samples(), replications })
    }

    fn infer_all(&self, tick: &(dyn Fn() + Sync)) -> Result<Vec<NetworkInference>, Failure> {
        self.networks.iter().map(|network| self.infer(network, tick)).collect()
    }

    fn price_all(&self, inferences: Vec<NetworkInference>) -> PricedNetworks {
        let priced = self.networks.iter().zip(inferences).map(|(network, inference)| self.price(network, inference));
        (0..).map(NetworkIndex).zip(priced).collect()
    }

    /// The first sample on which two executions of a network differ is an error.
    fn compare(&self, [first, second]: &[Vec<NetworkInference>; 2]) -> Result<(), StudyError> {
        for (network, (first, second)) in self.networks.iter().zip(first.iter().zip(second)) {
            let differs = first.samples.iter().zip(&second.samples).position(|(first, second)| first != second);
            if let Some(sample) = differs {
                return Err(StudyError::Unrepeatable { network: network.name(), sample });
            }
        }
        Ok(())
    }
}

/// Runs two replications side by side, with these seeds.
fn beside(pair: &[Replication<'_>; 2], seeds: [u64; 2]) -> Verified {
    let [first, second] = pair;
    let labels = first.labels();
    let side = |index: usize| Designs::new(pair[index].point, pair[index].networks, &pair[index].streams(seeds[index]));
    let mut designs = [side(0), side(1)];
    let [one, other] = &mut designs;
    let compared = in_lockstep((first, one, seeds[0]), (second, other, seeds[1]), &labels);
    let (trajectory, difference, failure) = match compared {
        Ok((outcome, difference)) => (outcome.trajectory, difference, None),
        Err(error) => (Trajectory::default(), None, Some(first.failure(error).to_string())),
    };
    Verified {
        point: first.number as u32,
        label: first.point.label.clone(),
        replication: first.replication,
        events: trajectory.events,
        fingerprint: trajectory.fingerprint,
        difference,
        failure,
    }
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
    let systems = [first, second].map(|replication| replication.point.system.to_system());
    let mut one = Run::new(&systems[0], one, labels, &first.streams(seed), &mut nobodies.0)?;
    let mut other = Run::new(&systems[1], other, labels, &second.streams(other_seed), &mut nobodies.1)?;
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
    use crate::tests::study;

    #[test]
    fn invariant_4_another_seed_is_found_out_by_its_first_event() {
        let study = study();
        let priced = study.price_all(study.infer_all(&|| ()).unwrap());
        let heads = AllHeads::new(study.plan().points.iter());
        let replication = |number| study.replication(0, number, study.networks(&priced, &heads));
        let found = beside(&[replication(1), replication(1)], [7, 8]);
        let Some(Difference::Event(Divergence { index: 0, first: Some(one), second: Some(other) })) = found.difference
        else {
            panic!("{found:?}")
        };
        assert_eq!((one.kind, one.subject, other.kind, other.subject), (EventKind::Arrival, 0, EventKind::Arrival, 0));
        assert!(one.time != other.time && (found.replication, found.events) == (1, 1));
        assert_eq!(beside(&[replication(1), replication(1)], [7, 7]).difference, None);
    }

    #[test]
    fn invariant_4_a_network_that_does_something_else_is_named() {
        let study = study();
        let mut inferences = [study.infer_all(&|| ()).unwrap(), study.infer_all(&|| ()).unwrap()];
        assert!(study.compare(&inferences).is_ok());
        inferences[1][0].samples[13].stages[0].tail[0].counts.ac += 1;
        let error = study.compare(&inferences).unwrap_err();
        assert!(matches!(&error, StudyError::Unrepeatable { sample: 13, network } if network.contains("resnet14")));
    }
}
