//! `run`, `check` and `report`.

use crate::Failure;
use crate::arguments::{Check, Run};
use crate::given::GivenZoo;
use crate::progress::Bar;
use crate::table::{mean, percent, significant, table};
use crate::trace::run_traced;
use crate::verify::verify;
use cospike_models::zoo::Zoo;
use cospike_reports::{PAGE, render};
use cospike_results::index::PointIndex;
use cospike_results::rows::Results;
use cospike_results::store::folder;
use cospike_results::summary::{AdjustedP, SIGNIFICANCE, Summary};
use cospike_scenarios::{CompileError, Compiled, compile, library};
use cospike_sim_core::stats::Interval;
use cospike_studies::Study;
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// Runs a scenario, stores what it found, draws the report and prints the summary.
pub(crate) fn run(arguments: &Run) -> Result<(), Failure> {
    let study = prepare(&arguments.scenario, &arguments.zoo)?;
    if arguments.verify {
        return verify(&study, arguments.json);
    }
    let place = match &arguments.out {
        Some(place) => place.clone(),
        None => PathBuf::from("out").join(&study.plan().name),
    };
    folder::prepare(&place).map_err(|error| Failure::Input(format!("error: {error}")))?;
    let bar = Bar::new();
    let results = match &arguments.trace.file {
        Some(file) => run_traced(&study, file, &arguments.trace, &bar)?,
        None => study.run(None, &|progress| bar.show(progress))?,
    };
    // The results are safe before anything is drawn.
    folder::write(&results, &place)?;
    render(&results)?.write(&place)?;
    let summary = Summary::new(&results)?;
    if arguments.json {
        print_json(&serde_json::to_value(&summary)?);
    } else {
        print_summary(&summary, &results);
    }
    eprintln!("\nresults and {PAGE} in {}", place.display());
    Ok(())
}

/// Draws the report of a result folder again.
pub(crate) fn report(place: &Path) -> Result<(), Failure> {
    let results = folder::read(place)?;
    render(&results)?.write(place)?;
    println!("{}", place.join(PAGE).display());
    Ok(())
}

/// Checks a scenario and says what it would execute.
pub(crate) fn check(arguments: &Check) -> Result<(), Failure> {
    let plan = compile_scenario(&arguments.scenario, &arguments.zoo.open()?)?.plan;
    if arguments.plan {
        println!("{}", serde_json::to_string_pretty(&plan)?);
        return Ok(());
    }
    let labels: Vec<&str> = plan.points.iter().map(|point| point.label.as_str()).collect();
    let (networks, replications) = (plan.networks.len(), plan.replications);
    let samples: u64 = plan.networks.iter().map(|network| u64::from(network.samples.count)).sum();
    if arguments.json {
        print_json(&json!({
            "study": plan.name,
            "design_points": labels,
            "replications": replications,
            "networks": networks,
            "inferences": samples,
        }));
    } else {
        println!(
            "{}: {} design points x {replications} replications; {networks} networks on {samples} samples in all",
            plan.name,
            labels.len()
        );
        labels.iter().for_each(|label| println!("  {label}"));
    }
    Ok(())
}

/// The study that the scenario `word` describes, ready to be executed.
fn prepare(word: &str, zoo: &GivenZoo) -> Result<Study, Failure> {
    let zoo = zoo.open()?;
    Ok(compile_scenario(word, &zoo)?.into_study(&zoo)?)
}

fn compile_scenario(word: &str, zoo: &Zoo) -> Result<Compiled, Failure> {
    let source = library::find_scenario(word).map_err(|error| Failure::Input(format!("error: {error}")))?;
    match compile(&source, zoo) {
        Err(CompileError::Mistake(mistake)) => Err(Failure::Input(mistake.render(std::io::stderr().is_terminal()))),
        compiled => Ok(compiled?),
    }
}

fn print_summary(summary: &Summary, results: &Results) {
    // Loss, damage, full queues and early answers make the event loop's accuracy differ from the network's.
    let unanswered = results.replications.iter().any(|row| {
        let damaged = row.traffic.packets_lost > 0 || row.traffic.bits_flipped > 0 || row.traffic.bits_erased > 0;
        let early = row.traffic.steps_saved > 0 || (1..row.requests.completed).contains(&row.requests.answered_at_edge);
        damaged || early || row.requests.completed < row.requests.generated
    });
    let mut titles = vec!["design point", "accuracy %"];
    if unanswered {
        titles.extend(["answered %", "right of these %"]);
    }
    titles.extend(["payload bit", "x float32", "x binary", "latency ms", "p95 ms", "energy mJ"]);
    let mut points = table(&titles);
    for point in &summary.points {
        let ratio = |ratio: Option<f64>| ratio.map_or_else(|| "-".into(), significant);
        let mut row = vec![point.label.clone(), percent(&point.offline_accuracy)];
        if unanswered {
            row.extend([mean(&point.completed, 100.0), mean(&point.accuracy, 100.0)]);
        }
        row.extend([
            significant(point.payload_bits),
            ratio(point.ratio_to_float32),
            ratio(point.ratio_to_binary),
            mean(&point.latency_mean_s, 1e3),
            mean(&point.latency_p95_s, 1e3),
            mean(&point.energy_j, 1e3),
        ]);
        points.add_row(row);
    }
    println!("{points}");
    let samples = results.points.iter().map(|point| point.samples).max().unwrap_or(0);
    println!(
        "\naccuracy with nothing lost, on {samples} samples, 95 % Wilson interval; x float32, x binary: bits of the float32 \
         and of the T-step binary tensor at the split per payload bit;\nlatency and energy of the edge device per \
         completed request, ± half a 95 % t-interval over {} replications",
        results.manifest.replications
    );
    if !summary.comparisons.is_empty() {
        println!();
        print_comparisons(summary);
    }
}

fn print_comparisons(summary: &Summary) {
    let mut pairs = table(&["spiking - float", "accuracy points", "latency ms", "energy mJ"]);
    let label = |number: PointIndex| summary.points.iter().find(|p| p.point == number).map_or("", |p| p.label.as_str());
    for pair in &summary.comparisons {
        let AdjustedP { accuracy, latency_mean_s, energy_j } = pair.adjusted_p;
        pairs.add_row([
            format!("{} - {}", label(pair.spiking), label(pair.float)),
            marked(&percent_points(&pair.accuracy.difference), Some(accuracy)),
            marked(&mean(&pair.latency_mean_s, 1e3), latency_mean_s),
            marked(&mean(&pair.energy_j, 1e3), energy_j),
        ]);
    }
    println!(
        "{pairs}\n\npaired differences: the same samples, and the same arrivals in each replication, each with its own 95 % \
         interval;\n*: shown to differ, at a level of 5 % for all differences of its column together (Holm's correction)"
    );
}

/// A difference, with a mark if its adjusted p-value shows that it is one.
fn marked(difference: &str, adjusted_p: Option<f64>) -> String {
    let mark = if adjusted_p.is_some_and(|p| p <= SIGNIFICANCE) { '*' } else { ' ' };
    format!("{difference} {mark}")
}

fn percent_points(difference: &Interval) -> String {
    let [estimate, low, high] = [difference.estimate, difference.low, difference.high].map(|v| 100.0 * v);
    format!("{estimate:+.1} [{low:+.1}, {high:+.1}]")
}

/// JSON on standard output, for machines.
pub(crate) fn print_json(value: &Value) {
    println!("{value:#}");
}
