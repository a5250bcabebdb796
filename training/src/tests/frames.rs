//! Samples whose frames are another one in each time step.

use super::{SHORT, SPIKING, TINY, beats_chance, random_model, train_unit};
use crate::backbone::Workshop;
use crate::data::Samples;
use crate::job::Factory;
use crate::kernels::{Maps, Pool};
use crate::model::Model;
use crate::pass::{Device, Dynamics, Pass};
use crate::plan::Plan;
use crate::random::stream;
use cospike_models::dataset::{Dataset, SampleKind, Values};
use cospike_sim_core::inference::{Executable, Feature};
use cospike_sim_core::network::{Shape, Weights};
use rand::RngExt;
use std::cell::RefCell;
use std::path::Path;

const STEPS: usize = 4;

/// Frames of events, of which most are in the third of the rows that is the class, each event in a step of its own.
pub(super) fn events(n: usize, of: &str) -> Dataset {
    let mut rng = stream(5, of);
    let labels: Vec<u16> = (0..n).map(|i| (i % 3) as u16).collect();
    let mut counts = vec![];
    for &label in &labels {
        for place in 0..STEPS * TINY.input.len() {
            let row = place % TINY.input.len() / TINY.input.width;
            let often = if row / 3 == usize::from(label) { 0.3 } else { 0.08 };
            counts.push(u8::from(rng.random_bool(often)));
        }
    }
    Dataset::with_values(SampleKind::Frames { steps: STEPS }, TINY.input, Values::Counts(counts), labels).unwrap()
}

#[test]
fn a_spiking_network_and_a_unit_learn_from_frames() {
    let samples = Samples::new(events(336, "events"), 96, 1).unwrap();
    let checkpoints = tempfile::tempdir().unwrap();
    let (_, accuracy) = train_unit(&samples, checkpoints.path(), &Device::Kernels);
    let right = (accuracy * 96.0).round() as usize;
    assert!(beats_chance(right, 96, 3), "{right} of 96 are no better than guessing");
    assert!(!beats_chance(40, 96, 3), "guesses reach 40 of 96 in one case of ten");
}

/// The trainer reads frame after frame, as the inference does.
#[test]
fn trainer_and_inference_agree_on_frames() {
    let (net, data) = (TINY.build(SPIKING), events(3, "events"));
    let samples = Samples::new(data.clone(), 0, 1).unwrap();
    let model = random_model(&net);
    let layers = 1..net.layers.len();
    let pass = Pass::evaluation(&net, layers.clone(), Dynamics::Steps(STEPS), &Device::Kernels);
    let found = pass.scores(&model, samples.images(&[0, 1, 2]), 3, &mut Pool::default()).unwrap();
    let weights = Weights::from_store(&net, &model.tensors).unwrap();
    let engine = Executable::with_input(data.feed().input, &net, &weights).unwrap();
    for sample in 0..3 {
        let output = engine.run(layers.clone(), &samples.sample(sample).0, STEPS).unwrap().output;
        let Feature::Real(scores) = output else { panic!("scores are real") };
        for (a, b) in found[3 * sample..][..3].iter().zip(scores.means()) {
            assert!((a - b).abs() < 1e-4, "sample {sample}: trainer {found:?}, engine {b}");
        }
    }
}

/// In a phase with `levels`, a quantiser stands for the rate over time, so it reads the mean of the frames.
#[test]
fn without_steps_the_mean_of_the_frames_is_read() {
    let maps = Maps { shape: Shape::vector(2), frames: 4, data: vec![1.0, 0.0, 3.0, 2.0, 0.0, 0.0, 1.0, 4.0] };
    let read = |dynamics: Dynamics| dynamics.read(maps.clone(), 2, &mut Pool::default());
    // Two samples in two steps, time outermost.
    assert_eq!(read(Dynamics::Rate(4)).data, [0.5, 0.0, 2.0, 3.0]);
    assert_eq!(read(Dynamics::Steps(2)), maps);
    let samples = Samples::new(events(12, "events"), 3, 1).unwrap();
    let place = tempfile::tempdir().unwrap();
    let workshop =
        Workshop { samples: &samples, checkpoints: place.path(), seed: 1, device: &Device::Kernels, adopt: false };
    let net = TINY.build(SPIKING);
    let fresh = Model::new(&net, 1..net.layers.len(), &mut stream(1, "tiny"));
    let schedule = crate::fit::Schedule { epochs: 1, batch: 4, ..SHORT };
    workshop.backbone("tiny", &net, fresh, &[(Dynamics::Rate(4), schedule)], None).unwrap();
}

/// Frames are neither repeated nor left out, and vectors are not moved about as if they were images.
#[test]
fn another_number_of_steps_is_refused_and_only_images_are_moved() {
    let plan = |family: &str, phase: &str| {
        let text = format!(
            "task = 't'\nvalidation_images = 3\n[[backbone]]\nnetwork = 'resnet18-0.05@16:3'\nfamily = '{family}'\nphases = [{phase}]\n"
        );
        Plan::read(&text, Path::new("")).unwrap()
    };
    let shape = Shape::new(3, 16, 16);
    let labels: Vec<u16> = (0..12).map(|i| i % 3).collect();
    let counts = vec![1; 12 * STEPS * shape.len()];
    let frames = Dataset::with_values(SampleKind::Frames { steps: STEPS }, shape, Values::Counts(counts), labels);
    let samples = Samples::new(frames.unwrap(), 3, 1).unwrap();
    let place = tempfile::tempdir().unwrap();
    let check = |plan: &Plan| {
        let factory = Factory {
            plan,
            zoo: place.path(),
            checkpoints: place.path(),
            samples: &samples,
            device: &Device::Kernels,
            adopt: false,
            frozen: RefCell::default(),
        };
        plan.jobs().iter().try_for_each(|job| factory.check(job)).map_err(|error| format!("{error:#}"))
    };
    let schedule = "epochs = 1, batch = 4, peak_rate = 1e-3";
    let levels = format!("{{ levels = 8, {schedule} }}");
    assert_eq!(check(&plan("spiking", &format!("{levels}, {{ steps = 4, {schedule} }}"))), Ok(()));
    let refused = check(&plan("spiking", &format!("{levels}, {{ steps = 6, {schedule} }}"))).unwrap_err();
    let both = "each sample has 4 frames, one for each time step, but the network is executed for";
    assert!(refused.contains(&format!("{both} 6")), "{refused}");
    let refused = check(&plan("float", &format!("{{ {schedule} }}"))).unwrap_err();
    assert!(refused.contains(&format!("{both} 1")), "{refused}");

    let values: Vec<f32> = (0..8).map(|i| i as f32).collect();
    let vectors = Dataset::with_values(SampleKind::Vectors, Shape::vector(4), Values::Real(values), vec![0, 1]);
    let samples = Samples::new(vectors.unwrap(), 0, 1).unwrap();
    assert_eq!(samples.augmented(&[0, 1], &mut stream(1, "any")), samples.images(&[0, 1]));
    let moved = Samples::new(events(12, "events"), 0, 1).unwrap();
    let batch: Vec<usize> = (0..12).collect();
    assert_ne!(moved.augmented(&batch, &mut stream(1, "any")), moved.images(&batch));
    let content = moved.content().to_string();
    let left = moved.unchanged();
    assert_eq!(left.augmented(&batch, &mut stream(1, "any")), left.images(&batch));
    assert_ne!(left.content(), content);
}
