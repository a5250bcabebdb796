//! A spiking network run by hand: its spikes step by step, its class scores, what it counts, what that costs, and what is left
//! of the answer when a part of the payload is lost.
//!
//! Every number can be checked with a pencil. A bright pixel is 204 / 255 = 0.8, a dark one 0.2, and so are the averages. A
//! neuron starts at 0.5, adds its average in every step, fires from 1 on and then loses 1. So a bright neuron reaches 1.3, 1.1,
//! 0.9 and 1.7 and fires in steps 1, 2 and 4; a dark one reaches 0.7, 0.9, 1.1 and 0.3 and fires in step 3. That makes
//! 4 x 3 + 12 x 1 = 24 spikes.
//!
//! `cargo run --release -p cospike-sim-core --example spiking_network_by_hand`

#[allow(dead_code, reason = "this example runs no simulation")]
mod quadrants;

use cospike_sim_core::inference::{Convention, Counts, Feature};
use cospike_sim_core::payload::Damage;
use cospike_sim_core::split::HeadOutput;
use quadrants::{STEPS, image, prices, split};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let split = split()?;
    let sample = Feature::Real(split.sample(&image(3))?);

    // Any range of layers can be run alone; this is the head.
    let head = split.executable().run(1..split.cut() + 1, &sample, STEPS)?;
    let Feature::Spikes(train) = &head.output else { return Err("the head ends in a neuron layer".into()) };
    for row in 0..4 {
        let rows = (0..STEPS).map(|step| {
            let fires = |column: usize| if train.get(step, 4 * row + column, 0) { '|' } else { '.' };
            (0..4).map(fires).collect::<String>()
        });
        println!("row {row}, step by step:  {}", rows.collect::<Vec<_>>().join("  "));
    }
    println!("{} spikes", train.spikes());

    // The same through the payload.
    let head = split.head(&image(3))?;
    let HeadOutput::Payload(payload) = &head.output else { return Err("there is a tail".into()) };
    let tail = split.tail(payload, &Damage::NONE)?;
    println!("payload of {} bytes: {:02x?}", payload.bytes.len(), payload.bytes);
    println!("class scores, averaged over the steps: {:?}; answer {}", tail.scores, tail.answer);

    let layers = [head.layers, tail.layers].concat();
    let account = prices()?.account(split.network(), Some(STEPS), &layers, Convention::Inside);
    for line in &account.lines {
        let (name, picojoules) = (&split.network().layers[line.layer].name, line.joules().unwrap_or(0.0) * 1e12);
        println!("{name:8} {:4} x {:20} {picojoules:6.1} pJ", line.count, line.event);
    }
    println!("{:?}", layers.iter().fold(Counts::default(), |sum, layer| sum + layer.counts));

    // The two bytes of the second step are lost: the score shrinks, the answer stays.
    let second: Vec<_> = payload.step_ranges().skip(1).take(1).collect();
    let damaged = split.tail(payload, &Damage::losing(&second))?;
    println!("without step 2: {:?}; answer {}", damaged.scores, damaged.answer);
    Ok(())
}
