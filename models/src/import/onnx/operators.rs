//! What each operator becomes.

use super::convert::{Builder, Done, Emitted, Value};
use super::node::Attributes;
use super::proto::Node;
use super::tensor::{Array, Data, FLOAT32};
use super::windows::{Windows, padded};
use crate::import::imported::Ending;
use cospike_sim_core::network::{Activation, Operation, Pool2d, Reduction};

impl<'a> Builder<'a> {
    pub(super) fn operator(&mut self, node: &'a Node, attributes: &mut Attributes<'a>) -> Result<Done, String> {
        match node.op_type.as_str() {
            "Conv" => self.convolution(node, attributes),
            "Gemm" => self.gemm(node, attributes),
            "MatMul" => self.product(node),
            "BatchNormalization" => self.normalisation(node, attributes),
            "Relu" => self.activation(node, Activation::Relu),
            "Sigmoid" => self.activation(node, Activation::Sigmoid),
            "Clip" => self.clip(node),
            "Add" => match (self.input(node, 0), self.input(node, 1)) {
                (Some(Value::Emitted(a)), Some(Value::Emitted(b))) => self.sum(node, [a.clone(), b.clone()]),
                _ => self.scaled(node),
            },
            "Sub" | "Mul" | "Div" => self.scaled(node),
            "MaxPool" => self.pool(node, attributes, Reduction::Max),
            "AveragePool" => self.pool(node, attributes, Reduction::Average),
            "GlobalAveragePool" => self.global_pool(node, Reduction::Average),
            "GlobalMaxPool" => self.global_pool(node, Reduction::Max),
            "ReduceMean" => self.mean(node, attributes),
            "Flatten" => self.flatten(node, attributes),
            "Reshape" => self.reshape(node, attributes),
            "Squeeze" | "Unsqueeze" => self.reaxis(node),
            "Transpose" => self.turned(node, attributes),
            "Identity" => self.same(node),
            "Dropout" => self.dropout(node, attributes),
            "Cast" => self.cast(node, attributes),
            "Softmax" => self.ending(node, attributes, Ending::Softmax),
            "LogSoftmax" => self.ending(node, attributes, Ending::LogSoftmax),
            "Constant" => attributes.constant().map(Done::Constant),
            "Shape" => self.shape_of(node, attributes),
            "Gather" => self.of_sizes(node, attributes),
            "Concat" => self.concat(node, attributes),
            "DequantizeLinear" => self.dequantised(node, attributes),
            "QuantizeLinear" => self.quantised(node, attributes),
            other => Err(format!("operators of type {} are not executed", other.escape_debug())),
        }
    }

    fn activation(&mut self, node: &Node, function: Activation) -> Result<Done, String> {
        let from = self.emitted(node, 0)?;
        self.push(node, Operation::Activation(function), &[from.layer], from.sizes)
    }

    fn clip(&mut self, node: &Node) -> Result<Done, String> {
        let bound = |index, what, none: f32| -> Result<f32, String> {
            let Some(array) = self.constant(node, index, what)? else { return Ok(none) };
            match array.floats()?.as_slice() {
                [bound] => Ok(*bound),
                _ => Err(format!("its {what} is not a single number")),
            }
        };
        let (low, high) = (bound(1, "lower bound", f32::NEG_INFINITY)?, bound(2, "upper bound", f32::INFINITY)?);
        match (low, high) {
            (0.0, max) if max > 0.0 && max < f32::MAX => self.activation(node, Activation::Clip { max }),
            (0.0, f32::MAX..) => self.activation(node, Activation::Relu),
            _ => Err(format!("it clips to {low} .. {high}; a lower bound of 0 and an upper one above it are executed")),
        }
    }

    fn sum(&mut self, node: &Node, [a, b]: [Emitted; 2]) -> Result<Done, String> {
        if a.sizes != b.sizes {
            return Err(format!(
                "it adds values of shape {:?} to such of {:?}; only equal shapes are executed",
                b.sizes, a.sizes
            ));
        }
        self.push(node, Operation::Add, &[a.layer, b.layer], a.sizes)
    }

    fn pool(&mut self, node: &Node, attributes: &mut Attributes<'_>, reduction: Reduction) -> Result<Done, String> {
        let from = self.emitted(node, 0)?;
        let axes = from.sizes.len() - 1;
        if axes == 0 {
            return Err(format!("it reads channels and axes, but values of shape {:?} come in", from.sizes));
        }
        let window = attributes.sizes("kernel_shape", axes, 0)?;
        let windows = Windows::read(attributes, &window, &from.sizes[1..])?;
        let is_rounded_up = attributes.flag("ceil_mode", false)?;
        let (windows, added) = if is_rounded_up { windows.rounded_up() } else { (windows, false) };
        let counts_padding = reduction == Reduction::Max || attributes.flag("count_include_pad", false)?;
        if reduction == Reduction::Max {
            attributes.whole("storage_order", 0)?;
        } else if added || windows.are_padded() && !counts_padding {
            return Err("it takes the mean of those values alone that lie inside the borders; with padding, only means of whole \
                        windows are executed (`count_include_pad=1`)"
                .into());
        }
        windows.check_pool()?;
        let (rows, columns) = windows.slides();
        let pool = Pool2d::sliding(reduction, super::convert::map(&from.sizes)?, rows, columns);
        let sizes = windows.sizes(from.sizes[0])?;
        self.push(node, Operation::Pool(pool), &[from.layer], sizes)
    }

    fn global_pool(&mut self, node: &Node, reduction: Reduction) -> Result<Done, String> {
        let from = self.emitted(node, 0)?;
        let axes = from.sizes.len() - 1;
        self.pool_all(node, reduction, &from, padded(vec![from.sizes[0]], axes + 1))
    }

    fn pool_all(
        &mut self,
        node: &Node,
        reduction: Reduction,
        from: &Emitted,
        sizes: Vec<usize>,
    ) -> Result<Done, String> {
        let pool = Pool2d::global(reduction, super::convert::map(&from.sizes)?);
        self.push(node, Operation::Pool(pool), &[from.layer], sizes)
    }

    /// A mean over all axes but those of the batch and of the channels.
    fn mean(&mut self, node: &Node, attributes: &mut Attributes<'_>) -> Result<Done, String> {
        let from = self.emitted(node, 0)?;
        attributes.flag("noop_with_empty_axes", false)?;
        let keeps = attributes.flag("keepdims", true)?;
        let given = match attributes.numbers("axes")? {
            Some(axes) => Some(axes.to_vec()),
            None => {
                self.constant(node, 1, "list of axes")?.map(|array| array.whole().map(<[i64]>::to_vec)).transpose()?
            }
        };
        let rank = from.sizes.len() as i64 + 1;
        let mut axes: Vec<i64> =
            given.iter().flatten().map(|&axis| if axis < 0 { axis + rank } else { axis }).collect();
        axes.sort_unstable();
        if rank < 3 || !axes.iter().copied().eq(2..rank) {
            return Err("it takes means over other axes than all of those of space".into());
        }
        let sizes = if keeps { padded(vec![from.sizes[0]], from.sizes.len()) } else { vec![from.sizes[0]] };
        self.pool_all(node, Reduction::Average, &from, sizes)
    }

    fn same(&mut self, node: &Node) -> Result<Done, String> {
        match self.input(node, 0) {
            Some(Value::Constant(array)) => Ok(Done::Constant(array.clone())),
            _ => self.emitted(node, 0).map(|from| Done::Same(from.clone(), from.sizes)),
        }
    }

    fn dropout(&mut self, node: &Node, attributes: &mut Attributes<'_>) -> Result<Done, String> {
        attributes.whole("seed", 0)?;
        let trains = match self.constant(node, 2, "mode")? {
            Some(array) => array.whole()?.iter().any(|&flag| flag != 0),
            None => false,
        };
        if trains {
            return Err("it drops values, as in training; export the network after `eval()`".into());
        }
        self.same(node)
    }

    fn cast(&mut self, node: &Node, attributes: &mut Attributes<'_>) -> Result<Done, String> {
        attributes.whole("saturate", 1)?;
        let to = attributes.whole("to", 0)?;
        match self.input(node, 0) {
            Some(Value::Constant(array @ Array { data: Data::Whole(_), .. })) if to == INT64 || to == INT32 => {
                Ok(Done::Constant(array.clone()))
            }
            Some(Value::Emitted(_)) if to == i64::from(FLOAT32) => self.same(node),
            _ => Err("only casts to float32, and those of sizes, are executed".into()),
        }
    }

    /// A softmax at the end, which changes no answer.
    fn ending(&mut self, node: &Node, attributes: &mut Attributes<'_>, ending: Ending) -> Result<Done, String> {
        let from = self.emitted(node, 0)?;
        let axis = attributes.whole("axis", -1)?;
        let is_last = node.output.first().is_some_and(|output| *output == self.checked.output);
        if !is_last || !from.is_exclusive || from.sizes.len() != 1 || !(axis == 1 || axis == -1) {
            return Err("it is executed at the end of a network only, over its scores".into());
        }
        self.ending = ending;
        Ok(Done::Same(from.clone(), from.sizes))
    }
}

/// Types of whole numbers in a Cast.
const INT32: i64 = 6;
const INT64: i64 = 7;
