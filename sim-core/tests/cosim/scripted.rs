//! A split network whose every step is written down.

use crate::common::accumulates;
use cospike_sim_core::cosim::{CoInference, Guess, Head, HeadStep, Outcome, Received, System, TailStep, run};
use cospike_sim_core::energy::ComputeEnergy;
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::split::SplitError;

/// One split design; it does the same for every sample.
#[derive(Clone)]
pub(crate) struct Design {
    pub(crate) steps: Vec<HeadStep>,
    pub(crate) packets: Vec<u32>,
    /// By the number of steps received.
    pub(crate) tails: Vec<TailStep>,
}

pub(crate) const MILLISECOND: u64 = 1_000_000;

impl Design {
    /// `steps` head steps of so many nanoseconds, each sending one packet of so many bytes, for tail steps of so many
    /// nanoseconds. Nobody is sure before the end.
    pub(crate) fn streaming(steps: usize, head: u64, bytes: u32, tail: u64) -> Self {
        let energy = ComputeEnergy { ac: 1e-3, ..ComputeEnergy::default() };
        let step = HeadStep { counts: accumulates(head), energy, packets: 1, guess: None };
        let guess = Guess { answer: 0, entropy: 1.0 };
        let tail = TailStep { counts: accumulates(tail), energy, guess };
        Self { steps: vec![step; steps], packets: vec![bytes; steps], tails: vec![tail; steps] }
    }

    /// One step.
    pub(crate) fn whole(head: u64, bytes: u32, tail: u64) -> Self {
        Self::streaming(1, head, bytes, tail)
    }
}

/// What the cloud was asked: design, sample, steps, lost packets, flipped and erased bits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Asked {
    pub(crate) design: u8,
    pub(crate) sample: u32,
    pub(crate) steps: u32,
    pub(crate) lost: Vec<u32>,
    pub(crate) flipped: Vec<u32>,
    pub(crate) erased: Vec<u32>,
}

pub(crate) struct Scripted {
    pub(crate) designs: Vec<Design>,
    pub(crate) asked: Vec<Asked>,
}

impl Scripted {
    pub(crate) fn new(designs: impl Into<Vec<Design>>) -> Self {
        Self { designs: designs.into(), asked: vec![] }
    }

    /// Runs it on 100 samples of class 0.
    pub(crate) fn run(&mut self, system: &System, seed: u64) -> Outcome {
        run(system, self, &[0; 100], &Streams::new(seed, 0)).unwrap()
    }
}

impl CoInference for Scripted {
    fn designs(&self) -> u8 {
        self.designs.len() as u8
    }

    fn head(&self, design: u8, _: u32) -> Head<'_> {
        let design = &self.designs[design as usize];
        Head { steps: &design.steps, packets: &design.packets }
    }

    fn tail(&mut self, design: u8, sample: u32, received: &Received<'_>) -> Result<TailStep, SplitError> {
        self.asked.push(Asked {
            design,
            sample,
            steps: received.steps,
            lost: received.lost.to_vec(),
            flipped: received.flipped.to_vec(),
            erased: received.erased.to_vec(),
        });
        let tails = &self.designs[design as usize].tails;
        tails.get(received.steps as usize - 1).copied().ok_or(SplitError::NoTail)
    }
}

/// A design that is run once by everything else at its simplest.
pub(crate) fn run_one(system: &System, design: Design) -> Outcome {
    Scripted::new([design]).run(system, 1)
}
