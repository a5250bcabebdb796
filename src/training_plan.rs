//! A plan for the trainer, of the networks that a scenario asks for and no file has.

use crate::ending::check_ending;
use crate::estimate::duration;
use crate::failure::Failure;
use crate::given::GivenScenario;
use crate::output::{plural, say};
use cospike_models::dataset::{Dataset, Subset};
use cospike_models::zoo::{Format, NetworkChoice, PLAIN, UnitChoice, WeightFile, Zoo};
use cospike_results::store::whole_file::WholeFile;
use cospike_scenarios::scenario::DatasetName;
use cospike_scenarios::{FileOfUnit, MissingNetwork};
use cospike_sim_core::network::{Bottleneck, BottleneckKind, Family, Leak, Network, NetworkName, Neuron, Operation};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// Training images of Fashion-MNIST.
const FASHION_MNIST: usize = 60_000;
/// One of so many training images is held out to make choices on.
const HELD_OUT: usize = 12;
/// Samples per gradient step, if there are as many.
const BATCH: usize = 64;
/// Time steps, and levels of quantisers, where the scenario does not say how many: those of the networks that ship.
const STEPS: u32 = 4;
/// Share of a training step's work that is done when outputs of a frozen backbone are computed: forward, but not backward.
const FORWARD: f64 = 1.0 / 3.0;

/// What is to be trained, on which images.
struct Plan {
    task: String,
    /// Images to learn from, and those held out.
    images: usize,
    held_out: usize,
    /// Time steps of each, by its name and family.
    backbones: BTreeMap<(String, Family), u32>,
    /// Widths of units that differ in nothing else.
    units: BTreeMap<Units, BTreeSet<u32>>,
    /// Files of networks to which units belong, by the name of the backbone.
    files: BTreeMap<String, FileOfUnit>,
}

/// Units of all widths.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Units {
    backbone: String,
    kind: BottleneckKind,
    split: String,
    variation: Variation,
}

/// What a variant's name says of a unit's training.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Variation {
    stride: usize,
    /// Value of `noise` in the plan.
    noise: Option<&'static str>,
    seed: u64,
}

/// What a backbone or its units take of the plan.
struct Phases {
    text: String,
    /// Passes over the images, each as often as there are time steps.
    passes: f64,
}

/// Writes the plan that trains what the scenario asks for and `zoo` does not have to `path`, and says how to train it.
pub(crate) fn write(scenario: &GivenScenario, zoo: &Zoo, path: &Path) -> Result<(), Failure> {
    let missing = scenario.missing(zoo)?;
    if missing.is_empty() {
        return Err(Failure::mistake("every network that the scenario asks for is there: nothing has to be trained"));
    }
    let plan = Plan::new(scenario, &missing, zoo)?;
    let (text, shown) = (plan.text(scenario, path)?, path.display());
    check_ending(path, "a training plan in TOML", "toml")?;
    let file = WholeFile::create_new(path).map_err(Failure::mistake)?;
    file.file().write_all(text.as_bytes())?;
    file.finish()?;
    let networks = plan.units.values().map(BTreeSet::len).sum::<usize>() + plan.backbones.len();
    say!("{shown}: a plan of {}", plural(networks as u64, "network"));
    say!("about {} on a machine like the one that trained those that ship;", duration(plan.seconds(zoo)?));
    say!("`cospike-training speed --plan {shown}` measures this one. To train them:");
    let folder = match scenario.zoo_folder() {
        Some(folder) => format!(" --zoo {}", folder.display()),
        None if plan.needs_no_zoo() => " --zoo my-zoo".into(),
        // The trainer's own choice is where those that ship lie.
        None => String::new(),
    };
    say!(
        "    cargo run --release -p cospike-training --{folder} train --plan {shown} --data {}",
        plan.data(scenario, &missing)
    );
    Ok(())
}

/// What to do about the networks that the scenario asks for and `zoo` does not have; `None` if it has all, or they cannot be trained.
pub(crate) fn advice(scenario: &GivenScenario, zoo: &Zoo) -> Option<String> {
    let missing = scenario.missing(zoo).ok().filter(|missing| !missing.is_empty())?;
    let plan = Plan::new(scenario, &missing, zoo).ok()?;
    let networks = plan.units.values().map(BTreeSet::len).sum::<usize>() + plan.backbones.len();
    Some(format!(
        "train the {}, in about {}: `cospike check {} --training-plan FILE.toml` writes the plan",
        plural(networks as u64, "missing network"),
        duration(plan.seconds(zoo).ok()?),
        scenario.word()
    ))
}

impl Plan {
    fn new(scenario: &GivenScenario, missing: &[MissingNetwork], zoo: &Zoo) -> Result<Self, Failure> {
        let dataset = &missing[0].dataset;
        if missing.iter().any(|network| network.dataset != *dataset) {
            let help = "select the design points of one data set with `--point` or `--set samples.dataset=...`";
            return Err(Failure::mistake(format_args!("networks are missing for several data sets\nhelp: {help}")));
        }
        let (name, all) = match dataset {
            DatasetName::FashionMnist => ("fashion-mnist".into(), FASHION_MNIST),
            DatasetName::Folder(path) => {
                let folder = scenario.folder().join(path);
                let training = Dataset::from_folder(&folder, Subset::Training).map_err(Failure::mistake)?;
                let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                (name, training.len())
            }
        };
        let held_out = (all / HELD_OUT).max(1);
        let (mut backbones, mut units) = (BTreeMap::new(), BTreeMap::<_, BTreeSet<u32>>::new());
        let of_file = |missing: &MissingNetwork| Some((missing.choice.backbone.clone(), missing.file.clone()?));
        let files: BTreeMap<_, _> = missing.iter().filter_map(of_file).collect();
        for MissingNetwork { choice, .. } in missing {
            let NetworkChoice { backbone, family, split, unit, time_steps, .. } = choice;
            let steps = time_steps.filter(|_| *family == Family::Spiking).unwrap_or(STEPS);
            match unit {
                None => {
                    let known = backbones.insert((backbone.clone(), *family), steps);
                    if known.is_some_and(|known| known != steps) {
                        return Err(Failure::mistake(format_args!(
                            "`{backbone}` is asked for with several numbers of time steps, but a zoo holds it with one\nhelp: select one with \
                             `--set network.time_steps=T`"
                        )));
                    }
                }
                Some(choice) => {
                    let variation = Variation::parse(choice)?;
                    // A unit of a file may be asked for with several numbers of time steps, and is trained with one.
                    let of = Units { backbone: backbone.clone(), kind: choice.kind, split: split.clone(), variation };
                    units.entry(of).or_default().insert(choice.width);
                }
            }
        }
        // Units must be of their backbone's task.
        let of_units = |file: &&WeightFile| units.keys().any(|units| units.backbone == file.metadata.backbone);
        let task = zoo.weight_files().iter().find(of_units).and_then(|file| file.metadata.task.clone());
        let plan = Self { task: task.unwrap_or(name), images: all - held_out, held_out, backbones, units, files };
        plan.completed()
    }

    /// With the backbones that others need: a spiking or quantised one learns from its float twin, and quantised units take the levels of
    /// theirs from the plan. Where a file is there already, nothing is trained.
    fn completed(mut self) -> Result<Self, Failure> {
        if self.images == 0 {
            return Err(Failure::mistake(
                "there is one training image: at least two are needed, one of them to make choices on",
            ));
        }
        let quantised = self.units.keys().filter(|units| units.kind.family() == Family::Quantised);
        let quantised: Vec<_> = quantised.map(|units| (units.backbone.clone(), Family::Quantised)).collect();
        quantised.into_iter().for_each(|backbone| self.need(backbone));
        let taught = self.backbones.keys().filter(|(_, family)| *family != Family::Float);
        let teachers: Vec<_> = taught.map(|(name, _)| (name.clone(), Family::Float)).collect();
        teachers.into_iter().for_each(|teacher| self.need(teacher));
        for (backbone, family) in self.backbones.keys() {
            network(backbone, *family)?;
        }
        for (units, widths) in &self.units {
            let width = widths.first().copied().unwrap_or(1) as usize;
            self.with_unit(units, width)?;
        }
        Ok(self)
    }

    /// Whether all backbones of its units are trained too.
    fn needs_no_zoo(&self) -> bool {
        let is_trained = |units: &Units| self.backbones.contains_key(&(units.backbone.clone(), units.kind.family()));
        self.units.keys().all(|units| self.files.contains_key(&units.backbone) || is_trained(units))
    }

    fn need(&mut self, backbone: (String, Family)) {
        self.backbones.entry(backbone).or_insert(STEPS);
    }

    fn batch(&self) -> usize {
        BATCH.min(self.images)
    }

    /// The network with a unit of this width, and the index of the layer at the split point.
    fn with_unit(&self, units: &Units, width: usize) -> Result<(Network, usize), Failure> {
        let backbone = self.body(units)?;
        let shape = Bottleneck { kind: units.kind, width, stride: units.variation.stride };
        let (net, _) = backbone.with_bottleneck(&units.split, shape).map_err(Failure::mistake)?;
        Ok((net, backbone.split(&units.split).map_err(Failure::mistake)?))
    }

    /// The backbone of `units`.
    fn body(&self, units: &Units) -> Result<Network, Failure> {
        match self.files.get(&units.backbone) {
            Some(file) => Ok(file.network.clone()),
            None => network(&units.backbone, units.kind.family()),
        }
    }

    /// The keys that name the backbone of `units`; a file by its path from the folder of the plan.
    fn backbone_text(&self, units: &Units, scenario: &Path, plan: &Path) -> Result<String, Failure> {
        let Some(FileOfUnit { path, options, time_steps, network }) = self.files.get(&units.backbone) else {
            let (name, seed) = seeded(&units.backbone);
            let seed = if seed == 1 { String::new() } else { format!("backbone_seed = {seed}\n") };
            return Ok(format!("network = {name:?}\n{seed}"));
        };
        // An empty path is the current folder.
        let whole = |path: &Path| std::path::absolute(Path::new(".").join(path));
        let path = if whole(scenario)? == whole(plan)? { path.into() } else { whole(&scenario.join(path))? };
        let mut text = format!("file = {:?}\n", path.display().to_string());
        if network.is_spiking() && Format::recognise(&path.to_string_lossy()) != Some(Format::Weights) {
            writeln!(text, "time_steps = {time_steps}")?;
        }
        if let Some(normalisation) = &options.normalisation {
            writeln!(text, "normalisation = \"{normalisation}\"")?;
        }
        let nir = options.nir;
        let words = [
            nir.dt.map(|dt| format!("dt = {dt:?}")),
            nir.reset.map(|_| format!("reset = {:?}", nir.reset_word())),
            nir.fires.map(|_| format!("fire = {:?}", nir.fires_word())),
            nir.initial.map(|_| format!("initial = {:?}", nir.initial_word())),
        ];
        let words: Vec<String> = words.into_iter().flatten().collect();
        if !words.is_empty() {
            writeln!(text, "nir = {{ {} }}", words.join(", "))?;
        }
        Ok(text)
    }

    fn text(&self, scenario: &GivenScenario, path: &Path) -> Result<String, Failure> {
        let (folder, scenario) = (scenario.folder(), scenario.word());
        let plan = path.parent().unwrap_or(Path::new(""));
        let mut text = format!(
            "# Trains what {scenario} asks for and no file has, by the recipes of the networks that ship.\n\ntask = {:?}\n\
             # Held out of the training images to make every choice on.\nvalidation_images = {}\n",
            self.task, self.held_out
        );
        // Teachers first: the trainer takes jobs in their order.
        let mut backbones: Vec<_> = self.backbones.iter().collect();
        backbones.sort_by_key(|((_, family), _)| *family != Family::Float);
        for ((backbone, family), &steps) in backbones {
            let (name, seed) = seeded(backbone);
            write!(text, "\n[[backbone]]\nnetwork = {name:?}\nfamily = {:?}\n", family.name())?;
            if seed != 1 {
                writeln!(text, "seed = {seed}")?;
            }
            if *family == Family::Quantised {
                writeln!(text, "levels = {STEPS}")?;
            }
            if *family != Family::Float {
                writeln!(text, "teacher = \"{backbone}-float\"\nstart = \"{backbone}-float\"")?;
            }
            text += &self.backbone_phases(*family, steps).text;
        }
        for (units, widths) in &self.units {
            let Units { backbone, kind, split, variation: Variation { stride, noise, seed } } = units;
            let widths: Vec<_> = widths.iter().collect();
            let file = self.files.get(backbone);
            write!(text, "\n[[units]]\n{}", self.backbone_text(units, folder, plan)?)?;
            let kind_name = kind.name();
            write!(
                text,
                "kinds = [{kind_name:?}]\nsplits = [{split:?}]\nwidths = {widths:?}\nstrides = [{stride}]\nseeds = [{seed}]\nimages = {}\n",
                self.images
            )?;
            if let Some(noise) = noise {
                writeln!(text, "noise = {noise}")?;
            }
            text += &self.unit_phases(units).text;
            if file.is_none() {
                text += "tune_tail = true\n";
            }
        }
        Ok(text)
    }

    /// Phases as in the plan of the networks that ship.
    fn backbone_phases(&self, family: Family, steps: u32) -> Phases {
        let batch = self.batch();
        let (text, passes) = match family {
            Family::Float => (format!("phases = [{{ epochs = 24, batch = {batch}, peak_rate = 4e-3 }}]\n"), 24.0),
            Family::Quantised => {
                (format!("phases = [{{ epochs = 20, batch = {batch}, peak_rate = 4e-3, average = 0.999 }}]\n"), 20.0)
            }
            Family::Spiking => (
                format!(
                    "phases = [\n    {{ levels = {steps}, epochs = 10, batch = {batch}, peak_rate = 2e-3 }},\n    {{ levels = {steps}, epochs = 20, \
                     batch = {batch}, peak_rate = 4e-3 }},\n    {{ steps = {steps}, epochs = 12, batch = {batch}, peak_rate = 2e-3 }},\n]\n"
                ),
                30.0 + 12.0 * f64::from(steps),
            ),
        };
        Phases { text, passes }
    }

    fn unit_phases(&self, units: &Units) -> Phases {
        let batch = self.batch();
        let file = self.files.get(&units.backbone);
        let behind = file.map(|file| &file.network.layers[file.network.split(&units.split).unwrap_or(0)..]);
        if behind.is_some_and(|tail| tail.iter().any(|layer| !has_gradient(layer.operation))) {
            let text = format!(
                "# No gradient passes through what stands behind: it learns to restore the features alone.\nrestore = {{ epochs = 32, batch = \
                 {batch}, peak_rate = 4e-3, average = 0.999 }}\n"
            );
            return Phases { text, passes: 32.0 };
        }
        let mut text = format!("restore = {{ epochs = 2, batch = {batch}, peak_rate = 4e-3 }}\n");
        let (epochs, passes) = match units.kind {
            BottleneckKind::Spiking if file.is_some() => (32, 34.0 * f64::from(file.map_or(1, |file| file.time_steps))),
            BottleneckKind::Spiking => {
                text += &format!("quantised = {{ epochs = 12, batch = {batch}, peak_rate = 2e-3, average = 0.999 }}\n");
                (20, 14.0 + 20.0 * f64::from(STEPS))
            }
            _ => (32, 34.0),
        };
        text += &format!("classify = {{ epochs = {epochs}, batch = {batch}, peak_rate = 2e-3, average = 0.999 }}\n");
        Phases { text, passes }
    }

    /// Seconds that the plan takes, at the speed with which the backbones that ship were trained: each layer's multiply-accumulates in
    /// every pass over the images.
    fn seconds(&self, zoo: &Zoo) -> Result<f64, Failure> {
        let images = self.images as f64;
        let mut seconds = 0.0;
        for ((backbone, family), &steps) in &self.backbones {
            if zoo.missing(&whole(backbone, *family)).is_empty() {
                continue;
            }
            let net = network(backbone, *family)?;
            let macs = net.dense_macs(0..net.layers.len()) as f64;
            seconds += images * self.backbone_phases(*family, steps).passes * macs * speed(*family)?;
        }
        for (units, widths) in &self.units {
            let family = units.kind.family();
            let backbone = self.body(units)?;
            let steps = self.files.get(&units.backbone).map_or(STEPS, |file| file.time_steps);
            let steps = if family == Family::Spiking { f64::from(steps) } else { 1.0 };
            // The frozen head is computed once for all widths.
            seconds += images * FORWARD * steps * backbone.dense_macs(0..backbone.layers.len()) as f64 * speed(family)?;
            for &width in widths {
                let (net, split) = self.with_unit(units, width as usize)?;
                let macs = net.dense_macs(split + 1..net.layers.len()) as f64;
                seconds += images * self.unit_phases(units).passes * macs * speed(family)?;
            }
        }
        Ok(seconds)
    }

    /// Folder of the data set, as the trainer is given it.
    fn data(&self, scenario: &GivenScenario, missing: &[MissingNetwork]) -> String {
        match &missing[0].dataset {
            DatasetName::FashionMnist => "DIR (the four files of Fashion-MNIST)".into(),
            DatasetName::Folder(path) => scenario.folder().join(path).display().to_string(),
        }
    }
}

impl Variation {
    /// Reads the name of a variant, such as `s1-noisy-seed2`, as the trainer makes it.
    fn parse(choice: &UnitChoice) -> Result<Self, Failure> {
        let jscc = choice.kind == BottleneckKind::Jscc;
        let usual = jscc.then_some("{ deviation = 0.1 }");
        let mut variation = Self { stride: 2, noise: usual, seed: 1 };
        for mark in choice.variant.split('-').filter(|mark| *mark != PLAIN) {
            let number = |prefix: &str| mark.strip_prefix(prefix).and_then(|number| number.parse::<u64>().ok());
            match (mark, number("seed"), number("s")) {
                ("noisy", ..) if !jscc && choice.kind != BottleneckKind::Float => {
                    variation.noise = Some("{ erasures = 0.3, flips = 0.1 }");
                }
                ("erasures", ..) if jscc => variation.noise = Some("{ erasures = 0.01 }"),
                (_, Some(seed), _) => variation.seed = seed,
                (_, None, Some(stride)) => variation.stride = stride as usize,
                _ => {
                    return Err(Failure::mistake(format_args!(
                        "no plan makes {} units of the variant `{}`: a variant is made of `sSTRIDE`, `noisy` (`erasures` of jscc units) and \
                         `seedNUMBER`, with a dash between",
                        choice.kind.name(),
                        choice.variant
                    )));
                }
            }
        }
        Ok(variation)
    }
}

/// The network `backbone` of the catalogue, with or without a seed in its name.
fn network(backbone: &str, family: Family) -> Result<Network, Failure> {
    let name: NetworkName = seeded(backbone).0.parse().map_err(Failure::mistake)?;
    Ok(match family {
        Family::Spiking => name.spiking(Neuron::INTEGRATE_AND_FIRE),
        Family::Float => name.float(),
        Family::Quantised => name.quantised(STEPS),
    })
}

/// Architecture and seed of a backbone's name: `resnet14-seed2`.
fn seeded(backbone: &str) -> (&str, u64) {
    let seed = |(name, seed): (&'_ str, &str)| Some((name.len(), seed.parse().ok()?));
    match backbone.rsplit_once("-seed").and_then(seed) {
        Some((length, seed)) => (&backbone[..length], seed),
        None => (backbone, 1),
    }
}

/// Whether the trainer has the gradient of an operation, so that units before it can learn to classify.
fn has_gradient(operation: Operation) -> bool {
    let is_learned = matches!(operation, Operation::Neuron(Neuron { leak: Leak::Learned, .. }));
    !is_learned && !matches!(operation, Operation::Cells(_) | Operation::Previous)
}

fn whole(backbone: &str, family: Family) -> NetworkChoice {
    let split = cospike_sim_core::network::OUTPUT.into();
    NetworkChoice { backbone: backbone.into(), family, split, unit: None, codec: None, time_steps: None, readout: None }
}

/// Seconds per image and multiply-accumulate of a pass, of the small ResNet that ships: its file says how long it was trained, for how many
/// epochs.
fn speed(family: Family) -> Result<f64, Failure> {
    let shipped = Zoo::shipped()?;
    let file = shipped.weight_files().iter().find(|file| file.name == format!("resnet14-{}", family.name()));
    let known = file.and_then(|file| {
        let all = &file.metadata.all;
        let number = |key: &str| all.get(key)?.parse::<f64>().ok();
        let passes: f64 =
            all.get("recipe")?.split("; ").map(|phase| passes(phase, file.metadata.time_steps)).sum::<Option<f64>>()?;
        Some(number("training_seconds")? / (number("training_images")? * number("macs")? * passes))
    });
    known.ok_or_else(|| {
        anyhow::anyhow!("no shipped file says how long a {} network takes to train", family.name()).into()
    })
}

/// Passes over the images in a phase, such as `4-steps: epoch 6 of 11, batch 64, ...`, each in its time steps.
fn passes(phase: &str, time_steps: u32) -> Option<f64> {
    let epochs: f64 = phase.split(" of ").nth(1)?.split(',').next()?.parse().ok()?;
    Some(if phase.contains("-steps:") { epochs * f64::from(time_steps) } else { epochs })
}
