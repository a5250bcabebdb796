//! Speed of training, measured by whole steps on random images.

use crate::data::Samples;
use crate::kernels::{Maps, Pool};
use crate::loss::Targets;
use crate::model::Model;
use crate::optimizer::AdamW;
use crate::pass::{Device, Pass};
use crate::plan::Backbone;
use crate::random::stream;
use anyhow::Result;
use cospike_models::dataset::Dataset;
use cospike_sim_core::network::Network;
use rand::RngExt;
use std::time::{Duration, Instant};

/// Time for which each phase is measured.
const DURATION: Duration = Duration::from_secs(4);

/// Prints the speed of whole steps (forward, backward, AdamW) in every phase of a backbone, in samples per second.
pub(crate) fn measure(plan: &Backbone, net: &Network, device: &Device) -> Result<()> {
    for (dynamics, schedule) in plan.phases()? {
        let batch = schedule.batch;
        let mut rng = stream(1, "speed");
        let shape = net.input();
        let labels: Vec<u16> = (0..batch).map(|i| (i % net.classes()) as u16).collect();
        let pixels = (0..batch * shape.len()).map(|_| rng.random()).collect();
        let samples = Samples::new(Dataset::new(shape, pixels, labels.clone())?, 0, 1)?;
        let images: Maps = samples.images(&(0..batch).collect::<Vec<_>>());
        let targets = Targets::labels(&labels, net.classes());
        let layers = 1..net.layers.len();
        let pass = Pass { net, layers: layers.clone(), learning: layers.clone(), dynamics, link: None, device };
        let (mut model, mut optimizer, mut pool) =
            (Model::new(net, layers, &mut rng), AdamW::default(), Pool::default());
        let mut step = || -> Result<()> {
            let (_, gradients) = pass.learn(&model, images.clone(), batch, &targets, &mut pool)?;
            optimizer.step(&mut model, &gradients, 1e-4);
            Ok(())
        };
        step()?; // untimed: takes the memory from the system that later steps reuse
        let (start, mut steps) = (Instant::now(), 0);
        while start.elapsed() < DURATION {
            step()?;
            steps += 1;
        }
        let speed = f64::from(steps) * batch as f64 / start.elapsed().as_secs_f64();
        println!(
            "{} {}, batch {batch}, {}, {} threads: {speed:.0} samples/s",
            plan.name(),
            dynamics.name(),
            device.name(),
            rayon::current_num_threads()
        );
    }
    Ok(())
}
