//! How fast training is: whole steps on random images.

use crate::data::Samples;
use crate::fit::stream;
use crate::kernels::{Maps, Pool};
use crate::loss::Targets;
use crate::model::Model;
use crate::optimizer::AdamW;
use crate::pass::{Device, Pass};
use crate::plan::Backbone;
use anyhow::Result;
use cospike_models::dataset::Dataset;
use cospike_sim_core::network::Network;
use rand::RngExt;
use std::time::{Duration, Instant};

/// Time to measure each phase for.
const WHILE: Duration = Duration::from_secs(4);

/// Prints the samples per second of a step (forward, backward, AdamW) in every phase of a backbone.
pub(crate) fn measure(plan: &Backbone, net: &Network, device: &Device) -> Result<()> {
    for (dynamics, schedule) in plan.phases()? {
        let batch = schedule.batch;
        let mut rng = stream(1, "speed");
        let shape = net.input();
        let labels: Vec<u16> = (0..batch).map(|i| (i % net.classes()) as u16).collect();
        let pixels = (0..batch * shape.len()).map(|_| rng.random()).collect();
        let samples = Samples::new(Dataset { shape, pixels, labels: labels.clone() }, 0, 1);
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
        step()?; // takes its memory from the system
        let (start, mut steps) = (Instant::now(), 0);
        while start.elapsed() < WHILE {
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
