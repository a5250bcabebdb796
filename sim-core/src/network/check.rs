//! Checks that a layer graph is consistent.

use super::{
    Activation, Conv2d, Layer, Leak, Network, NetworkError, Neuron, Operation, Pool2d, Readout, Shape, Signal, Slide,
};

/// Largest number of spikes that a graded neuron may emit in one step. Every number up to it has a bit map.
const MAX_GRADE: u32 = 255;

impl Network {
    /// Checks that layers read earlier layers only (or cells one step late), that shapes follow from each other, and that no feature map
    /// holds more than 2^32 - 1 values or sums of more than 255 spike trains, and that the readout is one that it has values for.
    ///
    /// # Errors
    /// [`NetworkError::Inconsistent`], naming the first layer that is wrong, and [`NetworkError::Readout`].
    pub fn check(&self) -> Result<(), NetworkError> {
        if self.layers.is_empty() {
            return Err(NetworkError::Inconsistent { layer: self.name.clone(), reason: "there is no layer".into() });
        }
        for (i, layer) in self.layers.iter().enumerate() {
            self.check_layer(i, layer)
                .map_err(|reason| NetworkError::Inconsistent { layer: layer.name.clone(), reason })?;
        }
        for layer in self.loops().into_iter().flat_map(|stretch| &self.layers[stretch]) {
            if matches!(layer.operation, Operation::Neuron(_)) {
                let reason = "neurons that depend on their own earlier steps must be cells".into();
                return Err(NetworkError::Inconsistent { layer: layer.name.clone(), reason });
            }
        }
        let graded = self.signals(Signal::BINARY).into_iter().zip(&self.layers);
        for (signal, layer) in graded {
            if matches!(signal, Signal::Spikes { max } if max > MAX_GRADE) {
                let reason = format!("it sums more than {MAX_GRADE} spike trains");
                return Err(NetworkError::Inconsistent { layer: layer.name.clone(), reason });
            }
        }
        self.check_readout()
    }

    /// Refuses a readout that the network has nothing for.
    fn check_readout(&self) -> Result<(), NetworkError> {
        let (Some(readout), Some(last)) = (self.readout, self.layers.last()) else { return Ok(()) };
        let has_membranes = matches!(last.operation, Operation::Neuron(_) | Operation::Cells(_));
        let reason = match readout {
            _ if !self.is_spiking() => {
                "it has no neurons, so it is executed once and gives one score: leave it out".into()
            }
            Readout::SpikeCount if !self.emits_spikes() => {
                format!("its last layer `{}` emits real values: choose `mean`, `last` or `max`", last.name)
            }
            Readout::Membrane | Readout::MaxMembrane if !has_membranes => {
                format!("its last layer `{}` has no neurons: choose `mean`, `last` or `max`", last.name)
            }
            _ => return Ok(()),
        };
        Err(NetworkError::Readout { network: self.name.clone(), readout, reason })
    }

    fn check_layer(&self, index: usize, layer: &Layer) -> Result<(), String> {
        let arity = match layer.operation {
            Operation::Input => 0,
            Operation::Add => 2,
            // As many as there are.
            Operation::Concat => layer.inputs.len().max(2),
            _ => 1,
        };
        let output = layer.output;
        if layer.inputs.len() != arity {
            return Err(format!("it reads {} layers instead of {arity}", layer.inputs.len()));
        }
        if layer.operation == Operation::Previous {
            let source = self.layers.get(layer.inputs[0]).map(|source| source.operation);
            if !matches!(source, Some(Operation::Cells(_))) {
                return Err("only cells can be read one step late".into());
            }
        } else if let Some(late) = layer.inputs.iter().find(|&&i| i >= index) {
            return Err(format!("it reads layer {late}, which does not come before it"));
        }
        if (index == 0) != (layer.operation == Operation::Input) {
            return Err("the first layer, and no other, is the input".into());
        }
        if output.is_empty() || u32::try_from(output.len()).is_err() {
            return Err(format!("its output of shape {output} has no values or more than 2^32 - 1"));
        }
        let read = layer.inputs.iter().map(|&i| self.layers[i].output);
        if layer.operation == Operation::Concat {
            let channels: usize = read.clone().map(|input| input.channels).sum();
            if channels != output.channels {
                return Err(format!("its inputs have {channels} channels, but its output {output}"));
            }
        }
        read.into_iter().try_for_each(|input| follows(layer, input))
    }
}

/// Whether the output of `layer` follows from its input of shape `input`.
fn follows(layer: &Layer, input: Shape) -> Result<(), String> {
    let output = layer.output;
    let right = match layer.operation {
        Operation::Input => true,
        Operation::Conv2d(c) => c.input == input && c.output == output && fits(c, c.input, c.output),
        // A transposed convolution's output has a size from which the plain one comes back to its input.
        Operation::ConvTranspose2d(c) => c.input == input && c.output == output && fits(c, c.output, c.input),
        Operation::Linear => output.area() == 1,
        Operation::Pool(p) => p.input == input && p.output == output && pool_fits(p),
        Operation::Flatten => output == Shape::vector(input.len()),
        Operation::Concat => (input.height, input.width) == (output.height, output.width),
        Operation::Neuron(Neuron { leak: Leak::Tau(tau), .. }) if tau.is_nan() || tau <= 0.0 => {
            return Err(format!("its time constant {tau} is not positive"));
        }
        Operation::Neuron(Neuron { leak: Leak::Share(share), .. }) if !(0.0..=1.0).contains(&share) => {
            return Err(format!("it cannot lose a share of {share} of its membrane: that is not between 0 and 1"));
        }
        Operation::Activation(Activation::Quantise { levels: 0 }) => {
            return Err("a quantiser needs at least one level".into());
        }
        Operation::Activation(Activation::Round { step, low, high })
            if !(step.is_finite() && step > 0.0 && low <= high) =>
        {
            return Err(format!("it cannot round to steps of {step} from {low} to {high}"));
        }
        Operation::Neuron(_)
        | Operation::Cells(_)
        | Operation::Previous
        | Operation::Scale
        | Operation::Activation(_)
        | Operation::Add => input == output,
    };
    if right { Ok(()) } else { Err(format!("{:?} cannot turn shape {input} into {output}", layer.operation)) }
}

/// Whether the kernel slides over `wide` in just as many steps as `narrow` has rows and columns, and its groups divide
/// the channels.
fn fits(conv: Conv2d, wide: Shape, narrow: Shape) -> bool {
    let divides = |channels: usize| channels.checked_rem(conv.groups) == Some(0);
    slides(conv.rows, wide.height, narrow.height)
        && slides(conv.columns, wide.width, narrow.width)
        && divides(wide.channels)
        && divides(narrow.channels)
}

/// Whether the window slides over the input in as many steps as the output has rows and columns, and never lies in the
/// padding alone.
fn pool_fits(pool: Pool2d) -> bool {
    let slide = |slide: Slide, wide, narrow| {
        let is_filled = slide.padding.0.max(slide.padding.1) * 2 <= slide.size;
        is_filled && slides(slide, wide, narrow)
    };
    slide(pool.rows, pool.input.height, pool.output.height)
        && slide(pool.columns, pool.input.width, pool.output.width)
        && pool.input.channels == pool.output.channels
}

fn slides(slide: Slide, wide: usize, narrow: usize) -> bool {
    slide.size > 0 && slide.dilation > 0 && narrow > 0 && slide.places(wide) == narrow
}
