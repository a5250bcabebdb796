//! Running a system, at once or event by event.

use super::simulation::Simulation;
use super::{CoInference, CosimError, EventKind, Observer, Outcome, System};
use crate::kernel::{Happening, Steps, Streams};

/// Simulates `system` until all requests have ended and all timers have run out, or the horizon is reached.
///
/// The answer to sample `i` of `computation` is correct if it is `labels[i]`. Labels stay in [`Run`]: nothing that decides
/// anything in the simulated system can see them (invariant 9).
///
/// # Errors
/// [`CosimError`].
pub fn run(
    system: &System,
    computation: &mut dyn CoInference,
    labels: &[u32],
    streams: &Streams,
) -> Result<Outcome, CosimError> {
    run_observed(system, computation, labels, streams, &mut ())
}

/// As [`run`], with an observer notified of everything that happens.
///
/// # Errors
/// [`CosimError`].
pub fn run_observed<O: Observer>(
    system: &System,
    computation: &mut dyn CoInference,
    labels: &[u32],
    streams: &Streams,
    observer: &mut O,
) -> Result<Outcome, CosimError> {
    let mut run = Run::new(system, computation, labels, streams, observer)?;
    while run.step()?.is_some() {}
    Ok(run.outcome())
}

/// A run in progress. Two of them can be compared by [`crate::kernel::first_divergence`].
pub struct Run<'a, O> {
    simulation: Simulation<'a, O>,
    labels: &'a [u32],
    correct: u64,
    correct_in_time: u64,
}

impl<'a, O: Observer> Run<'a, O> {
    /// A run before its first event.
    ///
    /// # Errors
    /// [`CosimError`] if `system` is impossible, or not one that `computation` and `labels` fit.
    pub fn new(
        system: &'a System,
        computation: &'a mut dyn CoInference,
        labels: &'a [u32],
        streams: &Streams,
        observer: &'a mut O,
    ) -> Result<Self, CosimError> {
        system.check()?;
        let designs = computation.designs();
        if let Some(design) = system.edge.design.designs().find(|&design| design >= designs) {
            return Err(CosimError::Design { design, designs });
        }
        let too_few_or_many = CosimError::Samples { samples: labels.len() };
        let samples = u32::try_from(labels.len()).ok().filter(|&samples| samples > 0).ok_or(too_few_or_many)?;
        let simulation = Simulation::new(system, computation, observer, samples, streams)?;
        Ok(Self { simulation, labels, correct: 0, correct_in_time: 0 })
    }

    /// Number of requests that have been asked so far, of [`Workload::requests`](crate::workload::Workload::requests): how far the
    /// run has come, unless a horizon ends it before.
    pub fn asked(&self) -> u64 {
        self.simulation.asked()
    }

    /// The outcome; to be asked for when the run has ended.
    pub fn outcome(&self) -> Outcome {
        self.simulation.outcome(self.correct, self.correct_in_time)
    }
}

impl<O: Observer> Steps for Run<'_, O> {
    type Kind = EventKind;
    type Error = CosimError;

    fn step(&mut self) -> Result<Option<Happening<EventKind>>, CosimError> {
        while let Some(event) = self.simulation.next_event()? {
            if let Some(answered) = self.simulation.handle(event)? {
                let right = self.labels[answered.sample as usize] == answered.answer;
                self.correct += u64::from(right);
                self.correct_in_time += u64::from(right && !answered.late);
                self.simulation.judged(&answered, right);
            }
            if let Some(happening) = self.simulation.happening() {
                return Ok(Some(happening));
            }
        }
        Ok(None)
    }
}
