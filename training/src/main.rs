//! temp
mod kernels;
mod loss;
mod model;
mod optimizer;
mod pass;
use cospike_sim_core::network::*;
use rand::SeedableRng;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let steps: usize = a[1].parse().unwrap();
    let batch = 64;
    let f = if steps == 0 {
        Nonlinearity::Float(Activation::Relu)
    } else {
        Nonlinearity::Spiking(Neuron::INTEGRATE_AND_FIRE)
    };
    let net = ResNet::ZOO.build(f);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let n = net.layers.len();
    let mut model = model::Model::new(&net, 0..n, &mut rng);
    let dynamics = if a.len() > 2 { pass::Dynamics::Rate(steps) } else { pass::Dynamics::Steps(steps.max(1)) };
    let p = pass::Pass { net: &net, layers: 1..n, learning: 1..n, dynamics, link: None };
    let mut pool = kernels::Pool::default();
    let labels: Vec<u8> = (0..batch).map(|i| (i % 10) as u8).collect();
    use rand::RngExt;
    let img: Vec<f32> = (0..batch * 784).map(|_| rng.random::<f32>()).collect();
    let mut adam = optimizer::AdamW::default();
    let t0 = std::time::Instant::now();
    let mut tf = 0.0;
    let mut tb = 0.0;
    let iters = 30;
    for it in 0..iters {
        let t = std::time::Instant::now();
        let tape =
            p.forward(&model, kernels::Maps { shape: net.input(), frames: batch, data: img.clone() }, batch, &mut pool);
        tf += t.elapsed().as_secs_f64();
        let (l, g) = loss::Targets::labels(&labels, 10).cross_entropy(tape.output(n - 1));
        let t = std::time::Instant::now();
        let gr = p.backward(&model, tape, vec![(n - 1, g)], &mut pool);
        tb += t.elapsed().as_secs_f64();
        adam.step(&mut model, &gr, 1e-3);
        if it % 10 == 9 {
            println!("{it} loss {l:.4}");
        }
    }
    let s = t0.elapsed().as_secs_f64();
    println!(
        "{:.0} img/s fwd {:.1} ms bwd {:.1} ms total {:.1} ms/step",
        (batch * iters) as f64 / s,
        tf / iters as f64 * 1e3,
        tb / iters as f64 * 1e3,
        s / iters as f64 * 1e3
    );
}
