#![allow(missing_docs)]
#[path = "../tests/common/reference.rs"]
mod reference;
use cospike_sim_core::inference::{Executable, Feature};
use cospike_sim_core::network::*;
use std::time::Instant;
fn main() {
    let mut a = reference::open();
    let net = reference::network();
    let images = reference::images(&mut a);
    let ex = Executable::new(&net, &reference::weights(&mut a)).unwrap();
    let n = net.layers.len();
    let mut best = f64::MAX;
    for _ in 0..60 { for im in images.chunks(8) { let t = Instant::now(); for i in im { std::hint::black_box(ex.run(1..n, i, 4).unwrap()); } best = best.min(t.elapsed().as_secs_f64() / im.len() as f64); } }
    let ops: u64 = images.iter().map(|i| ex.run(1..n, i, 4).unwrap().layers.iter().map(|l| l.counts.ac).sum::<u64>()).sum();
    println!("spiking {:.0} images/s, {:.2} G SynOps/s", 1.0/best, ops as f64/16.0/best/1e9);
    // per neuron layer: prefix differences
    if std::env::args().nth(1).is_some() {
        let mut prev = images.clone(); 
        let mut i = 1;
        let mut last = 0;
        while i < n {
            // fused pairs conv + act at straight-line cuts are not always possible; time prefixes
            let mut b = f64::MAX;
            for _ in 0..40 { for im in images.chunks(8) { let t = Instant::now(); for x in im { std::hint::black_box(ex.run(1..i+1, x, 4).unwrap()); } b = b.min(t.elapsed().as_secs_f64()/im.len() as f64); } }
            println!("up to {} {:.1} us", net.layers[i].name, b*1e6);
            i += 1;
        }
        let _ = (&mut prev, &mut last);
    }
    let float = ResNet { stem_stride: 1, ..ResNet::ZOO }.build(Nonlinearity::Float(Activation::Relu));
    let w = Weights::from_store(&float, &reference::store(&mut a, false)).unwrap();
    let ex = Executable::new(&float, &w).unwrap();
    let mut best = f64::MAX;
    for _ in 0..60 { for im in images.chunks(4) { let t = Instant::now(); for i in im { std::hint::black_box(ex.run(1..n, i, 1).unwrap()); } best = best.min(t.elapsed().as_secs_f64() / im.len() as f64); } }
    println!("float {:.0} images/s", 1.0/best);
    let _: &Feature = &images[0];
}
