//! A network of another framework, executed on recorded inputs and compared with what was recorded of its nodes.

use super::nir::semantics;
use super::refused;
use crate::arguments::Infer;
use crate::failure::Failure;
use crate::given::check_samples;
use crate::output::{print_json, printable, say, say_wrapped, table, warn};
use cospike_models::import::nir::NirFile;
use cospike_models::import::onnx::OnnxFile;
use cospike_models::import::{Axes, Imported, NodeComparison, Recorded, RecordedComparison};
use cospike_models::zoo::Format;
use serde_json::{Value, json};
use std::path::Path;

/// Prints the differences. Fails if there are more than rounding makes.
pub(crate) fn compare(arguments: &Infer, path: &Path, format: Format, recorded: &Path) -> Result<(), Failure> {
    let options = arguments.file.options(Some(format))?;
    if options.normalisation.is_some() {
        return Err(Failure::mistake(
            "`--normalise` changes samples of a data set; what was recorded is fed in as it is\nhelp: leave `--normalise` out",
        ));
    }
    match format {
        Format::Nir => {
            let recorded = read(recorded, Axes::StepsAndSamples)?;
            let options = recorded.complete(options.nir);
            let file = NirFile::read(path, &options).map_err(Failure::mistake)?;
            let made = file.network.as_ref().map_err(|error| refused(&file.path, error))?;
            let told = Told {
                path: &file.path,
                dt: file.time_step.map(|step| step.dt),
                says: semantics(&file),
                help: "; see `--dt`, `--fire`, `--reset` and `--init` for what the file does not say",
            };
            told.compare(arguments, made, &recorded)
        }
        Format::Onnx => {
            let recorded = read(recorded, Axes::Samples)?;
            let file = OnnxFile::read(path).map_err(Failure::mistake)?;
            let wrong = |error| Failure::mistake(format_args!("{}: {error}", file.path));
            let made = file.network.as_ref().map_err(wrong)?;
            Told { path: &file.path, dt: None, says: vec![], help: "" }.compare(arguments, made, &recorded)
        }
        Format::Weights => Err(Failure::mistake(
            "`--compare` needs the file of a network of another framework (.nir, .onnx)\nhelp: `--scores FILE` writes the scores of a \
             network in a weight file",
        )),
    }
}

fn read(path: &Path, axes: Axes) -> Result<Recorded, Failure> {
    Recorded::read(path, axes).map_err(Failure::mistake)
}

/// What is told of a file beside the comparison.
struct Told<'a> {
    path: &'a str,
    dt: Option<f64>,
    says: Vec<String>,
    /// What may help where values differ.
    help: &'static str,
}

impl Told<'_> {
    fn compare(&self, arguments: &Infer, made: &Imported, recorded: &Recorded) -> Result<(), Failure> {
        let samples = arguments.samples;
        let samples =
            samples.map(|samples| check_samples(samples, recorded.samples(), "recorded samples")).transpose()?;
        let comparison = recorded.compare(made, samples).map_err(Failure::mistake)?;
        if !recorded.others.is_empty() {
            let others = printable(&recorded.others.join(", "));
            warn(&format!("not compared, because they are nothing that a node emits: {others}"));
        }
        if comparison.nodes.iter().chain(&comparison.out).all(|node| node.compared == 0) {
            return Err(Failure::mistake(format_args!(
                "nothing was compared: no array is called `out`, or `spk_NODE` or `v_NODE` after a node of {}\nhelp: `cospike check {}` lists \
                 the nodes",
                self.path, self.path
            )));
        }
        if arguments.json {
            print_json(&json!({
                "network": self.path,
                "dt": self.dt,
                "samples": comparison.samples,
                "time_steps": comparison.steps,
                "agrees": comparison.agrees(),
                "flips": comparison.flips(),
                "largest_difference": comparison.error(),
                "nodes": comparison.nodes.iter().map(node_json).collect::<Vec<_>>(),
                "out": comparison.out.as_ref().map(node_json),
            }));
        } else {
            print(&comparison);
            self.says.iter().for_each(|line| say_wrapped!("{line}"));
        }
        match comparison.agrees() {
            true => Ok(()),
            false => Err(Failure::Other(anyhow::anyhow!(
                "what was recorded is not reproduced: {}{}",
                differences(&comparison),
                self.help
            ))),
        }
    }
}

fn differences(comparison: &RecordedComparison) -> String {
    let (flips, error) = (comparison.flips(), comparison.error());
    let reals = format!("largest difference of real values {error:.1e}");
    match flips {
        0 => reals,
        _ if error == 0.0 => format!("{flips} flips"),
        _ => format!("{flips} flips, {reals}"),
    }
}

fn print(comparison: &RecordedComparison) {
    let mut nodes = table(&["layer", "compared", "spikes", "recorded", "flips", "largest difference"]);
    let mut row = |name: String, node: &NodeComparison| {
        let (spikes, recorded) = match node.spikes {
            Some((spikes, recorded)) => (spikes.to_string(), recorded.to_string()),
            None => ("-".into(), "-".into()),
        };
        let (flips, error) = match node.spikes {
            Some(_) => (node.flips.to_string(), "-".into()),
            None => ("-".into(), format!("{:.1e}", node.error)),
        };
        nodes.add_row([name, node.compared.to_string(), spikes, recorded, flips, error]);
    };
    comparison.nodes.iter().for_each(|node| row(printable(&node.layer), node));
    if let Some(out) = &comparison.out {
        row(format!("{}, the output", printable(&out.layer)), out);
    }
    say!("{nodes}");
    let compared: u64 = comparison.nodes.iter().chain(&comparison.out).map(|node| node.compared).sum();
    let RecordedComparison { samples, steps, .. } = comparison;
    say_wrapped!(
        "\n{} flips of {compared} values, largest difference of real values {:.1e}, {samples} samples, T = {steps}",
        comparison.flips(),
        comparison.error()
    );
}

fn node_json(node: &NodeComparison) -> Value {
    json!({
        "layer": node.layer,
        "compared": node.compared,
        "spikes": node.spikes.map(|(spikes, _)| spikes),
        "recorded": node.spikes.map(|(_, recorded)| recorded),
        "flips": node.flips,
        "largest_difference": node.error,
    })
}
