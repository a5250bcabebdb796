//! Networks of other frameworks in the NIR format: checked, executed, compared with what was recorded of them.

mod compare;

pub(crate) use compare::compare;

use crate::failure::Failure;
use crate::output::{note, print_json, printable, say, table};
use clap::{Args, ValueEnum};
use comfy_table::CellAlignment;
use cospike_models::import::nir::{Initial, NirError, NirFile, NirOptions, NodeReport, Runs};
use cospike_models::zoo::ZooError;
use serde_json::{Value, json};
use std::path::Path;

/// What the NIR format leaves open.
#[derive(Args)]
pub(crate) struct GivenNir {
    /// Of a .nir file: length of a time step, in the unit of its time constants, such as 1e-4 [default: the one with which inputs have
    /// the weight 1, if all neurons agree on it]
    #[arg(long, value_name = "TIME")]
    dt: Option<f64>,
    /// Of a .nir file: what a spike does to the membrane [default: hard]
    #[arg(long, value_enum)]
    reset: Option<Reset>,
    /// Of a .nir file: where a neuron fires [default: gt]
    #[arg(long, value_enum)]
    fire: Option<Fire>,
    /// Of a .nir file: membranes before the first step [default: rest]
    #[arg(long, value_enum)]
    init: Option<Init>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Reset {
    /// Sets it to the value in the file, or to 0
    Hard,
    /// Takes the threshold off it
    Soft,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Fire {
    /// Above its threshold: snnTorch, Norse, the text of NIR
    Gt,
    /// From its threshold on: SpikingJelly, sinabs
    Ge,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Init {
    /// To where they decay (`v_leak`)
    Rest,
    /// Where they are after a spike (`v_reset`)
    Reset,
    /// 0
    Zero,
}

impl GivenNir {
    pub(crate) fn options(&self) -> NirOptions {
        NirOptions {
            dt: self.dt,
            soft_reset: self.reset == Some(Reset::Soft),
            fires_at_threshold: self.fire == Some(Fire::Ge),
            initial: match self.init {
                None | Some(Init::Rest) => Initial::Rest,
                Some(Init::Reset) => Initial::Reset,
                Some(Init::Zero) => Initial::Zero,
            },
        }
    }

    /// Refuses these options where there is no .nir file.
    pub(crate) fn refuse(&self) -> Result<(), Failure> {
        let given = [
            ("--dt", self.dt.is_some()),
            ("--reset", self.reset.is_some()),
            ("--fire", self.fire.is_some()),
            ("--init", self.init.is_some()),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) => Err(Failure::mistake(format_args!("`{option}` needs the file of a network (.nir)"))),
            None => Ok(()),
        }
    }
}

/// The path, if `word` names a file in the NIR format.
pub(crate) fn is_file(word: &str) -> Option<&Path> {
    let path = Path::new(word);
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("nir")).then_some(path)
}

/// Says of every node of the network at `path` how it is executed. Fails if one is not.
pub(crate) fn check(path: &Path, given: &GivenNir, as_json: bool) -> Result<(), Failure> {
    let options = given.options();
    let file = NirFile::read(path, &options).map_err(Failure::mistake)?;
    if as_json {
        print_json(&checked_json(&file, &options));
    } else {
        print_checked(&file, &options);
    }
    match &file.network {
        Ok(_) => Ok(()),
        Err(error) => Err(refused(&file.path, error)),
    }
}

/// The failure of a file that makes no network.
fn refused(path: &str, error: &NirError) -> Failure {
    match error {
        NirError::TimeStep(_) => {
            Failure::mistake(format_args!("{path}: {error}\nhelp: give the time step with `--dt`"))
        }
        _ => Failure::mistake(format_args!("{path}: {error}")),
    }
}

/// The failure of a file that is no network of a zoo.
pub(crate) fn not_runnable(error: ZooError) -> Failure {
    match &error {
        ZooError::Nir(NirError::File { path, error }) => refused(path, error),
        _ => Failure::mistake(error),
    }
}

fn print_checked(file: &NirFile, options: &NirOptions) {
    let mut nodes = table(&["node", "type", "emits", "runs", ""]);
    nodes.column_iter_mut().for_each(|column| {
        column.set_cell_alignment(CellAlignment::Left);
    });
    for node in &file.nodes {
        let (runs, remark) = (runs(node), remarks(node).join("; "));
        nodes.add_row([printable(&node.name), printable(&node.kind), emits(node), runs.into(), printable(&remark)]);
    }
    say!("{nodes}");
    say!();
    semantics(file, options).iter().for_each(|line| say!("{line}"));
    if let Ok(made) = &file.network {
        let names: Vec<_> = made.network.split_points.iter().map(|split| printable(&split.name)).collect();
        say!("split points: {}", names.join(", "));
    }
    file.notes.iter().for_each(|text| note!("warning: {}", printable(text)));
}

/// How the node is executed, in a word or two.
fn runs(node: &NodeReport) -> &'static str {
    match node.runs {
        Runs::NotSupported(_) => "not supported",
        Runs::AsSpikes => "as spikes",
        Runs::AsRealValues => "as real values",
    }
}

fn remarks(node: &NodeReport) -> Vec<String> {
    match &node.runs {
        Runs::NotSupported(reason) => vec![reason.clone()],
        _ => node.approximations.clone(),
    }
}

fn emits(node: &NodeReport) -> String {
    let sizes = node.emits.as_ref().map(|sizes| sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join("x"));
    sizes.unwrap_or_else(|| "-".into())
}

/// What the file leaves open, and how it is taken.
fn semantics(file: &NirFile, options: &NirOptions) -> Vec<String> {
    let version =
        file.version.as_deref().map_or_else(|| "of no version".into(), |v| format!("of version {}", printable(v)));
    let mut lines = vec![format!("{}: NIR {version}", file.path)];
    if let Some(step) = file.time_step {
        let from =
            if step.is_inferred { "found from its neurons, whose inputs it gives the weight 1" } else { "as given" };
        lines.push(format!("time step: {:e}, {from}", step.dt));
    }
    let reset =
        if options.soft_reset { "takes the threshold off the membrane" } else { "sets the membrane to `v_reset`" };
    let fire = if options.fires_at_threshold { "from the threshold on" } else { "above the threshold" };
    lines.push(format!("neurons fire {fire}; a spike {reset}; membranes begin at {}", initial(options)));
    lines
}

fn initial(options: &NirOptions) -> &'static str {
    match options.initial {
        Initial::Rest => "`v_leak`, without leak at `v_reset`",
        Initial::Reset => "`v_reset`",
        Initial::Zero => "0",
    }
}

fn checked_json(file: &NirFile, options: &NirOptions) -> Value {
    let node = |node: &NodeReport| {
        json!({
            "node": node.name,
            "type": node.kind,
            "emits": node.emits,
            "runs": runs(node),
            "remarks": remarks(node),
        })
    };
    let splits =
        file.network.as_ref().ok().map(|made| made.network.split_points.iter().map(|s| &s.name).collect::<Vec<_>>());
    json!({
        "file": file.path,
        "version": file.version,
        "blake3": file.blake3,
        "dt": file.time_step.map(|step| step.dt),
        "dt_inferred": file.time_step.map(|step| step.is_inferred),
        "fire": if options.fires_at_threshold { "ge" } else { "gt" },
        "reset": if options.soft_reset { "soft" } else { "hard" },
        "initial": match options.initial {
            Initial::Rest => "rest",
            Initial::Reset => "reset",
            Initial::Zero => "zero",
        },
        "nodes": file.nodes.iter().map(node).collect::<Vec<_>>(),
        "warnings": file.notes,
        "split_points": splits,
        "runnable": file.network.is_ok(),
    })
}
