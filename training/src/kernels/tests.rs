//! Every kernel against finite differences, or against the sum that defines it.

use super::product::{Left, Output, Right, Run, multiply, pack};
use super::*;
use crate::random::stream;
use cospike_sim_core::network::{Conv2d, Leak, Neuron, Reset, Shape, Slide};
use rand::RngExt;

fn random(shape: Shape, frames: usize, name: &str) -> Maps {
    let mut rng = stream(5, name);
    Maps { shape, frames, data: (0..frames * shape.len()).map(|_| rng.random_range(-1.0..1.0)).collect() }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

fn assert_close(a: f64, b: f64, what: &str) {
    assert!((a - b).abs() <= 1e-4 * (1.0 + a.abs().max(b.abs())), "{what}: {a} is not {b}");
}

/// A plain convolution's value at one place, as its definition says.
fn defined(c: Conv2d, input: &Maps, weights: &[f32], frame: usize, channel: usize, y: usize, x: usize) -> f64 {
    let mut sum = 0.0;
    let per_group = (c.input.channels / c.groups, c.output.channels / c.groups);
    for i in 0..per_group.0 {
        let Slide { size, stride, padding: (padding, _), .. } = c.rows;
        for tap in 0..size * size {
            let row = (y * stride + tap / size).checked_sub(padding).filter(|&r| r < c.input.height);
            let column = (x * stride + tap % size).checked_sub(padding).filter(|&r| r < c.input.width);
            if let (Some(row), Some(column)) = (row, column) {
                let from = channel / per_group.1 * per_group.0 + i;
                let value = input.frame(frame)[(row * c.input.width + column) * c.input.channels + from];
                let weight = weights[(channel * per_group.0 + i) * size * size + tap];
                sum += f64::from(value) * f64::from(weight);
            }
        }
    }
    sum
}

type Gather = Box<dyn Fn(&Maps, &[f32], &mut Maps)>;
type Scatter = Box<dyn Fn(&Maps, &[f32], &mut Maps, bool)>;
type Correlate = Box<dyn Fn(&Maps, &Maps) -> Vec<f32>>;

/// The three kernels of a convolution from a wide to a narrow side.
struct Kernels {
    gather: Gather,
    scatter: Scatter,
    correlate: Correlate,
}

fn kernels(c: Conv2d) -> Kernels {
    match Depthwise::new(c) {
        Some(of) => Kernels {
            gather: Box::new(move |w, k, n| of.gather(w, k, n)),
            scatter: Box::new(move |n, k, w, add| of.scatter(n, k, w, add)),
            correlate: Box::new(move |w, n| of.correlate(w, n)),
        },
        None => {
            let of = Geometry::plain(c);
            Kernels {
                gather: Box::new(move |w, k, n| of.gather(w, k, n)),
                scatter: Box::new(move |n, k, w, add| of.scatter(n, k, w, add)),
                correlate: Box::new(move |w, n| of.correlate(w, n)),
            }
        }
    }
}

/// The output is what the definition says. It is linear in the input and in the weights, so its gradients are right if
/// and only if `<output, g> = <input, input gradient> = <weights, weight gradient>` for any `g`.
#[test]
fn convolutions_and_their_gradients_follow_their_definition() {
    let shape = |c, h, w| Shape::new(c, h, w);
    let cases = [
        Conv2d::plain(shape(1, 9, 8), 16, 3, 2, 1),
        Conv2d::plain(shape(16, 7, 7), 16, 3, 1, 1),
        Conv2d::plain(shape(5, 7, 6), 19, 3, 2, 1),
        Conv2d::plain(shape(8, 6, 5), 3, 1, 2, 0),
        Conv2d::plain(shape(7, 5, 4), 24, 1, 1, 0),
        Conv2d::plain(shape(3, 8, 8), 2, 5, 3, 2),
        Conv2d::plain(shape(4, 4, 4), 40, 2, 2, 0),
        Conv2d::depthwise(shape(20, 7, 6), 3, 1, 1),
        Conv2d::depthwise(shape(16, 7, 7), 3, 2, 1),
    ];
    for c in cases {
        let (wide, narrow) = (random(c.input, 11, "wide"), random(c.output, 11, "narrow"));
        let weights =
            random(shape(c.output.channels * c.input.channels / c.groups, c.rows.size, c.columns.size), 1, "weights")
                .data;
        let Kernels { gather, scatter, correlate } = kernels(c);

        let mut output = random(c.output, 11, "overwritten");
        gather(&wide, &weights, &mut output);
        let Shape { channels, height, width } = c.output;
        for (frame, channel, y, x) in [(0, 0, 0, 0), (10, channels - 1, height - 1, width - 1), (3, channels / 2, 1, 0)]
        {
            let at = (y * width + x) * channels + channel;
            let expected = defined(c, &wide, &weights, frame, channel, y, x);
            assert_close(f64::from(output.frame(frame)[at]), expected, "a value of the output");
        }
        let inner = dot(&output.data, &narrow.data);
        let mut back = random(c.input, 11, "overwritten");
        scatter(&narrow, &weights, &mut back, false);
        assert_close(dot(&back.data, &wide.data), inner, &format!("gradient of the input, {c:?}"));
        assert_close(dot(&correlate(&wide, &narrow), &weights), inner, &format!("gradient of the weights, {c:?}"));

        let mut added = wide.clone();
        scatter(&narrow, &weights, &mut added, true);
        assert_close(f64::from(added.data[1]), f64::from(wide.data[1] + back.data[1]), "added");
    }
}

/// The portable product is the same to the last bit as that of the machine at hand: it is what other machines compute.
#[test]
fn invariant_4_products_are_the_same_bytes_without_vector_instructions() {
    let (left, right) = (random(Shape::vector(400), 1, "left"), random(Shape::vector(30 * 21), 1, "right"));
    let packed = pack(30, 21, |row, column| right.data[row * 21 + column]);
    let left = Left { data: &left.data, row: 7, inner: 1 };
    let runs = [Run { left: 0, right: 0, len: 12 }, Run { left: 50, right: 12, len: 18 }];
    let mut found = vec![0.0; 13 * 21];
    let mut output = Output { data: &mut found, row: 21, columns: 21, add: false };
    multiply(left, Right::Packed { data: &packed, rows: 30 }, &runs, 13, &mut output);
    for row in 0..13 {
        for column in 0..21 {
            let mut sum = 0.0_f32;
            for run in runs {
                for k in 0..run.len {
                    sum = left.data[run.left + row * 7 + k].mul_add(right.data[(run.right + k) * 21 + column], sum);
                }
            }
            assert_eq!(found[row * 21 + column].to_bits(), sum.to_bits(), "row {row}, column {column}");
        }
    }
}

#[test]
fn normalisation_has_the_gradient_of_finite_differences() {
    const EPSILON: f64 = 1e-5;
    let shape = Shape::new(3, 4, 5);
    let (values, weight) = (random(shape, 6, "values"), random(shape, 6, "weight"));
    let gain = [0.7_f32, 1.3, -0.4];
    // <weight, gain * (z - mean) / deviation>
    let objective = |values: &Maps| {
        let batch = BatchStatistics::new(values);
        let terms = values.data.iter().zip(&weight.data).enumerate().map(|(i, (z, w))| {
            let c = i % 3;
            f64::from(gain[c] * w) * (f64::from(*z) - batch.mean[c]) / (batch.variance[c] + EPSILON).sqrt()
        });
        terms.sum::<f64>()
    };
    let batch = BatchStatistics::new(&values);
    let scale: Vec<f32> = (0..3).map(|c| gain[c] / (batch.variance[c] + EPSILON).sqrt() as f32).collect();
    let sums = ChannelSums::new(&weight, &values);
    let (back, gain_gradient, shift_gradient) = NormGradient::learned(&scale, &batch, EPSILON, &sums);
    let mut gradient = values.clone();
    back.apply(&mut gradient, &weight);
    for i in [0, 17, 100, 359] {
        let moved = |by: f32| {
            let mut moved = values.clone();
            moved.data[i] += by;
            objective(&moved)
        };
        let difference = (moved(1e-2) - moved(-1e-2)) / 2e-2;
        assert!((difference - f64::from(gradient.data[i])).abs() < 2e-3, "{difference} is not {}", gradient.data[i]);
    }
    let with_gain: f64 = gain.iter().zip(&gain_gradient).map(|(g, d)| f64::from(g * d)).sum();
    assert_close(with_gain, objective(&values), "the objective is linear in the gain");
    assert_close(
        f64::from(shift_gradient[1]),
        weight.data.iter().skip(1).step_by(3).map(|&w| f64::from(w)).sum(),
        "shift",
    );
}

fn spikes(neuron: Neuron, input: &[f32]) -> Vec<f32> {
    let maps = Maps { shape: Shape::vector(1), frames: input.len(), data: input.to_vec() };
    let term = Term { maps: &maps, affine: None };
    let mut output = maps.clone();
    Function::Spike(neuron, input.len()).forward(1, &[term], &mut output);
    output.data
}

fn spike_gradient(neuron: Neuron, input: &[f32], gradient: &[f32]) -> Vec<f32> {
    let maps = Maps { shape: Shape::vector(1), frames: input.len(), data: input.to_vec() };
    let mut gradient = Maps { data: gradient.to_vec(), ..maps.clone() };
    let term = Term { maps: &maps, affine: None };
    Function::Spike(neuron, input.len()).backward(1, &[term], &mut gradient);
    gradient.data
}

/// By hand. Integrate and fire, inputs 0.3 and 0.4: membrane 0.8 (silent, inside the window of the surrogate), 1.2 (a
/// spike, inside). The gradient of `2 s1 + 5 s2` is 2 + 5 by the first input, which stays in the membrane, and 5 by the second.
#[test]
fn neurons_have_the_gradient_of_their_surrogate() {
    let neuron = Neuron::INTEGRATE_AND_FIRE;
    assert_eq!(spikes(neuron, &[0.3, 0.4]), [0.0, 1.0]);
    assert_eq!(spike_gradient(neuron, &[0.3, 0.4], &[2.0, 5.0]), [7.0, 5.0]);
    // Far below the threshold there is no gradient in this step, but the charge is kept for the next.
    assert_eq!(spike_gradient(neuron, &[-0.2, 0.4], &[2.0, 5.0]), [5.0, 5.0]);

    // A leak of 1/2 that also halves the input; membranes 0.6, 0.3 + 0.6 = 0.9.
    let leaky = Neuron { leak: Leak::Tau(2.0), decay_input: true, initial: 0.0, ..neuron };
    assert_eq!(spikes(leaky, &[1.2, 1.2]), [0.0, 0.0]);
    assert_eq!(spike_gradient(leaky, &[1.2, 1.2], &[2.0, 4.0]), [0.5 * (2.0 + 0.5 * 4.0), 0.5 * 4.0]);

    // A hard reset cuts what came before off: a spike at 1.1, then from 0 to 0.7.
    let hard = Neuron { reset: Reset::Hard(0.0), initial: 0.5, ..neuron };
    assert_eq!(spikes(hard, &[0.6, 0.7]), [1.0, 0.0]);
    assert_eq!(spike_gradient(hard, &[0.6, 0.7], &[2.0, 5.0]), [2.0, 5.0]);
    // A membrane that is at the value of the reset without a spike passes its charge on.
    let resting = Neuron { initial: 0.0, ..hard };
    assert_eq!(spike_gradient(resting, &[0.0, 0.7], &[2.0, 5.0]), [5.0, 5.0]);
}

#[test]
fn activations_have_their_gradients() {
    let maps = Maps { shape: Shape::vector(5), frames: 1, data: vec![-1.0, 0.2, 0.6, 1.4, 7.0] };
    let affine = Affine { scale: vec![1.0, 1.0, 1.0, 1.0, 1.0], shift: vec![0.0; 5] };
    for (function, values, gradient) in [
        (Function::Relu, [0.0, 0.2, 0.6, 1.4, 7.0], [0.0, 1.0, 1.0, 1.0, 1.0]),
        (Function::Clip(6.0), [0.0, 0.2, 0.6, 1.4, 6.0], [0.0, 1.0, 1.0, 1.0, 0.0]),
        (Function::Quantise(4), [0.0, 0.25, 0.5, 1.0, 1.0], [0.0, 1.0, 1.0, 0.0, 0.0]),
        (Function::Quantise(1), [0.0, 0.0, 1.0, 1.0, 1.0], [0.0, 1.0, 1.0, 0.0, 0.0]),
    ] {
        let terms = [Term { maps: &maps, affine: Some(&affine) }];
        let (mut output, mut back) = (maps.clone(), Maps { data: vec![1.0; 5], ..maps.clone() });
        function.forward(1, &terms, &mut output);
        function.backward(1, &terms, &mut back);
        assert_eq!((output.data.as_slice(), back.data.as_slice()), (&values[..], &gradient[..]), "{function:?}");
    }
    // The logistic function of ln 3 is 3/4, and its slope 3/4 of 1/4.
    let maps = Maps { shape: Shape::vector(2), frames: 1, data: vec![3.0_f32.ln(), -(3.0_f32.ln())] };
    let affine = Affine { scale: vec![1.0; 2], shift: vec![0.0; 2] };
    let terms = [Term { maps: &maps, affine: Some(&affine) }];
    let (mut output, mut back) = (maps.clone(), Maps { data: vec![16.0; 2], ..maps.clone() });
    Function::Sigmoid.forward(1, &terms, &mut output);
    Function::Sigmoid.backward(1, &terms, &mut back);
    let all: Vec<f32> = output.data.into_iter().chain(back.data).collect();
    assert!(all.iter().zip([0.75, 0.25, 3.0, 3.0]).all(|(found, expected)| (found - expected).abs() < 1e-5), "{all:?}");
}
