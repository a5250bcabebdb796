//! Passes computed by the kernels of this crate, on the processor.

use super::definition::{Gradients, Pass, function};
use super::trainable::has_fast_kernel;
use crate::kernels::{
    Affine, BatchStatistics, ChannelSums, Depthwise, Geometry, Kernel, Maps, NormGradient, Pool, Term, Window, total,
};
use crate::model::{Model, NORM_PARTS};
use cospike_sim_core::network::{Conv2d, Layer, NORM_EPSILON, Network, Operation, Reduction, Shape};
use std::borrow::Cow;

/// Outputs of a forward pass, which the backward pass reads.
pub(crate) struct Tape {
    samples: usize,
    first: usize,
    /// Output of each layer; for a convolution, that before its normalisation; none for a sum, which its readers compute.
    outputs: Vec<Option<Maps>>,
    /// Normalisation of each layer; none if it is no convolution.
    norms: Vec<Option<Norm>>,
}

struct Norm {
    affine: Affine,
    /// Statistics of the batch, if the layer learns.
    batch: Option<BatchStatistics>,
}

impl Tape {
    /// What is kept of layer `index`, which must not be a sum: its output, of a convolution that before its normalisation.
    fn kept(&self, index: usize) -> &Maps {
        self.outputs[index - self.first].as_ref().expect("only outputs of sums are not kept")
    }

    /// Output of layer `index`.
    pub(super) fn output(&self, net: &Network, index: usize) -> Cow<'_, Maps> {
        let terms = self.terms(net, index);
        match terms.as_slice() {
            [Term { maps, affine: None }] => Cow::Borrowed(maps),
            _ => {
                let frames = terms.iter().map(|term| term.maps.frames).max().unwrap_or(self.samples);
                let shape = net.layers[index].output;
                let mut sum = Maps { shape, frames, data: vec![0.0; frames * shape.len()] };
                total(self.samples, &terms, &mut sum);
                Cow::Owned(sum)
            }
        }
    }

    /// Number of frames of the output of layer `index`.
    fn frames(&self, net: &Network, index: usize) -> usize {
        self.terms(net, index).iter().map(|term| term.maps.frames).max().unwrap_or(self.samples)
    }

    /// The maps whose sum is the output of layer `index`.
    fn terms(&self, net: &Network, index: usize) -> Vec<Term<'_>> {
        match net.layers[index].operation {
            Operation::Add if index > self.first => {
                net.layers[index].inputs.iter().flat_map(|&i| self.terms(net, i)).collect()
            }
            _ => {
                let affine = self.norms[index - self.first].as_ref().map(|norm| &norm.affine);
                vec![Term { maps: self.kept(index), affine }]
            }
        }
    }

    /// Returns the memory to the pool.
    pub(super) fn recycle(self, pool: &mut Pool) {
        self.outputs.into_iter().flatten().for_each(|maps| pool.give(maps));
    }
}

impl Pass<'_> {
    /// Computes the layers on `input`, the output of the layer before them.
    pub(super) fn forward_by_kernels(&self, model: &Model, input: Maps, samples: usize, pool: &mut Pool) -> Tape {
        let mut tape = Tape { samples, first: self.layers.start - 1, outputs: vec![Some(input)], norms: vec![None] };
        for i in self.layers.clone() {
            let (output, norm) = self.layer(i, &tape, model, pool);
            tape.outputs.push(output);
            tape.norms.push(norm);
        }
        tape
    }

    fn layer(&self, i: usize, tape: &Tape, model: &Model, pool: &mut Pool) -> (Option<Maps>, Option<Norm>) {
        let layer = &self.net.layers[i];
        if let Some(function) = function(layer, self.dynamics) {
            let terms = tape.terms(self.net, layer.inputs[0]);
            let mut output = pool.take(layer.output, function.frames(tape.samples, &terms));
            function.forward(tape.samples, &terms, &mut output);
            if let Some(link) = self.link.as_ref().filter(|link| link.cut == i) {
                (link.carry)(&mut output);
            }
            return (Some(output), None);
        }
        if layer.operation == Operation::Add {
            return (None, None);
        }
        let input = tape.output(self.net, layer.inputs[0]);
        let input = input.as_ref();
        let mut output = pool.take(layer.output, input.frames);
        match layer.operation {
            Operation::Conv2d(c) => {
                let kernel = model.kernel(&layer.name);
                match Depthwise::new(c) {
                    Some(depthwise) => depthwise.gather(input, kernel, &mut output),
                    None if has_fast_kernel(c) => Geometry::plain(c).gather(input, kernel, &mut output),
                    None => {
                        let kernel = Kernel { weights: kernel, groups: c.groups };
                        Window::convolution(c).gather(input, kernel, &mut output);
                    }
                }
            }
            Operation::ConvTranspose2d(c) => {
                Geometry::transposed(c).scatter(input, model.kernel(&layer.name), &mut output, false);
            }
            Operation::Linear => {
                let vectors = vectors(input, pool);
                dense(vectors.shape, layer.output).gather(&vectors, model.kernel(&layer.name), &mut output);
                if let Some(bias) = model.bias(&layer.name) {
                    output.data.chunks_exact_mut(bias.len()).for_each(|row| {
                        row.iter_mut().zip(bias).for_each(|(v, b)| *v += b);
                    });
                }
            }
            Operation::Flatten => input.flatten(&mut output),
            Operation::Scale => multiply(input, &model.factors(layer), &mut output, false),
            Operation::Pool(pool) if pool.is_global() && pool.reduction == Reduction::Average => {
                input.average(&mut output);
            }
            Operation::Pool(pool) => Window::pool(pool).reduce(pool.reduction, input, &mut output),
            _ => unreachable!("`check` refused it, or it was done above"),
        }
        let convolution = matches!(layer.operation, Operation::Conv2d(_) | Operation::ConvTranspose2d(_));
        let norm = convolution.then(|| self.norm(i, &output, model));
        (Some(output), norm)
    }

    fn norm(&self, i: usize, output: &Maps, model: &Model) -> Norm {
        let name = &self.net.layers[i].name;
        let Some([gain, beta, mean, variance]) = model.norm(name) else {
            // A layer of another trainer, which is only passed through.
            let channels = output.shape.channels;
            let shift = model.bias(name).map_or_else(|| vec![0.0; channels], <[f32]>::to_vec);
            return Norm { affine: Affine { scale: vec![1.0; channels], shift }, batch: None };
        };
        let batch = self.learning.contains(&i).then(|| BatchStatistics::new(output));
        let running = || {
            let double = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect();
            BatchStatistics { mean: double(mean), variance: double(variance), count: 0 }
        };
        let statistics = batch.clone().unwrap_or_else(running);
        let scale = |(g, v): (&f32, &f64)| (f64::from(*g) / (v + NORM_EPSILON).sqrt()) as f32;
        let scale: Vec<f32> = gain.iter().zip(&statistics.variance).map(scale).collect();
        let shift = |((b, m), a): ((&f32, &f64), &f32)| (f64::from(*b) - m * f64::from(*a)) as f32;
        let mut shift: Vec<f32> = beta.iter().zip(&statistics.mean).zip(&scale).map(shift).collect();
        // A bias beside a normalisation has no effect but on the mean, which a layer that learns takes from the batch.
        if let Some(bias) = model.bias(name).filter(|_| batch.is_none()) {
            shift.iter_mut().zip(bias).zip(&scale).for_each(|((shift, bias), scale)| *shift += bias * scale);
        }
        Norm { affine: Affine { scale, shift }, batch }
    }

    /// Gradients of the parameters of the layers that learn, given the gradients `seeds` of some layers' outputs, by layer.
    pub(super) fn backward_by_kernels(
        &self,
        model: &Model,
        mut tape: Tape,
        seeds: Vec<(usize, Maps)>,
        pool: &mut Pool,
    ) -> Gradients {
        let mut back = Backward { pass: self, model, found: Gradients::default(), outputs: vec![] };
        back.outputs.resize_with(tape.outputs.len(), || None);
        for (layer, gradient) in seeds {
            back.outputs[layer - tape.first] = Some(gradient);
        }
        for i in self.layers.clone().rev() {
            if let Some(gradient) = back.outputs[i - tape.first].take() {
                back.layer(i, gradient, &mut tape, pool);
            }
        }
        tape.recycle(pool);
        back.found
    }
}

/// A backward pass in progress.
struct Backward<'a> {
    pass: &'a Pass<'a>,
    model: &'a Model,
    found: Gradients,
    /// Gradient of each layer's output, as far as its readers have contributed to it.
    outputs: Vec<Option<Maps>>,
}

impl Backward<'_> {
    fn layer(&mut self, i: usize, mut gradient: Maps, tape: &mut Tape, pool: &mut Pool) {
        let layer = &self.pass.net.layers[i];
        let input = layer.inputs[0];
        if let Some(function) = function(layer, self.pass.dynamics) {
            function.backward(tape.samples, &tape.terms(self.pass.net, input), &mut gradient);
            return self.deliver(input, gradient, tape, pool);
        }
        match layer.operation {
            Operation::Add => self.deliver(i, gradient, tape, pool),
            Operation::Pool(kind) if kind.is_global() && kind.reduction == Reduction::Average => {
                let mut spread = pool.take(self.pass.net.layers[input].output, gradient.frames);
                gradient.spread(&mut spread);
                pool.give(gradient);
                self.deliver(input, spread, tape, pool);
            }
            Operation::Pool(kind) => {
                let read = tape.output(self.pass.net, input);
                self.through(input, tape, pool, |_, target, add| {
                    Window::pool(kind).spread(kind.reduction, &gradient, &read, target, add);
                });
                pool.give(gradient);
            }
            Operation::Flatten => {
                self.through(input, tape, pool, |_, target, add| gradient.unflatten(target, add));
                pool.give(gradient);
            }
            Operation::Scale => {
                self.through(input, tape, pool, |model, target, add| {
                    multiply(&gradient, &model.factors(layer), target, add);
                });
                pool.give(gradient);
            }
            Operation::Linear => {
                let geometry = dense(Shape::vector(self.pass.net.layers[input].output.len()), layer.output);
                if self.pass.learning.contains(&i) {
                    let bias = ChannelSums::new(&gradient, &gradient).first.iter().map(|&s| s as f32).collect();
                    self.found.parameters.insert(format!("{}.bias", layer.name), bias);
                    self.learn(layer, geometry.correlate(tape.kept(input), &gradient));
                }
                let mut vectors = None;
                if self.pass.net.layers[input].output.area() > 1 {
                    let mut read = pool.take(Shape::vector(self.pass.net.layers[input].output.len()), gradient.frames);
                    geometry.scatter(&gradient, self.model.kernel(&layer.name), &mut read, false);
                    vectors = Some(read);
                }
                self.through(input, tape, pool, |model, target, add| match &vectors {
                    Some(vectors) => vectors.unflatten(target, add),
                    None => geometry.scatter(&gradient, model.kernel(&layer.name), target, add),
                });
                vectors.into_iter().chain([gradient]).for_each(|maps| pool.give(maps));
            }
            Operation::Conv2d(c) => {
                let (depthwise, geometry) = (Depthwise::new(c), Geometry::plain(c));
                let gradient = self.unnormalise(i, gradient, tape, pool);
                if self.pass.learning.contains(&i) {
                    let read = tape.kept(input);
                    let found = depthwise.map_or_else(
                        || geometry.correlate(read, &gradient),
                        |depthwise| depthwise.correlate(read, &gradient),
                    );
                    self.learn(layer, found);
                }
                self.through(input, tape, pool, |model, target, add| {
                    let kernel = model.kernel(&layer.name);
                    match depthwise {
                        Some(depthwise) => depthwise.scatter(&gradient, kernel, target, add),
                        None if has_fast_kernel(c) => geometry.scatter(&gradient, kernel, target, add),
                        None => {
                            let kernel = Kernel { weights: kernel, groups: c.groups };
                            Window::convolution(c).scatter(&gradient, kernel, target, add);
                        }
                    }
                });
                pool.give(gradient);
            }
            Operation::ConvTranspose2d(c) => {
                let geometry = Geometry::transposed(c);
                let gradient = self.unnormalise(i, gradient, tape, pool);
                if self.pass.learning.contains(&i) {
                    self.learn(layer, geometry.correlate(&gradient, tape.kept(input)));
                }
                self.through(input, tape, pool, |model, target, add| {
                    assert!(!add, "a decoder is the only reader of the cut");
                    geometry.gather(&gradient, model.kernel(&layer.name), target);
                });
                pool.give(gradient);
            }
            Operation::Input
            | Operation::Neuron(_)
            | Operation::Cells(_)
            | Operation::Previous
            | Operation::Activation(_)
            | Operation::Concat => unreachable!("`check` refused it, or it was done above"),
        }
    }

    fn learn(&mut self, layer: &Layer, gradient: Vec<f32>) {
        self.found.parameters.insert(format!("{}.weight", layer.name), gradient);
    }

    /// Lets `work` write the gradient of `input`, or add to it; does nothing where the pass begins.
    fn through(&mut self, input: usize, tape: &Tape, pool: &mut Pool, work: impl FnOnce(&Model, &mut Maps, bool)) {
        if input == tape.first {
            return;
        }
        let known = self.outputs[input - tape.first].take();
        let add = known.is_some();
        let (net, shape) = (self.pass.net, self.pass.net.layers[input].output);
        let mut target = known.unwrap_or_else(|| pool.take(shape, tape.frames(net, input)));
        work(self.model, &mut target, add);
        self.outputs[input - tape.first] = Some(target);
    }

    /// Gradient of a convolution's output before its normalisation, given that after it; records those of gain and shift.
    fn unnormalise(&mut self, i: usize, gradient: Maps, tape: &mut Tape, pool: &mut Pool) -> Maps {
        let name = &self.pass.net.layers[i].name;
        let mut values = tape.outputs[i - tape.first].take().expect("a convolution's output is kept");
        let norm = tape.norms[i - tape.first].as_ref().expect("a convolution is normalised");
        let scale = &norm.affine.scale;
        let Some(batch) = &norm.batch else {
            NormGradient::frozen(scale).apply(&mut values, &gradient);
            pool.give(gradient);
            return values;
        };
        let sums = ChannelSums::new(&gradient, &values);
        let (back, gain, shift) = NormGradient::learned(scale, batch, NORM_EPSILON, &sums);
        back.apply(&mut values, &gradient);
        pool.give(gradient);
        let [gain_name, shift_name, _, _] = NORM_PARTS.map(|part| format!("{name}.{part}"));
        self.found.parameters.insert(gain_name, gain);
        self.found.parameters.insert(shift_name, shift);
        self.found.statistics.insert(name.clone(), batch.clone());
        values
    }

    /// Adds `gradient` to that of layer `index`, or, if the layer is a sum, to those of all its terms.
    fn deliver(&mut self, index: usize, gradient: Maps, tape: &Tape, pool: &mut Pool) {
        let mut parts = vec![];
        self.parts(index, tape.first, &mut parts);
        let gradient = std::cell::Cell::new(Some(gradient));
        for (number, &part) in parts.iter().enumerate() {
            let whole = gradient.take().expect("put back below");
            let mine = if number + 1 == parts.len() {
                whole
            } else {
                let mut copy = pool.take(whole.shape, whole.frames);
                copy.data.copy_from_slice(&whole.data);
                gradient.set(Some(whole));
                copy
            };
            let mine = over_time(mine, tape.kept(part).frames, pool);
            match &mut self.outputs[part - tape.first] {
                Some(known) => {
                    known.data.iter_mut().zip(&mine.data).for_each(|(k, m)| *k += m);
                    pool.give(mine);
                }
                empty => *empty = Some(mine),
            }
        }
    }

    /// Appends the layers whose sum is the output of layer `index`.
    fn parts(&self, index: usize, first: usize, parts: &mut Vec<usize>) {
        match self.pass.net.layers[index].operation {
            Operation::Add if index > first => {
                self.pass.net.layers[index].inputs.iter().for_each(|&i| self.parts(i, first, parts));
            }
            _ if index > first => parts.push(index),
            _ => {}
        }
    }
}

/// Sum over time of `maps` if they have more than `frames` frames, else `maps`.
fn over_time(mut maps: Maps, frames: usize, pool: &mut Pool) -> Maps {
    if maps.frames == frames {
        return maps;
    }
    let mut sum = pool.take(maps.shape, frames);
    let (first, later) = maps.data.split_at_mut(frames * maps.shape.len());
    sum.data.copy_from_slice(first);
    for step in later.chunks_exact(sum.data.len()) {
        sum.data.iter_mut().zip(step).for_each(|(s, v)| *s += v);
    }
    pool.give(maps);
    sum
}

/// `maps` as vectors, as a linear layer reads them.
fn vectors<'a>(maps: &'a Maps, pool: &mut Pool) -> Cow<'a, Maps> {
    if maps.shape.area() == 1 {
        return Cow::Borrowed(maps);
    }
    let mut flat = pool.take(Shape::vector(maps.shape.len()), maps.frames);
    maps.flatten(&mut flat);
    Cow::Owned(flat)
}

/// Writes every value times its factor to `output`, or adds it.
fn multiply(maps: &Maps, factors: &[f32], output: &mut Maps, add: bool) {
    let frames = maps.data.chunks_exact(factors.len()).zip(output.data.chunks_exact_mut(factors.len()));
    for (frame, output) in frames {
        for ((o, v), factor) in output.iter_mut().zip(frame).zip(factors) {
            *o = if add { *o + factor * v } else { factor * v };
        }
    }
}

/// A linear layer as a convolution with one position.
fn dense(input: Shape, output: Shape) -> Geometry {
    Geometry::plain(Conv2d::plain(input, output.channels, 1, 1, 0))
}
