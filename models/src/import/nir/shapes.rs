//! Shapes of what the nodes emit, found from the input on. What files say of shapes is only compared: NIR's own inference is wrong for
//! groups and for kernels that are not square.

use super::graph::{Array, Convolution, Node, Padding, Pool};
use cospike_sim_core::network::{Conv2d, Pool2d, Reduction, Shape, Slide};

/// Sizes of what a node emits: a vector, channels by columns, or channels by rows by columns.
pub(super) type Sizes = Vec<usize>;

/// `sizes` as a feature map; the reason if they are none.
pub(super) fn map(sizes: &[usize]) -> Result<Shape, String> {
    let shape = match *sizes {
        [features] => Shape::vector(features),
        [channels, columns] => Shape::new(channels, 1, columns),
        [channels, rows, columns] => Shape::new(channels, rows, columns),
        _ => return Err(format!("values of shape {sizes:?} have {} axes; 1 to 3 are executed", sizes.len())),
    };
    let len = sizes.iter().try_fold(1_usize, |len, &n| len.checked_mul(n));
    match len.filter(|&len| len > 0 && u32::try_from(len).is_ok()) {
        Some(_) => Ok(shape),
        None => Err(format!("values of shape {sizes:?} are none, or too many")),
    }
}

/// What `node` emits on an input of `sizes`; the reason if it cannot take that.
pub(super) fn emitted(node: &Node, sizes: &[usize]) -> Result<Sizes, String> {
    map(sizes)?;
    match node {
        Node::Input { .. } | Node::Output { .. } | Node::Graph(_) => Ok(sizes.to_vec()),
        Node::Linear { weight, bias } => linear(weight, bias.as_ref(), sizes),
        Node::Convolution(conv) => {
            let geometry = convolution(conv, sizes)?;
            Ok(match sizes.len() {
                2 => vec![geometry.output.channels, geometry.output.width],
                _ => vec![geometry.output.channels, geometry.output.height, geometry.output.width],
            })
        }
        Node::Pool(window) => pool(window, sizes).map(|p| vec![p.output.channels, p.output.height, p.output.width]),
        Node::Flatten { start, end } => flattened(*start, *end, sizes),
        Node::Scale(values) | Node::Threshold(values) => broadcast(values, sizes).map(|_| sizes.to_vec()),
        Node::Neurons(neurons) => broadcast(&neurons.r, sizes).map(|_| sizes.to_vec()),
        Node::Unknown(kind) => Err(match kind.as_str() {
            "Delay" => "delays other than the one step of a loop are not executed".into(),
            other => format!("nodes of type {} are not known", other.escape_debug()),
        }),
    }
}

fn linear(weight: &Array, bias: Option<&Array>, sizes: &[usize]) -> Result<Sizes, String> {
    let &[outs, ins] = weight.shape.as_slice() else {
        return Err(format!("its weights have shape {:?} instead of [out, in]", weight.shape));
    };
    if bias.is_some_and(|bias| bias.data.len() != outs) {
        return Err(format!("its bias does not have {outs} values"));
    }
    match sizes {
        [features] if *features == ins => Ok(vec![outs]),
        [features] => Err(format!("its weights read {ins} values, but {features} come in")),
        _ => Err(format!("it reads a vector, but values of shape {sizes:?} come in: a Flatten is missing")),
    }
}

/// Geometry of a convolution of an input of `sizes`.
pub(super) fn convolution(conv: &Convolution, sizes: &[usize]) -> Result<Conv2d, String> {
    let axes = conv.weight.shape.len() - 2;
    if sizes.len() != axes + 1 {
        return Err(format!("it reads channels by {axes} axes, but values of shape {sizes:?} come in"));
    }
    let input = map(sizes)?;
    let (outs, ins, kernel) = (conv.weight.shape[0], conv.weight.shape[1], &conv.weight.shape[2..]);
    if outs == 0 || !outs.is_multiple_of(conv.groups) || ins.checked_mul(conv.groups) != Some(sizes[0]) {
        let (shape, groups) = (&conv.weight.shape, conv.groups);
        return Err(format!("weights of shape {shape:?} in {groups} groups do not read {} channels", sizes[0]));
    }
    if conv.bias.data.len() != outs {
        return Err(format!("its bias has {} values for {outs} channels", conv.bias.data.len()));
    }
    if let Some(said) = conv.input.as_ref().filter(|said| said[..] != sizes[1..]) {
        return Err(format!("the file says that its input has sizes {said:?}, but they are {:?}", &sizes[1..]));
    }
    let slide = |axis: usize| -> Result<Slide, String> {
        let (size, stride, dilation) = (kernel[axis], conv.stride[axis], conv.dilation[axis]);
        at_least_one("stride", stride)?;
        at_least_one("dilation", dilation)?;
        let slide = Slide { size, stride, padding: (0, 0), dilation };
        let padding = match &conv.padding {
            Padding::Zeros(zeros) => (zeros[axis], zeros[axis]),
            Padding::Same if stride == 1 => {
                let all = slide.span() - 1;
                (all / 2, all - all / 2)
            }
            Padding::Same => return Err("the padding \"same\" has no meaning with a stride".into()),
        };
        Ok(Slide { padding, ..slide })
    };
    let (rows, columns) = if axes == 1 { (Slide::whole(1), slide(0)?) } else { (slide(0)?, slide(1)?) };
    let geometry = Conv2d::sliding(input, outs, rows, columns).grouped(conv.groups);
    let is_right = |slide: Slide| slide.size > 0;
    match is_right(rows) && is_right(columns) && !geometry.output.is_empty() {
        true => Ok(geometry),
        false => Err(format!("its kernel does not fit an input of shape {sizes:?}")),
    }
}

/// Geometry of a pool of an input of `sizes`.
pub(super) fn pool(pool: &Pool, sizes: &[usize]) -> Result<Pool2d, String> {
    if sizes.len() != 3 {
        return Err(format!("it reads channels by rows by columns, but values of shape {sizes:?} come in"));
    }
    let slide = |axis: usize| {
        at_least_one("stride", pool.stride[axis])?;
        Ok::<_, String>(Slide::new(pool.window[axis], pool.stride[axis], pool.padding[axis]))
    };
    let (rows, columns) = (slide(0)?, slide(1)?);
    let reduction = if pool.is_mean { Reduction::Average } else { Reduction::Sum };
    let geometry = Pool2d::sliding(reduction, map(sizes)?, rows, columns);
    let is_right = |slide: Slide| slide.size > 0 && slide.padding.0 * 2 <= slide.size;
    match is_right(rows) && is_right(columns) && !geometry.output.is_empty() {
        true => Ok(geometry),
        false => Err(format!("its window does not fit an input of shape {sizes:?}")),
    }
}

fn at_least_one(what: &str, number: usize) -> Result<(), String> {
    if number == 0 { Err(format!("its {what} is 0, but must be 1 or more")) } else { Ok(()) }
}

fn flattened(start: i64, end: i64, sizes: &[usize]) -> Result<Sizes, String> {
    let axes = sizes.len() as i64;
    let place = |axis: i64| Some(if axis < 0 { axis + axes } else { axis }).filter(|axis| (0..axes).contains(axis));
    let (Some(first), Some(last)) = (place(start), place(end)) else {
        return Err(format!("it flattens axes {start} to {end}, but values of shape {sizes:?} come in"));
    };
    let (first, last) = (first as usize, last as usize);
    if first > last {
        return Err(format!("it flattens axes {start} to {end}, which are none"));
    }
    // Channels that are flattened with only a part of the other axes would come to lie apart.
    if first == 0 && last + 1 < sizes.len() && last > 0 {
        return Err(format!(
            "it flattens channels with a part of the axes of {sizes:?}; only with all of them is executed"
        ));
    }
    let middle = sizes[first..=last].iter().product();
    Ok([&sizes[..first], &[middle], &sizes[last + 1..]].concat())
}

/// `values` as one for each of `sizes`, in the order `[channel][row][column]`, or a single one; the reason if they do not fit. Axes of
/// length 1 are repeated as in NumPy.
pub(super) fn broadcast(values: &Array, sizes: &[usize]) -> Result<Vec<f64>, String> {
    if values.data.len() == 1 {
        return Ok(values.data.clone());
    }
    let wrong = || format!("its values have shape {:?}, but {sizes:?} come in", values.shape);
    let leading = values.shape.len().saturating_sub(sizes.len());
    if values.shape[..leading].iter().any(|&n| n != 1) {
        return Err(wrong());
    }
    let own = &values.shape[leading..];
    let padded: Vec<usize> = std::iter::repeat_n(1, sizes.len() - own.len()).chain(own.iter().copied()).collect();
    if padded.iter().zip(sizes).any(|(&own, &size)| own != size && own != 1) {
        return Err(wrong());
    }
    let len: usize = sizes.iter().product();
    let value = |mut at: usize| {
        let (mut index, mut step) = (0, 1);
        for (&own, &size) in padded.iter().zip(sizes).rev() {
            index += if own == 1 { 0 } else { at % size * step };
            step *= own;
            at /= size;
        }
        values.data[index]
    };
    Ok((0..len).map(value).collect())
}
