//! x
mod backbone;
mod data;
mod fit;
mod model;
mod nonlinearity;

use backbone::Workshop;
use cospike_scenarios::dataset::Dataset;
use cospike_sim_core::network::*;
use fit::Schedule;
fn main() -> anyhow::Result<()> {
    let dir = std::path::PathBuf::from(std::env::args().nth(1).unwrap());
    let what = std::env::args().nth(2).unwrap();
    let set = Dataset::from_idx(&std::fs::read(dir.join("train-images-idx3-ubyte.gz"))?, &std::fs::read(dir.join("train-labels-idx1-ubyte.gz"))?)?;
    let samples = data::Samples::new(set, 1);
    std::fs::create_dir_all("/work/main/out/training")?;
    let w = Workshop { samples: &samples, checkpoints: "/work/main/out/training".as_ref(), seed: 1, device: burn::tensor::Device::flex().autodiff() };
    if what == "float" {
        let net = ResNet::ZOO.build(Nonlinearity::Float(Activation::Relu));
        w.float_backbone("resnet14-float", &net, Schedule { epochs: 8, batch: 64, peak_rate: 4e-3 })?;
    } else {
        let net = ResNet::ZOO.build(Nonlinearity::Spiking(Neuron::INTEGRATE_AND_FIRE));
        w.spiking_backbone("resnet14-spiking", &net, Schedule { epochs: 6, batch: 64, peak_rate: 4e-3 }, Schedule { epochs: 2, batch: 64, peak_rate: 1e-3 })?;
    }
    Ok(())
}
