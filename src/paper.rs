//! `paper`: the claims of the papers, tested on the networks that ship.

use crate::arguments::Page;
use crate::failure::Failure;
use crate::progress::{Bar, SampleBar};
use crate::scenario::compile_scenario;
use anyhow::anyhow;
use cospike_models::dataset::Dataset;
use cospike_models::zoo::{CodecChoice, Executed, NetworkChoice, WeightFile, Zoo};
use cospike_reports::{Evidence, paper_page};
use cospike_results::rows::Results;
use cospike_scenarios::profiles::{Prices, all_shipped};
use cospike_sim_core::network::BottleneckKind;
use std::io::IsTerminal;

/// Probabilities of an inverted bit that units at the last split point meet.
const BIT_ERRORS: [f64; 4] = [0.03, 0.1, 0.2, 0.3];

/// Executes and simulates all that the claims need, and writes the page about them.
pub(crate) fn page(arguments: &Page) -> Result<(), Failure> {
    let zoo = arguments.zoo.open()?;
    let dataset = Dataset::fashion_mnist_test()?;
    let prices =
        all_shipped::<Prices>().map_err(|mistake| Failure::Input(mistake.render(std::io::stderr().is_terminal())))?;
    let evidence = Evidence {
        executed: execute_all(&zoo, &dataset)?,
        with_errors: execute_with_errors(&zoo, &dataset)?,
        bit_errors: BIT_ERRORS.to_vec(),
        prices: prices.into_iter().map(|(name, prices)| (name.to_owned(), *prices.list())).collect(),
        radios: simulate("radios", &zoo)?,
        whole_device: simulate("whole-device", &zoo)?,
        fallback: simulate("fallback", &zoo)?,
    };
    paper_page(&evidence)?.write(&arguments.folder).map_err(Failure::mistake)
}

/// Executes the network of every weight file.
fn execute_all(zoo: &Zoo, dataset: &Dataset) -> Result<Vec<Executed>, Failure> {
    let groups = zoo.backbone_groups();
    let bar = SampleBar::new((groups.len() * dataset.len()) as u64);
    let mut all = vec![];
    for files in groups {
        let choices = choices(zoo, &files)?;
        all.extend(zoo.execute(&choices, dataset, &[], &|| bar.tick())?);
    }
    Ok(all)
}

/// Executes all units at the last split points with bit errors, float ones with plain values too.
fn execute_with_errors(zoo: &Zoo, dataset: &Dataset) -> Result<Vec<Executed>, Failure> {
    let branches = zoo.branches();
    let bar = SampleBar::new((branches.len() * dataset.len()) as u64);
    let mut all = vec![];
    for branch in branches {
        let last = branch.series.last().map(|series| series.split);
        let series = branch.series.iter().filter(|series| Some(series.split) == last);
        let files: Vec<&WeightFile> = series.flat_map(|series| series.widths.values().flatten().copied()).collect();
        let usual = choices(zoo, &files)?;
        let is_float =
            |choice: &&NetworkChoice| choice.unit.as_ref().is_some_and(|unit| unit.kind == BottleneckKind::Float);
        let plain = usual.iter().filter(is_float).cloned();
        let plain = plain.map(|choice| NetworkChoice { codec: Some(CodecChoice::Raw), ..choice });
        let choices: Vec<NetworkChoice> = plain.chain(usual.iter().cloned()).collect();
        all.extend(zoo.execute(&choices, dataset, &BIT_ERRORS, &|| bar.tick())?);
    }
    Ok(all)
}

fn choices(zoo: &Zoo, files: &[&WeightFile]) -> Result<Vec<NetworkChoice>, Failure> {
    Ok(files.iter().map(|file| zoo.choice(&file.name)).collect::<Result<_, _>>()?)
}

/// Runs a built-in scenario.
fn simulate(name: &str, zoo: &Zoo) -> Result<Results, Failure> {
    let study = compile_scenario(name, zoo)?.into_study(zoo)?;
    let bar = Bar::new();
    let results = study.run(None, &|progress| bar.show(progress))?;
    match results.points.iter().find_map(|point| point.failure.as_ref().map(|failure| (&point.label, failure))) {
        Some((label, failure)) => Err(anyhow!("scenario {name}, {label}: {failure}").into()),
        None => Ok(results),
    }
}
