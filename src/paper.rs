//! `paper`: the claims of the papers, tested on the networks that ship.

use crate::arguments::Page;
use crate::failure::Failure;
use crate::progress::{Bar, SampleBar};
use crate::scenario::compile_scenario;
use anyhow::anyhow;
use cospike_models::dataset::Dataset;
use cospike_models::zoo::{CodecChoice, Disturbance, Executed, NetworkChoice, PLAIN, Series, WeightFile, Zoo};
use cospike_reports::{CHANNELS, Evidence, paper_page};
use cospike_results::rows::Results;
use cospike_scenarios::given::Given;
use cospike_scenarios::profiles::{Prices, all_shipped};
use cospike_sim_core::network::BottleneckKind;

/// Probabilities of an inverted bit that units at the last split point meet.
const BIT_ERRORS: [f64; 4] = [0.03, 0.1, 0.2, 0.3];

/// Number of images, from the first on, on which units at earlier split points are executed.
const EARLIER: usize = 2000;

/// Executes and simulates all that the claims need, and writes the page about them.
pub(crate) fn page(arguments: &Page) -> Result<(), Failure> {
    let zoo = arguments.zoo.open()?;
    let dataset = Dataset::fashion_mnist_test()?;
    let prices = all_shipped::<Prices>().map_err(Failure::in_file)?;
    let evidence = Evidence {
        executed: execute_all(&zoo, &dataset)?,
        bit_errors: BIT_ERRORS.to_vec(),
        joint: execute_joint(&zoo, &dataset)?,
        prices: prices.into_iter().map(|(name, prices)| (name.to_owned(), *prices.list())).collect(),
        radios: simulate("radios", &zoo)?,
        whole_device: simulate("whole-device", &zoo)?,
        fallback: simulate("fallback", &zoo)?,
        neucodex: simulate("neucodex", &zoo)?,
    };
    paper_page(&evidence)?.write(&arguments.folder).map_err(Failure::mistake)
}

/// Executes unsplit networks, and all units at the last split points, on all images, without and with bit errors; float units with
/// plain values too. Units at earlier split points, whose tails are almost whole networks, are executed on the first [`EARLIER`]
/// images without errors, and only the kinds that claims compare there.
fn execute_all(zoo: &Zoo, dataset: &Dataset) -> Result<Vec<Executed>, Failure> {
    let compared = [BottleneckKind::Spiking, BottleneckKind::Float, BottleneckKind::Quantised];
    let is_compared = |series: &&Series<'_>| series.variant == PLAIN && compared.contains(&series.kind);
    let is_float =
        |choice: &&NetworkChoice| choice.unit.as_ref().is_some_and(|unit| unit.kind == BottleneckKind::Float);
    let mut all = vec![];
    for branch in zoo.branches() {
        let last = branch.series.last().map(|series| series.split);
        let separate = branch.series.iter().filter(|series| series.kind != BottleneckKind::Jscc);
        let (at_last, earlier): (Vec<_>, Vec<_>) = separate.partition(|series| Some(series.split) == last);
        let mut choices = named(zoo, branch.backbone.into_iter().chain(files(at_last)))?;
        let plain = choices.iter().filter(is_float).cloned();
        let plain: Vec<_> = plain.map(|choice| NetworkChoice { codec: Some(CodecChoice::Raw), ..choice }).collect();
        choices.extend(plain);
        let errors = BIT_ERRORS.map(Disturbance::Errors);
        all.extend(execute(zoo, &choices, (dataset, dataset.len()), &errors)?);
        let choices = named(zoo, files(earlier.into_iter().filter(is_compared)))?;
        all.extend(execute(zoo, &choices, (dataset, EARLIER.min(dataset.len())), &[])?);
    }
    Ok(all)
}

/// Executes the units of joint source-channel coding on all images, each on the channel that it was trained for.
fn execute_joint(zoo: &Zoo, dataset: &Dataset) -> Result<Vec<(Disturbance, Vec<Executed>)>, Failure> {
    let mut joint = vec![];
    for (variant, disturbance) in CHANNELS {
        let mut all = vec![];
        for branch in zoo.branches() {
            let is_it = |series: &&Series<'_>| series.kind == BottleneckKind::Jscc && series.variant == variant;
            let choices = named(zoo, files(branch.series.iter().filter(is_it)))?;
            let codec = matches!(disturbance, Disturbance::Noise(_)).then_some(CodecChoice::Symbols);
            let choices: Vec<_> = choices.into_iter().map(|choice| NetworkChoice { codec, ..choice }).collect();
            if !choices.is_empty() {
                all.extend(execute(zoo, &choices, (dataset, dataset.len()), &[disturbance])?);
            }
        }
        joint.push((disturbance, all));
    }
    Ok(joint)
}

fn execute(
    zoo: &Zoo,
    choices: &[NetworkChoice],
    samples: (&Dataset, usize),
    disturbances: &[Disturbance],
) -> Result<Vec<Executed>, Failure> {
    let bar = SampleBar::new(samples.1 as u64);
    Ok(zoo.execute(choices, samples, disturbances, &|| bar.tick())?)
}

/// All files of some series.
fn files<'a>(series: impl IntoIterator<Item = &'a Series<'a>>) -> impl Iterator<Item = &'a WeightFile> {
    series.into_iter().flat_map(|series| series.widths.values().flatten().copied())
}

/// Choices of the networks of some files.
fn named<'a>(zoo: &Zoo, files: impl Iterator<Item = &'a WeightFile>) -> Result<Vec<NetworkChoice>, Failure> {
    Ok(files.map(|file| zoo.choice(&file.name)).collect::<Result<_, _>>()?)
}

/// Runs a built-in scenario.
fn simulate(name: &str, zoo: &Zoo) -> Result<Results, Failure> {
    let study = compile_scenario(name, &Given::default(), None, zoo)?.into_study(zoo)?;
    let bar = Bar::new();
    let results = study.run(None, &|progress| bar.show(progress))?;
    match results.points.iter().find_map(|point| point.failure.as_ref().map(|failure| (&point.label, failure))) {
        Some((label, failure)) => Err(anyhow!("scenario {name}, {label}: {failure}").into()),
        None => Ok(results),
    }
}
