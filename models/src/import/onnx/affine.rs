//! Operators with weights, and what is folded into them.

use super::convert::{Builder, Done, Emitted, Value, map};
use super::node::Attributes;
use super::proto::Node;
use super::windows::Windows;
use cospike_sim_core::network::{Conv2d, NORM_EPSILON, Operation};

/// `scale * x + shift`, a value for each channel.
struct PerChannel {
    scale: Vec<f64>,
    shift: Vec<f64>,
}

impl<'a> Builder<'a> {
    pub(super) fn convolution(&mut self, node: &Node, attributes: &mut Attributes<'_>) -> Result<Done, String> {
        let from = self.emitted(node, 0)?;
        let (shape, weight) = self.reals(node, 1, "weight")?.ok_or("it has no weights")?;
        let (&[outs, ins, ref kernel @ ..], true) = (shape.as_slice(), shape.len() == from.sizes.len() + 1) else {
            return Err(format!("its weights have shape {shape:?}, but values of shape {:?} come in", from.sizes));
        };
        let said = attributes.sizes("kernel_shape", kernel.len(), 0)?;
        if said.iter().zip(kernel).any(|(&said, &size)| said != 0 && said != size) {
            return Err("its attribute `kernel_shape` is not the shape of its weights".into());
        }
        let groups = attributes.whole("group", 1)?;
        let groups = usize::try_from(groups).ok().filter(|&groups| groups > 0 && outs > 0 && outs % groups == 0);
        let groups = groups.filter(|&groups| ins.checked_mul(groups) == Some(from.sizes[0]));
        let groups = groups.ok_or_else(|| {
            format!(
                "its weights of shape {shape:?} and its groups do not fit the {} channels that come in",
                from.sizes[0]
            )
        })?;
        let windows = Windows::read(attributes, kernel, &from.sizes[1..])?;
        let (rows, columns) = windows.slides();
        let geometry = Conv2d::sliding(map(&from.sizes)?, outs, rows, columns).grouped(groups);
        let bias = self.bias(node, outs)?;
        let tensors = [("weight", vec![outs, ins, rows.size, columns.size], weight), ("bias", vec![outs], bias)];
        self.push_weighted(node, Operation::Conv2d(geometry), from.layer, windows.sizes(outs)?, tensors)
    }

    /// The bias of a convolution, of zeros if it has none.
    fn bias(&mut self, node: &Node, outs: usize) -> Result<Vec<f32>, String> {
        match self.reals(node, 2, "bias")? {
            None => Ok(vec![0.0; outs]),
            Some((shape, values)) if shape == [outs] => Ok(values),
            Some((shape, _)) => Err(format!("its bias has shape {shape:?} instead of [{outs}]")),
        }
    }

    /// `alpha * x B + beta * C`.
    pub(super) fn gemm(&mut self, node: &Node, attributes: &mut Attributes<'_>) -> Result<Done, String> {
        let (alpha, beta) = (attributes.float("alpha", 1.0)?, attributes.float("beta", 1.0)?);
        let (is_input_turned, is_turned) = (attributes.flag("transA", false)?, attributes.flag("transB", false)?);
        if is_input_turned {
            return Err("it turns the batch and the values of a sample around (`transA`)".into());
        }
        let added = self.reals(node, 2, "bias")?;
        self.linear(node, is_turned, alpha, added.map(|(shape, values)| (shape, values, beta)))
    }

    pub(super) fn product(&mut self, node: &Node) -> Result<Done, String> {
        self.linear(node, false, 1.0, None)
    }

    /// A fully connected layer, whose weights are `[out, in]` if `is_turned`, else `[in, out]`.
    fn linear(
        &mut self,
        node: &Node,
        is_turned: bool,
        alpha: f32,
        added: Option<(Vec<usize>, Vec<f32>, f32)>,
    ) -> Result<Done, String> {
        let from = self.emitted(node, 0)?;
        let (shape, weight) = self.reals(node, 1, "weight")?.ok_or("it has no weights")?;
        let &[first, second] = shape.as_slice() else {
            return Err(format!("its weights have shape {shape:?} instead of two axes"));
        };
        let (outs, ins) = if is_turned { (first, second) } else { (second, first) };
        if from.sizes != [ins] {
            return Err(format!(
                "its weights read vectors of {ins} values, but values of shape {:?} come in",
                from.sizes
            ));
        }
        let at = |out: usize, input: usize| if is_turned { out * ins + input } else { input * outs + out };
        let turned = (0..outs).flat_map(|out| (0..ins).map(move |input| (out, input)));
        let weight = turned.map(|(out, input)| alpha * weight[at(out, input)]).collect();
        let bias = match added {
            None => vec![0.0; outs],
            Some((shape, values, beta)) => {
                let wrong = || format!("its bias has shape {shape:?} instead of [{outs}]");
                if !(values.len() == 1 || values.len() == outs && shape.last() == Some(&outs)) {
                    return Err(wrong());
                }
                (0..outs).map(|out| beta * values[out % values.len()]).collect()
            }
        };
        let tensors = [("weight", vec![outs, ins], weight), ("bias", vec![outs], bias)];
        self.push_weighted(node, Operation::Linear, from.layer, vec![outs], tensors)
    }

    pub(super) fn normalisation(&mut self, node: &Node, attributes: &mut Attributes<'_>) -> Result<Done, String> {
        let epsilon = f64::from(attributes.float("epsilon", 1e-5)?);
        attributes.float("momentum", 0.9)?;
        if attributes.flag("training_mode", false)? {
            return Err("it normalises by the batch, as in training; export the network after `eval()`".into());
        }
        let from = self.emitted(node, 0)?;
        let channels = from.sizes[0];
        let mut part = |index, what| match self.reals(node, index, what)? {
            Some((shape, values)) if shape == [channels] => Ok(values.into_iter().map(f64::from).collect::<Vec<_>>()),
            Some((shape, _)) => Err(format!("its {what} has shape {shape:?} instead of [{channels}]")),
            None => Err(format!("it has no {what}")),
        };
        let (gain, shift, mean, variance) =
            (part(1, "scale")?, part(2, "shift")?, part(3, "mean")?, part(4, "variance")?);
        if let Some(at) = variance.iter().position(|&variance| variance < 0.0 || variance + epsilon <= 0.0) {
            let name = node.input[4].escape_debug();
            return Err(format!("its variance `{name}` holds {} at position {at}, which is no variance", variance[at]));
        }
        let scale: Vec<f64> =
            gain.iter().zip(&variance).map(|(gain, variance)| gain / (variance + epsilon).sqrt()).collect();
        let shift = (0..channels).map(|c| shift[c] - mean[c] * scale[c]).collect();
        self.per_channel(node, from, PerChannel { scale, shift })
    }

    /// A sum, difference, product or quotient of what comes in and a constant.
    pub(super) fn scaled(&mut self, node: &Node) -> Result<Done, String> {
        let (at, constant) = match (self.input(node, 0), self.input(node, 1)) {
            (Some(Value::Emitted(_)), Some(Value::Constant(_))) => (0, 1),
            (Some(Value::Constant(_)), Some(Value::Emitted(_))) => (1, 0),
            (Some(Value::Emitted(_)), Some(Value::Emitted(_))) => {
                return Err("both of its inputs are computed from the sample; one must be a constant".into());
            }
            _ => return Err("it computes with constants alone; export the network with constants folded".into()),
        };
        let from = self.emitted(node, at)?;
        let (shape, values) = self.reals(node, constant, "constant")?.ok_or("it has no constant")?;
        let values = spread(&shape, &values, &from.sizes)?;
        let (ones, zeros) = (vec![1.0; values.len()], vec![0.0; values.len()]);
        let is_first = at == 0;
        let function = match node.op_type.as_str() {
            "Add" => PerChannel { scale: ones, shift: values },
            "Sub" if is_first => PerChannel { scale: ones, shift: values.iter().map(|value| -value).collect() },
            "Sub" => PerChannel { scale: vec![-1.0; values.len()], shift: values },
            "Mul" => PerChannel { scale: values, shift: zeros },
            "Div" if is_first && !values.contains(&0.0) => {
                PerChannel { scale: values.iter().map(|value| 1.0 / value).collect(), shift: zeros }
            }
            _ => return Err("it divides by what is computed from the sample, or by zero".into()),
        };
        self.per_channel(node, from, function)
    }

    /// Folds a function of each channel into the layer before it, or adds a layer that is it.
    fn per_channel(
        &mut self,
        node: &Node,
        from: Emitted,
        PerChannel { scale, shift }: PerChannel,
    ) -> Result<Done, String> {
        let layer = &self.network.layers[from.layer];
        let is_weighted = matches!(layer.operation, Operation::Conv2d(_) | Operation::Linear);
        let has_norm = self.store.contains_key(&format!("{}.norm.weight", layer.name));
        let fits = layer.output.channels == scale.len() && from.sizes[0] == scale.len();
        let vectors = [scale, shift].map(|values| values.into_iter().map(|value| value as f32).collect::<Vec<f32>>());
        if vectors.iter().flatten().any(|value| !value.is_finite()) {
            return Err("its values exceed the range of float32".into());
        }
        let [scale, shift] = vectors;
        let channels = scale.len();
        if is_weighted && from.is_exclusive && fits && !has_norm {
            // A normalisation by a mean of 0 and a variance of 1 but for what the engine adds to it: its gain is the factor.
            let root = (1.0 + NORM_EPSILON).sqrt();
            let gain = scale.iter().map(|&scale| (f64::from(scale) * root) as f32).collect();
            let parts = [
                ("weight", gain),
                ("bias", shift),
                ("running_mean", vec![0.0; channels]),
                ("running_var", vec![1.0; channels]),
            ];
            for (part, values) in parts {
                self.store_tensor(from.layer, &format!("norm.{part}"), vec![channels], values);
            }
            return Ok(Done::Folded(from));
        }
        let geometry = Conv2d::depthwise(map(&from.sizes)?, 1, 1, 0);
        let tensors = [("weight", vec![channels, 1, 1, 1], scale), ("bias", vec![channels], shift)];
        self.push_weighted(node, Operation::Conv2d(geometry), from.layer, from.sizes, tensors)
    }
}

/// One value for each channel of values of `sizes`, from a constant of `shape`, which is repeated as in NumPy.
fn spread(shape: &[usize], values: &[f32], sizes: &[usize]) -> Result<Vec<f64>, String> {
    let rank = sizes.len() + 1;
    let leading = rank.checked_sub(shape.len());
    let full: Option<Vec<usize>> = leading.map(|leading| [vec![1; leading], shape.to_vec()].concat());
    let is_one = |full: &Vec<usize>| full.iter().enumerate().all(|(axis, &n)| n == 1 || axis == 1 && n == sizes[0]);
    match full.filter(is_one) {
        Some(_) if !values.is_empty() => Ok((0..sizes[0]).map(|c| f64::from(values[c % values.len()])).collect()),
        _ => Err(format!(
            "its constant of shape {shape:?} is not one number, or one for each of the {} channels",
            sizes[0]
        )),
    }
}
