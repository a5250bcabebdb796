//! Operators that change nothing but the sizes of values, and those that compute sizes.

use super::convert::{Builder, Done, Emitted, Value, map};
use super::node::Attributes;
use super::proto::Node;
use super::tensor::{Array, Data};
use super::windows::padded;
use cospike_sim_core::network::Operation;

impl<'a> Builder<'a> {
    pub(super) fn flatten(&mut self, node: &Node, attributes: &mut Attributes<'_>) -> Result<Done, String> {
        let from = self.emitted(node, 0)?;
        let axis = attributes.whole("axis", 1)?;
        if !(axis == 1 || axis == -(from.sizes.len() as i64)) {
            return Err(format!("it flattens from axis {axis} on; only from axis 1, behind the batch, is executed"));
        }
        let all = from.sizes.iter().product();
        self.resized(node, from, vec![all])
    }

    pub(super) fn reshape(&mut self, node: &Node, attributes: &mut Attributes<'_>) -> Result<Done, String> {
        let from = self.emitted(node, 0)?;
        let keeps_zeros = attributes.flag("allowzero", false)?;
        let wanted = self.constant(node, 1, "shape")?.ok_or("it has no shape")?.whole()?.to_vec();
        let wrong = || format!("it turns values of shape [batch, {}] into {wanted:?}", listed(&from.sizes));
        let (&batch, others) = wanted.split_first().ok_or_else(wrong)?;
        let is_batch = matches!(batch, -1..=1) || self.checked.batch == Some(batch);
        if keeps_zeros || !is_batch || others.contains(&-1) && batch == -1 {
            return Err(wrong());
        }
        let all: usize = from.sizes.iter().product();
        let size = |(axis, &size): (usize, &i64)| match size {
            0 => from.sizes.get(axis).copied(),
            -1 => Some(0),
            size => usize::try_from(size).ok(),
        };
        let mut sizes: Vec<usize> = others.iter().enumerate().map(size).collect::<Option<_>>().ok_or_else(wrong)?;
        let open: Vec<usize> = (0..sizes.len()).filter(|&axis| sizes[axis] == 0).collect();
        let known = sizes.iter().filter(|&&size| size != 0).try_fold(1_usize, |all, &size| all.checked_mul(size));
        let known = known.filter(|&known| known > 0).ok_or_else(wrong)?;
        match open.as_slice() {
            [] => {}
            &[axis] if all.is_multiple_of(known) => sizes[axis] = all / known,
            _ => return Err(wrong()),
        }
        if sizes.iter().try_fold(1_usize, |all, &size| all.checked_mul(size)) != Some(all) {
            return Err(wrong());
        }
        self.resized(node, from.clone(), sizes).map_err(|reason| format!("{}: {reason}", wrong()))
    }

    /// A node that adds axes of size 1, or takes them away.
    pub(super) fn reaxis(&mut self, node: &Node) -> Result<Done, String> {
        if let Some(Value::Constant(array)) = self.input(node, 0) {
            return match &array.data {
                Data::Whole(numbers) => Ok(Done::Constant(Array::vector(numbers.clone()))),
                _ => Err("it changes the axes of a constant that is no size".into()),
            };
        }
        let from = self.emitted(node, 0)?;
        let is_removed = node.op_type == "Squeeze";
        let axes =
            self.constant(node, 1, "list of axes")?.map(|array| array.whole().map(<[i64]>::to_vec)).transpose()?;
        let axes = axes.ok_or("it does not say which axes")?;
        let rank = from.sizes.len() + 1 + if is_removed { 0 } else { axes.len() };
        let place = |&axis: &i64| usize::try_from(if axis < 0 { axis + rank as i64 } else { axis }).ok();
        let places: Vec<usize> =
            axes.iter().map(place).collect::<Option<_>>().ok_or("it names an axis that is not there")?;
        let mut left = from.sizes.iter().copied();
        let sizes: Vec<usize> = if is_removed {
            let keeps = |(axis, _): &(usize, usize)| !places.contains(&(axis + 1));
            if places.iter().any(|&place| place == 0 || from.sizes.get(place - 1) != Some(&1)) {
                return Err("it takes away an axis that is not of size 1, or that of the batch".into());
            }
            left.enumerate().filter(keeps).map(|(_, size)| size).collect()
        } else {
            let size = |axis: usize| if places.contains(&axis) { Some(1) } else { left.next() };
            (1..rank).map(size).collect::<Option<_>>().ok_or("it adds an axis before the batch, or one twice")?
        };
        self.resized(node, from, sizes)
    }

    /// The same values with other sizes: as they are, where their places stay the same, or as a vector.
    fn resized(&mut self, node: &Node, from: Emitted, sizes: Vec<usize>) -> Result<Done, String> {
        let is_same = padded(from.sizes.clone(), 3) == padded(sizes.clone(), 3) && map(&from.sizes)? == map(&sizes)?;
        match sizes.as_slice() {
            _ if is_same => Ok(Done::Same(from, sizes)),
            // A layer whose values lie in one place is a vector already.
            [_] if self.network.layers[from.layer].output.area() == 1 => Ok(Done::Same(from, sizes)),
            [_] => self.push(node, Operation::Flatten, &[from.layer], sizes),
            _ => Err("only a vector of all values, or the same axes, are executed".into()),
        }
    }

    /// A matrix of weights turned around, as exporters leave it where they fold no constants.
    pub(super) fn turned(&mut self, node: &Node, attributes: &mut Attributes<'_>) -> Result<Done, String> {
        let is_swap = attributes.numbers("perm")?.is_none_or(|axes| axes == [1, 0]);
        let (Some(&Value::Constant(Array { ref shape, ref data, range })), true) = (self.input(node, 0), is_swap)
        else {
            return Err(
                "it moves axes of values around; export the network with channels before rows and columns".into()
            );
        };
        let &[rows, columns] = shape.as_slice() else {
            return Err(format!("it turns a constant of shape {shape:?}; only matrices are turned"));
        };
        let data = match data {
            Data::Floats(values) => Data::Floats(transposed(values, columns)),
            Data::Doubles(values) => Data::Doubles(transposed(values, columns)),
            Data::Whole(values) => Data::Whole(transposed(values, columns)),
        };
        Ok(Done::Constant(Array { shape: vec![columns, rows], data, range }))
    }

    /// The sizes of what comes in, as a constant.
    pub(super) fn shape_of(&mut self, node: &Node, attributes: &mut Attributes<'_>) -> Result<Done, String> {
        let from = self.emitted(node, 0)?;
        let sizes = from.sizes.iter().map(|&size| size as i64);
        let all: Vec<i64> = std::iter::once(self.checked.batch.unwrap_or(1)).chain(sizes).collect();
        let rank = all.len() as i64;
        let mut end = |name, default| -> Result<usize, String> {
            let at = attributes.whole(name, default)?;
            Ok((if at < 0 { at + rank } else { at }).clamp(0, rank) as usize)
        };
        let (from, to) = (end("start", 0)?, end("end", rank)?);
        Ok(Done::Constant(Array::vector(all.get(from..to).unwrap_or_default().to_vec())))
    }

    /// The channels of several layers one behind the other, or several sizes.
    pub(super) fn concat(&mut self, node: &Node, attributes: &mut Attributes<'_>) -> Result<Done, String> {
        let is_emitted = |index: usize| !matches!(self.input(node, index), Some(Value::Constant(_)));
        match (0..node.input.len()).any(is_emitted) {
            true => self.channels(node, attributes),
            false => self.of_sizes(node, attributes),
        }
    }

    fn channels(&mut self, node: &Node, attributes: &mut Attributes<'_>) -> Result<Done, String> {
        let read = (0..node.input.len()).map(|index| self.emitted(node, index));
        let read = read.collect::<Result<Vec<_>, _>>()?;
        let (first, axis) = (&read[0].sizes, attributes.whole("axis", 0)?);
        let all: Vec<_> = read.iter().map(|from| format!("[batch, {}]", listed(&from.sizes))).collect();
        if axis != 1 && axis != -(first.len() as i64) {
            return Err(format!(
                "it puts values together along axis {axis}; only along the channels, axis 1, is executed"
            ));
        }
        if read.iter().any(|from| from.sizes[1..] != first[1..] || from.sizes.len() != first.len()) {
            return Err(format!(
                "it puts values of the shapes {} together, whose axes behind the channels differ",
                all.join(", ")
            ));
        }
        let layers: Vec<usize> = read.iter().map(|from| from.layer).collect();
        if let [single] = layers.as_slice() {
            return Ok(Done::Same(Emitted { layer: *single, ..read[0].clone() }, first.clone()));
        }
        let channels = read.iter().map(|from| from.sizes[0]).sum();
        let sizes = [&[channels], &first[1..]].concat();
        self.push(node, Operation::Concat, &layers, sizes)
    }

    /// A Gather of one size, or a Concat of several.
    pub(super) fn of_sizes(&mut self, node: &Node, attributes: &mut Attributes<'_>) -> Result<Done, String> {
        attributes.whole("axis", 0)?;
        let constants = (0..node.input.len()).map(|index| match self.input(node, index) {
            Some(Value::Constant(array)) => array.whole().ok(),
            _ => None,
        });
        let Some(constants) = constants.collect::<Option<Vec<_>>>() else {
            return Err(format!(
                "it picks some of the values of a layer; only a {} of sizes is executed",
                node.op_type
            ));
        };
        match (node.op_type.as_str(), constants.as_slice()) {
            ("Gather", &[sizes, indices]) => {
                let rank = sizes.len() as i64;
                let pick = |&at: &i64| sizes.get(usize::try_from(if at < 0 { at + rank } else { at }).ok()?).copied();
                let picked =
                    indices.iter().map(pick).collect::<Option<_>>().ok_or("it picks a size that is not there")?;
                Ok(Done::Constant(Array::vector(picked)))
            }
            ("Concat", _) => Ok(Done::Constant(Array::vector(constants.concat()))),
            _ => Err("it does not have two inputs".into()),
        }
    }
}

/// A matrix of so many columns, turned around.
fn transposed<T: Copy>(values: &[T], columns: usize) -> Vec<T> {
    (0..columns).flat_map(|column| values.iter().skip(column).step_by(columns)).copied().collect()
}

fn listed(sizes: &[usize]) -> String {
    sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
