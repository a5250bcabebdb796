//! Images per second of the reference network and of its float twin.

use super::{Peak, shortest};
use crate::Failure;
use crate::table::table;
use cospike_models::import::reference::Reference;
use cospike_sim_core::inference::{Executable, Feature};
use cospike_sim_core::network::{Activation, Network, Operation};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::{Value, json};

/// Times that a batch is repeated.
const REPEATS: usize = 40;
/// Images of a batch.
const BATCHES: [usize; 2] = [1, 64];

/// Batches of one network.
pub(super) struct Measured {
    spiking: Vec<Batch>,
    float: Vec<Batch>,
    /// Per image: synaptic operations (accumulates) of the spiking, multiply-accumulates of the float network.
    accumulates: f64,
    multiply_accumulates: f64,
    steps: usize,
}

struct Batch {
    images: usize,
    threads: usize,
    pool: ThreadPool,
    images_per_second: f64,
}

impl Measured {
    pub(super) fn measure(reference: &Reference) -> Result<Self, Failure> {
        let images: Vec<Feature> = reference.images().iter().cloned().map(Feature::Real).collect();
        let spiking = Runner { executable: reference.executable(), images: &images, steps: reference.steps() };
        let twin = Executable::new(&float_twin(reference.network()), reference.weights())?;
        let float = Runner { executable: &twin, images: &images, steps: 1 };
        let mut measured = Self {
            accumulates: spiking.operations()?.0,
            multiply_accumulates: float.operations()?.1,
            spiking: batches()?,
            float: batches()?,
            steps: reference.steps(),
        };
        // All in turn, so that a second in which others use the machine is not all that one of them gets.
        for _ in 0..REPEATS {
            measured.spiking.iter_mut().for_each(|batch| batch.time(&spiking));
            measured.float.iter_mut().for_each(|batch| batch.time(&float));
        }
        Ok(measured)
    }

    pub(super) fn print(&self, peak: Peak) {
        println!(
            "reference network, T = {}, {:.2} M synaptic operations per image; its ReLU twin, {:.1} M multiply-adds:",
            self.steps,
            self.accumulates / 1e6,
            self.multiply_accumulates / 1e6
        );
        let mut rows = table(&["network", "batch", "threads", "images/s", "G operations/s", "% of peak"]);
        let networks = [
            ("spiking", &self.spiking, self.accumulates, peak.add),
            ("float", &self.float, self.multiply_accumulates, peak.multiply_add),
        ];
        for (name, batches, operations, peak) in networks {
            for batch in batches {
                let rate = batch.images_per_second * operations;
                rows.add_row([
                    name.to_string(),
                    batch.images.to_string(),
                    batch.threads.to_string(),
                    format!("{:.0}", batch.images_per_second),
                    format!("{:.2}", rate / 1e9),
                    format!("{:.1}", 100.0 * rate / (peak * batch.threads as f64)),
                ]);
            }
        }
        println!("{rows}");
        println!("operations: additions, or multiply-adds; the peak is that of as many cores as threads");
    }

    pub(super) fn json(&self, peak: Peak) -> Value {
        let batches = |batches: &[Batch], operations: f64, peak: f64| {
            let batch = |batch: &Batch| {
                let rate = batch.images_per_second * operations;
                json!({
                    "batch": batch.images,
                    "threads": batch.threads,
                    "images_per_second": batch.images_per_second,
                    "operations_per_second": rate,
                    "share_of_peak": rate / (peak * batch.threads as f64),
                })
            };
            batches.iter().map(batch).collect::<Vec<_>>()
        };
        json!({
            "time_steps": self.steps,
            "synaptic_operations_per_image": self.accumulates,
            "float_multiply_accumulates_per_image": self.multiply_accumulates,
            "spiking": batches(&self.spiking, self.accumulates, peak.add),
            "float": batches(&self.float, self.multiply_accumulates, peak.multiply_add),
        })
    }
}

/// The same network with rectifiers for neurons.
fn float_twin(network: &Network) -> Network {
    let mut twin = network.clone();
    for layer in &mut twin.layers {
        if matches!(layer.operation, Operation::Neuron(_)) {
            layer.operation = Operation::Activation(Activation::Relu);
        }
    }
    twin
}

/// Runs a network on images in turn.
struct Runner<'a> {
    executable: &'a Executable,
    images: &'a [Feature],
    steps: usize,
}

impl Runner<'_> {
    fn run(&self, image: usize) -> Result<(f64, f64), Failure> {
        let layers = 1..self.executable.network().layers.len();
        let run = self.executable.run(layers, &self.images[image % self.images.len()], self.steps)?;
        let counts = run.layers.iter().map(|layer| layer.counts);
        Ok(counts.fold((0.0, 0.0), |(ac, mac), counts| (ac + counts.ac as f64, mac + counts.mac as f64)))
    }

    /// Mean accumulates and multiply-accumulates of an image.
    fn operations(&self) -> Result<(f64, f64), Failure> {
        let (mut ac, mut mac) = (0.0, 0.0);
        for image in 0..self.images.len() {
            let of_image = self.run(image)?;
            (ac, mac) = (ac + of_image.0, mac + of_image.1);
        }
        Ok((ac / self.images.len() as f64, mac / self.images.len() as f64))
    }
}

/// Every batch on one thread and on all. An image is never divided, so a batch of one gains nothing from threads.
fn batches() -> Result<Vec<Batch>, Failure> {
    let all = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if all > 1 { vec![1, all] } else { vec![1] };
    let sizes = BATCHES.into_iter().flat_map(|images| threads.iter().map(move |&threads| (images, threads)));
    let batch = |(images, threads)| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
        Ok(Batch { images, threads, pool, images_per_second: 0.0 })
    };
    sizes.map(batch).collect()
}

impl Batch {
    /// Runs it once more, and keeps the best rate.
    fn time(&mut self, runner: &Runner) {
        // As many images in turn as there are, so that a small batch sees all of them.
        let rounds = runner.images.len().div_ceil(self.images);
        let seconds = self.pool.install(|| {
            shortest(1, || {
                for round in 0..rounds {
                    let batch = round * self.images..(round + 1) * self.images;
                    // `operations` has run the same, so it cannot fail.
                    batch.into_par_iter().for_each(|image| drop(std::hint::black_box(runner.run(image))));
                }
            })
        });
        self.images_per_second = self.images_per_second.max((rounds * self.images) as f64 / seconds);
    }
}
