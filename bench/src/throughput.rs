//! Images per second of the reference network and of its float twin.

use crate::error::BenchError;
use crate::peak::Peak;
use crate::timing::shortest;
use cospike_models::import::reference::Reference;
use cospike_sim_core::inference::{Executable, Feature, InferenceError};
use cospike_sim_core::network::{Activation, Network, Operation};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::Serialize;

/// Repetitions of every batch.
const REPEATS: usize = 40;
/// Images in a batch.
const BATCHES: [usize; 2] = [1, 64];

/// Throughput of the reference network, spiking and with rectifiers in place of its neurons (its float twin).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Throughput {
    /// Time steps of the spiking network.
    pub time_steps: usize,
    /// Synaptic operations (accumulates) of the spiking network, mean over the images.
    pub synaptic_operations_per_image: f64,
    /// Multiply-accumulates of the float twin, mean over the images.
    pub float_multiply_accumulates_per_image: f64,
    /// Rates of the spiking network.
    pub spiking: Vec<BatchRate>,
    /// Rates of the float twin.
    pub float: Vec<BatchRate>,
}

/// Best rate at one batch size and number of threads.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BatchRate {
    /// Images in the batch.
    pub batch: usize,
    /// Threads that share the batch.
    pub threads: usize,
    /// Images per second.
    pub images_per_second: f64,
    /// Operations per second: accumulates of the spiking network, multiply-accumulates of the float one.
    pub operations_per_second: f64,
    /// That rate divided by the peak of as many cores as there are threads.
    pub share_of_peak: f64,
}

impl Throughput {
    /// Measures `reference` on its own images.
    pub(crate) fn measure(reference: &Reference, peak: Peak) -> Result<Self, BenchError> {
        let images: Vec<Feature> = reference.images().iter().cloned().map(Feature::Real).collect();
        let spiking = Runner { executable: reference.executable(), images: &images, steps: reference.steps() };
        let twin = Executable::new(&float_twin(reference.network()), reference.weights())?;
        let float = Runner { executable: &twin, images: &images, steps: 1 };
        let (accumulates, multiply_accumulates) = (spiking.operations()?.0, float.operations()?.1);
        let (mut on_spiking, mut on_float) = (timers()?, timers()?);
        for _ in 0..REPEATS {
            on_spiking.iter_mut().for_each(|timer| timer.time(&spiking));
            on_float.iter_mut().for_each(|timer| timer.time(&float));
        }
        let rates = |timers: &[Timer], operations, peak| timers.iter().map(|t| t.rate(operations, peak)).collect();
        Ok(Self {
            time_steps: reference.steps(),
            synaptic_operations_per_image: accumulates,
            float_multiply_accumulates_per_image: multiply_accumulates,
            spiking: rates(&on_spiking, accumulates, peak.adds_per_second),
            float: rates(&on_float, multiply_accumulates, peak.multiply_adds_per_second),
        })
    }
}

/// The same network with rectifiers in place of its neurons.
fn float_twin(network: &Network) -> Network {
    let mut twin = network.clone();
    for layer in &mut twin.layers {
        if matches!(layer.operation, Operation::Neuron(_)) {
            layer.operation = Operation::Activation(Activation::Relu);
        }
    }
    twin
}

/// Executes a network on images in turn.
struct Runner<'a> {
    executable: &'a Executable,
    images: &'a [Feature],
    steps: usize,
}

impl Runner<'_> {
    /// Accumulates and multiply-accumulates of the image with this number, counted modulo the number of images.
    fn run(&self, image: usize) -> Result<(f64, f64), InferenceError> {
        let layers = 1..self.executable.network().layers.len();
        let run = self.executable.run(layers, &self.images[image % self.images.len()], self.steps)?;
        let counts = run.layers.iter().map(|layer| layer.counts);
        Ok(counts.fold((0.0, 0.0), |(ac, mac), counts| (ac + counts.ac as f64, mac + counts.mac as f64)))
    }

    /// Mean accumulates and multiply-accumulates of an image.
    fn operations(&self) -> Result<(f64, f64), InferenceError> {
        let (mut ac, mut mac) = (0.0, 0.0);
        for image in 0..self.images.len() {
            let counts = self.run(image)?;
            (ac, mac) = (ac + counts.0, mac + counts.1);
        }
        Ok((ac / self.images.len() as f64, mac / self.images.len() as f64))
    }
}

/// One batch size on one thread pool, with its best rate so far.
struct Timer {
    images: usize,
    threads: usize,
    pool: ThreadPool,
    images_per_second: f64,
}

/// Every batch size on one thread and on all. An image is never divided, so a batch of one gains nothing from threads.
fn timers() -> Result<Vec<Timer>, BenchError> {
    let all = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if all > 1 { vec![1, all] } else { vec![1] };
    let cases = BATCHES.into_iter().flat_map(|images| threads.iter().map(move |&threads| (images, threads)));
    let timer = |(images, threads)| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|cause| BenchError::Threads { threads, cause })?;
        Ok(Timer { images, threads, pool, images_per_second: 0.0 })
    };
    cases.map(timer).collect()
}

impl Timer {
    /// Times the batch once more and keeps the best rate.
    fn time(&mut self, runner: &Runner) {
        // As many batches as it takes to see every image, however small the batch is.
        let rounds = runner.images.len().div_ceil(self.images);
        let seconds = self.pool.install(|| {
            shortest(1, || {
                for round in 0..rounds {
                    let batch = round * self.images..(round + 1) * self.images;
                    // Cannot fail: `operations` has executed the same images.
                    batch.into_par_iter().for_each(|image| drop(std::hint::black_box(runner.run(image))));
                }
            })
        });
        self.images_per_second = self.images_per_second.max((rounds * self.images) as f64 / seconds);
    }

    /// The rate, with `operations` per image and a `peak` of operations per second and core.
    fn rate(&self, operations: f64, peak: f64) -> BatchRate {
        let operations_per_second = self.images_per_second * operations;
        BatchRate {
            batch: self.images,
            threads: self.threads,
            images_per_second: self.images_per_second,
            operations_per_second,
            share_of_peak: operations_per_second / (peak * self.threads as f64),
        }
    }
}
