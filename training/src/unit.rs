//! Training of bottleneck units behind a frozen head.

use crate::backbone::{EVALUATION_BATCH, TEACHER_SHARE, Trained, Workshop, trained};
use crate::fit::{Phase, Progress, Schedule};
use crate::frozen::FrozenBackbone;
use crate::kernels::{Maps, Pool};
use crate::loss::{Targets, correct};
use crate::model::Model;
use crate::pass::{Device, Dynamics, Link, Pass};
use crate::random::stream;
use anyhow::Result;
use cospike_sim_core::network::{Network, Operation, Signal, TensorStore};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::ops::Range;

/// Training of one bottleneck unit in its network.
pub(crate) struct UnitTask<'a> {
    /// Name of the unit in the zoo, in checkpoints and in random streams.
    pub(crate) name: &'a str,
    pub(crate) net: &'a Network,
    /// Index of the split point's layer, the last of the frozen head.
    pub(crate) split: usize,
    /// Index of the last layer of the encoder.
    pub(crate) cut: usize,
    /// Index of the last layer of the decoder.
    pub(crate) decoder: usize,
    /// Time steps of a spiking network, 1 of a float one.
    pub(crate) steps: usize,
    /// Effect of the link on a batch of features at the cut; none for a lossless link.
    pub(crate) link: Option<&'a Carry<'a>>,
    /// That effect in words, which tell it from others.
    pub(crate) link_in_words: String,
    /// Weights of the backbone.
    pub(crate) backbone: &'a TensorStore,
    /// Outputs of the backbone on the images.
    pub(crate) frozen: &'a FrozenBackbone,
    /// First phase: encoder and decoder learn to restore the features of the head.
    pub(crate) restore: Schedule,
    /// Second phase, of spiking units only: encoder, decoder and, if it is tuned, the tail learn to classify, with
    /// quantisers of as many levels as there are time steps in place of neurons. With this phase, the first one uses
    /// quantisers too.
    pub(crate) quantised: Option<Schedule>,
    /// Last phase: the same layers learn to classify, in time steps. Without it the unit learns to restore features alone.
    pub(crate) classify: Option<Schedule>,
    /// Whether the tail learns along with the unit instead of staying that of the backbone.
    pub(crate) tune_tail: bool,
    /// Phase after all others, in which the last layers of the head learn, too.
    pub(crate) joint: Option<JointTuning<'a>>,
}

/// Training of the last layers of the head along with unit and tail.
pub(crate) struct JointTuning<'a> {
    /// Index of the last layer that stays that of the backbone.
    pub(crate) behind: usize,
    /// The unsplit network, from whose scores the split one learns as well.
    pub(crate) backbone: &'a Network,
    pub(crate) schedule: Schedule,
}

/// Effect of a link on a batch, with a random stream of its own.
pub(crate) type Carry<'a> = dyn Fn(&mut Maps, &mut ChaCha8Rng) + Sync + 'a;

/// A unit to train, and the workshop to train it in.
struct UnitTraining<'a> {
    workshop: &'a Workshop<'a>,
    task: &'a UnitTask<'a>,
}

impl Workshop<'_> {
    /// Trains encoder and decoder to restore the features of the head, then to make the tail classify correctly.
    pub(crate) fn unit(&self, task: &UnitTask) -> Result<Trained> {
        let training = UnitTraining { workshop: self, task };
        let in_time = Dynamics::Steps(task.steps);
        let quantised = Dynamics::Rate(task.steps);
        let first = if task.quantised.is_some() { quantised } else { in_time };
        let mut model = Model { tensors: task.backbone.clone() };
        model.tensors.extend(Model::new(task.net, task.unit(), &mut stream(self.seed, task.name)).tensors);
        let (mut model, progress) = training.restore(first, model)?;
        let mut history = vec![("restore".to_string(), task.restore, progress)];
        let by_class = task.quantised.map(|schedule| ("quantised", schedule, quantised));
        for (name, schedule, dynamics) in
            by_class.into_iter().chain(task.classify.map(|schedule| ("classify", schedule, in_time)))
        {
            let (trained, progress) = training.classify(name, schedule, dynamics, model)?;
            model = trained;
            history.push((name.to_string(), schedule, progress));
        }
        if let Some(joint) = &task.joint {
            let (trained, progress) = training.tune_jointly(joint, in_time, model)?;
            model = trained;
            history.push(("joint".to_string(), joint.schedule, progress));
        }
        if task.net.is_spiking() && training.is_silent(&model)? {
            eprintln!(
                "warning: {}: it emits no spike on any validation sample, so every answer is the same; lower `peak_rate` of `restore`, or give \
                 it fewer epochs: where spikes are rare, silence restores most of what is there",
                task.name
            );
        }
        // The frozen tensors are in the backbone's weight file.
        let learned = task.net.layers[task.learned()].iter().map(|layer| format!("{}.", layer.name));
        let learned: Vec<String> = learned.collect();
        model.tensors.retain(|name, _| learned.iter().any(|layer| name.starts_with(layer)));
        Ok(trained(model, &history))
    }
}

impl UnitTraining<'_> {
    fn restore(&self, dynamics: Dynamics, model: Model) -> Result<(Model, Progress)> {
        let (task, device, features) = (self.task, self.workshop.device, &self.task.frozen.seen.features);
        let layers = task.split + 1..task.decoder + 1;
        self.phase("restore", task.restore, dynamics).run(
            model,
            &mut Pool::default(),
            |model, indices, rng, pool| {
                let target = features.batch(indices, dynamics, pool);
                let carry = task.carry(rng);
                let pass = task.pass(layers.clone(), layers.clone(), dynamics, &carry, device);
                let tape = pass.forward(model, target.clone(), indices.len(), pool)?;
                let restored = tape.output(task.net, task.decoder)?;
                let (loss, gradient) = rate_error(&restored, &target, indices.len());
                pool.give(target);
                Ok((loss, pass.backward(model, tape, vec![(task.decoder, gradient)], pool)?))
            },
            |model, pool| {
                let pass = Pass::evaluation(task.net, layers.clone(), dynamics, device);
                let error = self.unseen(dynamics, |batch, indices| {
                    let tape = pass.forward(model, batch.clone(), indices.len(), pool)?;
                    let restored = tape.output(task.net, task.decoder)?;
                    let error = rate_error(&restored, &batch, indices.len()).0;
                    Ok(error * indices.len() as f64)
                })?;
                Ok(-error / self.task.frozen.unseen.labels.len() as f64)
            },
        )
    }

    fn classify(&self, name: &str, schedule: Schedule, dynamics: Dynamics, model: Model) -> Result<(Model, Progress)> {
        let (task, device, classes) = (self.task, self.workshop.device, self.task.net.classes());
        let FrozenBackbone { seen, unseen } = task.frozen;
        let layers = task.split + 1..task.net.layers.len();
        self.phase(name, schedule, dynamics).run(
            model,
            &mut Pool::default(),
            |model, indices, rng, pool| {
                let labels: Vec<u16> = indices.iter().map(|&i| seen.labels[i]).collect();
                let teacher: Vec<f32> =
                    indices.iter().flat_map(|&i| &seen.scores[i * classes..][..classes]).copied().collect();
                let targets = self.targets(&labels, &teacher);
                let carry = task.carry(rng);
                let input = seen.features.batch(indices, dynamics, pool);
                let pass = task.pass(layers.clone(), task.learning(), dynamics, &carry, device);
                pass.learn(model, input, indices.len(), &targets, pool)
            },
            |model, pool| {
                let mut rng = stream(self.workshop.seed, "validation-link");
                let carry = task.carry(&mut rng);
                let pass = task.pass(layers.clone(), 0..0, dynamics, &carry, device);
                let right = self.unseen(dynamics, |batch, indices| {
                    let scores = pass.scores(model, batch, indices.len(), pool)?;
                    let labels: Vec<u16> = indices.iter().map(|&i| unseen.labels[i]).collect();
                    Ok(correct(&scores, &labels) as f64)
                })?;
                Ok(right / unseen.labels.len() as f64)
            },
        )
    }

    /// Classifies by all layers behind `joint.behind`, on images that are augmented anew in every epoch.
    fn tune_jointly(&self, joint: &JointTuning<'_>, dynamics: Dynamics, model: Model) -> Result<(Model, Progress)> {
        let (task, Workshop { samples, device, .. }) = (self.task, self.workshop);
        let (frozen, rest) = (1..joint.behind + 1, joint.behind + 1..task.net.layers.len());
        let backbone = Model { tensors: task.backbone.clone() };
        let behind = joint.behind + 1..joint.backbone.layers.len();
        let teacher = Pass::evaluation(joint.backbone, behind, dynamics, device);
        // What the layers that stay as they are emit, read by those behind them.
        let features = |model: &Model, images: Maps, number: usize, pool: &mut Pool| -> Result<Maps> {
            let images = dynamics.read(images, number, pool);
            let tape =
                Pass::evaluation(task.net, frozen.clone(), dynamics, device).forward(model, images, number, pool)?;
            let features = tape.output(task.net, joint.behind)?.into_owned();
            tape.recycle(pool);
            Ok(features)
        };
        let phase = self.phase("joint", joint.schedule, dynamics);
        let made_of = format!("{} behind {}", phase.made_of, joint.behind);
        Phase { samples: samples.training(), made_of, ..phase }.run(
            model,
            &mut Pool::default(),
            |model, indices, rng, pool| {
                let input = features(model, samples.augmented(indices, rng), indices.len(), pool)?;
                let answers = teacher.scores(&backbone, input.clone(), indices.len(), pool)?;
                let targets = self.targets(&samples.labels(indices), &answers);
                let carry = task.carry(rng);
                let pass = task.pass(rest.clone(), rest.clone(), dynamics, &carry, device);
                pass.learn(model, input, indices.len(), &targets, pool)
            },
            |model, pool| {
                let mut rng = stream(self.workshop.seed, "validation-link");
                let carry = task.carry(&mut rng);
                let pass = task.pass(rest.clone(), 0..0, dynamics, &carry, device);
                let held_out = samples.validation();
                let right = held_out.chunks(EVALUATION_BATCH).map(|part| -> Result<usize> {
                    let input = features(model, samples.images(part), part.len(), pool)?;
                    Ok(correct(&pass.scores(model, input, part.len(), pool)?, &samples.labels(part)))
                });
                Ok(right.sum::<Result<usize>>()? as f64 / held_out.len() as f64)
            },
        )
    }

    /// What the split network learns to answer: the labels, and the backbone's scores.
    fn targets(&self, labels: &[u16], backbone: &[f32]) -> Targets {
        let net = self.task.net;
        // Where the network ends with neurons, numbers of spikes are the scores, not rates.
        let ends_in_spikes = net.signals(Signal::Real)[net.layers.len() - 1] != Signal::Real;
        let gain = if ends_in_spikes { self.task.steps as f32 } else { 1.0 };
        Targets::labels(labels, net.classes()).with_gain(gain).taught(backbone, TEACHER_SHARE)
    }

    fn phase(&self, name: &str, schedule: Schedule, dynamics: Dynamics) -> Phase<'_> {
        let task = self.task;
        Phase {
            name: format!("{}/{name}", task.name),
            seed: self.workshop.seed,
            checkpoints: self.workshop.checkpoints,
            schedule,
            samples: self.task.frozen.seen.labels.len(),
            made_of: {
                let how = (task.split, task.decoder, task.steps, dynamics, task.tune_tail, &task.link_in_words);
                // Before, numbers of spikes above 1 were kept as 1, and a decoder without a nonlinearity restored without its normalisation.
                let graded = task.net.is_spiking() && task.frozen.seen.features.are_real();
                let linear = matches!(
                    task.net.layers[task.decoder].operation,
                    Operation::ConvTranspose2d(_) | Operation::Conv2d(_)
                );
                self.workshop.made_of(task.net, how) + if graded || linear { " as it is emitted" } else { "" }
            },
            adopt: self.workshop.adopt,
        }
    }

    /// Whether the decoder emits nothing but zeros.
    fn is_silent(&self, model: &Model) -> Result<bool> {
        let (task, device, dynamics) = (self.task, self.workshop.device, Dynamics::Steps(self.task.steps));
        let pass = Pass::evaluation(task.net, task.unit(), dynamics, device);
        let spikes = self.unseen(dynamics, |batch, indices| {
            let tape = pass.forward(model, batch, indices.len(), &mut Pool::default())?;
            Ok(tape.output(task.net, task.decoder)?.data.iter().filter(|&&value| value != 0.0).count() as f64)
        })?;
        Ok(spikes == 0.0)
    }

    /// Sum of `score` over batches of the validation samples.
    fn unseen(&self, dynamics: Dynamics, mut score: impl FnMut(Maps, &[usize]) -> Result<f64>) -> Result<f64> {
        let unseen = &self.task.frozen.unseen;
        let all: Vec<usize> = (0..unseen.labels.len()).collect();
        let mut pool = Pool::default();
        let parts = all.chunks(EVALUATION_BATCH);
        parts.map(|part| score(unseen.features.batch(part, dynamics, &mut pool), part)).sum()
    }
}

impl UnitTask<'_> {
    /// Layers of encoder and decoder.
    fn unit(&self) -> Range<usize> {
        self.split + 1..self.decoder + 1
    }

    /// Layers that the unit's weight file holds.
    fn learned(&self) -> Range<usize> {
        self.joint.as_ref().map_or(self.learning(), |joint| joint.behind + 1..self.net.layers.len())
    }

    /// Layers that learn on outputs of the frozen head.
    fn learning(&self) -> Range<usize> {
        if self.tune_tail { self.split + 1..self.net.layers.len() } else { self.unit() }
    }

    /// The link, with a random stream seeded from that of the batch.
    fn carry(&self, rng: &mut ChaCha8Rng) -> impl Fn(&mut Maps) + Sync {
        let rng = std::sync::Mutex::new(ChaCha8Rng::from_seed(rng.random()));
        move |maps: &mut Maps| {
            if let Some(link) = self.link {
                link(maps, &mut rng.lock().expect("no thread panics while it holds the stream"));
            }
        }
    }

    fn pass<'a>(
        &'a self,
        layers: Range<usize>,
        learning: Range<usize>,
        dynamics: Dynamics,
        carry: &'a (dyn Fn(&mut Maps) + Sync),
        device: &'a Device,
    ) -> Pass<'a> {
        let link = self.link.map(|_| Link { cut: self.cut, carry });
        Pass { net: self.net, layers, learning, dynamics, link, device }
    }
}

/// Mean squared difference of the rates over time of `restored` and `target`, and its gradient with respect to `restored`.
fn rate_error(restored: &Maps, target: &Maps, samples: usize) -> (f64, Maps) {
    let len = samples * restored.shape.len();
    let steps = restored.frames / samples;
    let mut difference = vec![0.0; len];
    for (restored, target) in restored.data.chunks_exact(len).zip(target.data.chunks_exact(len)) {
        let pairs = restored.iter().zip(target);
        difference.iter_mut().zip(pairs).for_each(|(d, (r, t))| *d += (r - t) / steps as f32);
    }
    let loss = difference.iter().map(|d| f64::from(d * d)).sum::<f64>() / len as f64;
    let factor = 2.0 / (len * steps) as f32;
    let gradient: Vec<f32> = difference.iter().map(|d| d * factor).collect();
    (loss, Maps { data: gradient.repeat(steps), ..restored.clone() })
}
