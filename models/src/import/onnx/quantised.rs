//! Values and weights as whole numbers, in pairs of QuantizeLinear and DequantizeLinear as static quantisation writes them.

use super::convert::{Builder, Done, Quantiser, Value};
use super::node::Attributes;
use super::proto::Node;
use super::tensor::{Array, BYTES, Data};
use cospike_sim_core::network::{Activation, Operation};

impl<'a> Builder<'a> {
    /// Values of the sample, rounded to whole numbers of steps: `clamp(round(x / step) + zero)`. The layer turns them back at once, which is
    /// what the DequantizeLinear behind it says.
    pub(super) fn quantised(&mut self, node: &'a Node, attributes: &mut Attributes<'a>) -> Result<Done, String> {
        attributes.whole("saturate", 1)?;
        let from = self.emitted(node, 0)?;
        check_scales(attributes)?;
        let kind = attributes.whole("output_dtype", 0)?;
        let (quantiser, range) = self.quantiser(node)?;
        let range = match (range, kind) {
            (Some(range), _) => range,
            (None, 0 | UINT8) => BYTES,
            (None, _) => return Err("it has no zero point, and another type than uint8; give it a zero point".into()),
        };
        let bound =
            |bound: i32| i32::try_from(i64::from(bound) - quantiser.zero).map_err(|_| "its zero point is too large");
        let round = Activation::Round { step: quantiser.step, low: bound(range.0)?, high: bound(range.1)? };
        match self.push(node, Operation::Activation(round), &[from.layer], from.sizes)? {
            Done::Layer(layer, sizes) => Ok(Done::Quantised(layer, sizes, quantiser)),
            other => Ok(other),
        }
    }

    /// Whole numbers as real ones: weights, or the values of a QuantizeLinear.
    pub(super) fn dequantised(&mut self, node: &'a Node, attributes: &mut Attributes<'a>) -> Result<Done, String> {
        match self.input(node, 0) {
            Some(Value::Constant(quantised)) => {
                let quantised = quantised.clone();
                self.dequantised_weights(node, &quantised, attributes)
            }
            Some(Value::Quantised(from, theirs)) => {
                let (from, theirs) = (from.clone(), *theirs);
                check_scales(attributes)?;
                match self.quantiser(node)?.0 == theirs {
                    true => Ok(Done::Same(from.clone(), from.sizes)),
                    false => Err("its scale and zero point are not those by which its input was quantised".into()),
                }
            }
            _ => Err("its input is nothing that a QuantizeLinear emits".into()),
        }
    }

    /// The scale and zero point of a node, each a single number, and the range of the zero point's type.
    fn quantiser(&self, node: &Node) -> Result<(Quantiser, Option<(i32, i32)>), String> {
        let scales = self.constant(node, 1, "scale")?.ok_or("it has no scale")?.finite()?;
        let zeros = self.constant(node, 2, "zero point")?;
        let range =
            zeros.map(|zeros| zeros.range.ok_or("its zero point has none of the types of 8 or 16 bits")).transpose()?;
        let zeros = zeros.map_or(Ok(&[0][..]), Array::whole)?;
        match (scales.as_slice(), zeros) {
            (&[step], &[zero]) if step > 0.0 => Ok((Quantiser { step, zero }, range)),
            ([_], [_]) => Err(format!("its scale is {}, which is not positive", scales[0])),
            _ => Err("it has a scale for each channel, of values that are computed from the sample; only a single one is executed".into()),
        }
    }

    /// Weights that are stored as whole numbers: `(x - zero) * scale`, the scale one number or one for each channel of an axis.
    fn dequantised_weights(
        &self,
        node: &Node,
        quantised: &Array,
        attributes: &mut Attributes<'_>,
    ) -> Result<Done, String> {
        let axis = attributes.whole("axis", 1)?;
        if attributes.whole("block_size", 0)? != 0 {
            return Err("scales of blocks are not executed".into());
        }
        let scales = self.constant(node, 1, "scale")?.ok_or("it has no scale")?.finite()?;
        let zeros =
            self.constant(node, 2, "zero point")?.map(|array| array.whole().map(<[i64]>::to_vec)).transpose()?;
        let zeros = zeros.unwrap_or_else(|| vec![0; scales.len()]);
        let shape = quantised.shape.clone();
        let axis = usize::try_from(if axis < 0 { axis + shape.len() as i64 } else { axis }).unwrap_or(usize::MAX);
        let per_axis = shape.get(axis).copied().unwrap_or(1);
        if !(scales.len() == 1 || scales.len() == per_axis) || zeros.len() != scales.len() {
            return Err(format!(
                "{} scales and {} zero points do not fit weights of shape {shape:?}",
                scales.len(),
                zeros.len()
            ));
        }
        let behind: usize = shape.iter().skip(axis.saturating_add(1)).product();
        let channel = |at: usize| if scales.len() == 1 { 0 } else { at / behind % per_axis };
        let value =
            |(at, &number): (usize, &i64)| number.saturating_sub(zeros[channel(at)]) as f32 * scales[channel(at)];
        let data = Data::Floats(quantised.whole()?.iter().enumerate().map(value).collect());
        Ok(Done::Constant(Array { shape, data, range: None }))
    }
}

/// Refuses scales of blocks. An axis has no meaning where there is a single scale.
fn check_scales(attributes: &mut Attributes<'_>) -> Result<(), String> {
    attributes.whole("axis", 1)?;
    match attributes.whole("block_size", 0)? {
        0 => Ok(()),
        _ => Err("scales of blocks are not executed".into()),
    }
}

/// Type uint8 in the attributes of a node.
const UINT8: i64 = 2;
