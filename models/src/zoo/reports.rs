//! The verdict on each layer of a weight file.

use super::WeightFile;
use crate::import::{NodeReport, Runs};
use cospike_sim_core::network::{Activation, Network, NetworkError, Operation, Reduction, Signal};

impl WeightFile {
    /// Layer graph of the network that the file describes, of a unit with it in its place.
    ///
    /// # Errors
    /// None that reading the file has not found.
    pub fn network(&self) -> Result<Network, NetworkError> {
        match self.metadata.unit {
            None => self.architecture(),
            Some(_) => Ok(self.metadata.layers()?.0),
        }
    }

    /// How each layer is executed whose weights the file holds, or that has none.
    ///
    /// # Errors
    /// None that reading the file has not found.
    pub fn reports(&self) -> Result<Vec<NodeReport>, NetworkError> {
        let tensors = self.tensors();
        let (network, layers) = match self.metadata.unit {
            None => (self.architecture()?, 0..usize::MAX),
            Some(_) => self.metadata.layers()?,
        };
        let signals = network.signals(Signal::Real);
        let all = network.layers.iter().enumerate().filter(|(index, _)| layers.contains(index));
        let report = |(index, layer): (usize, &cospike_sim_core::network::Layer)| {
            let emits_spikes = |index: usize| signals[index] != Signal::Real;
            let is_spiking = emits_spikes(index) || layer.inputs.iter().any(|&input| emits_spikes(input));
            let shape = layer.output;
            let sizes =
                if shape.area() == 1 { vec![shape.channels] } else { vec![shape.channels, shape.height, shape.width] };
            let is_normalised = tensors.contains_key(&format!("{}.norm.weight", layer.name));
            NodeReport {
                name: layer.name.clone(),
                kind: kind(layer.operation).into(),
                emits: Some(sizes),
                runs: if is_spiking { Runs::AsSpikes } else { Runs::AsRealValues },
                approximations: is_normalised
                    .then(|| "its batch normalisation is folded into its weights".into())
                    .into_iter()
                    .collect(),
            }
        };
        Ok(all.map(report).collect())
    }
}

/// Name of the type of an operation, as other frameworks have it.
fn kind(operation: Operation) -> &'static str {
    match operation {
        Operation::Input => "Input",
        Operation::Conv2d(_) => "Conv2d",
        Operation::ConvTranspose2d(_) => "ConvTranspose2d",
        Operation::Linear => "Linear",
        Operation::Neuron(_) | Operation::Cells(_) => "Neurons",
        Operation::Previous => "Previous",
        Operation::Scale => "Scale",
        Operation::Activation(Activation::Relu) => "ReLU",
        Operation::Activation(Activation::Clip { .. }) => "Clip",
        Operation::Activation(Activation::Quantise { .. }) => "Quantiser",
        Operation::Activation(Activation::Sigmoid) => "Sigmoid",
        Operation::Activation(Activation::Round { .. }) => "Round",
        Operation::Add => "Add",
        Operation::Pool(pool) => match pool.reduction {
            Reduction::Average => "AvgPool2d",
            Reduction::Sum => "SumPool2d",
            Reduction::Max => "MaxPool2d",
        },
        Operation::Flatten => "Flatten",
        Operation::Concat => "Concat",
    }
}
