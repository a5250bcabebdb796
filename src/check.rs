//! `check`: a scenario is compiled, but not run.

use crate::arguments::Check;
use crate::estimate::{estimate, notable};
use crate::failure::Failure;
use crate::network_file;
use crate::outlook::Outlook;
use crate::output::{plural, print_json, printable, say, say_wrapped, warn};
use crate::scenario::failure;
use crate::training_plan;
use cospike_models::zoo::Format;
use cospike_results::manifest::SearchUsed;
use cospike_scenarios::Points;
use cospike_studies::search::{Searches, most_probes};
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::path::Path;

/// What `check --json` says of a scenario. Labels are made while they are written: there may be a million.
#[derive(Serialize)]
struct Checked<'a> {
    #[serde(serialize_with = "write_labels")]
    design_points: &'a Points<'a>,
    expected_inference_seconds: f64,
    expected_simulation_seconds: f64,
    inferences: u64,
    least_memory_bytes: u64,
    least_simulation_seconds: f64,
    networks: usize,
    replications: u32,
    requests: f64,
    search: Option<&'a SearchUsed>,
    study: &'a str,
    trial_loads: Value,
    warnings: &'a [String],
}

fn write_labels<S: Serializer>(points: &&Points<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(points.labels())
}

/// Checks a scenario and prints its design points, or the plan that it compiles to.
pub(crate) fn check(arguments: &Check) -> Result<(), Failure> {
    let word = arguments.scenario.word();
    if let Some(format) = Format::recognise(word) {
        let of_scenarios = arguments.scenario.option_of_scenarios();
        let of_plans =
            arguments.plan.then_some("--plan").or(arguments.training_plan.as_ref().map(|_| "--training-plan"));
        if let Some(option) = of_scenarios.or(of_plans) {
            return Err(Failure::mistake(format_args!(
                "`{option}` needs a scenario, but {word} is the file of a network"
            )));
        }
        let about = (&arguments.file, &arguments.unit);
        return network_file::check((Path::new(word), format), about, arguments.readout, arguments.json);
    }
    if arguments.unit.is_given() {
        return Err(Failure::mistake(
            "`--unit-at` needs the file of a network (.nir, .onnx, .safetensors)\nhelp: `cospike networks NAME` takes it for an architecture",
        ));
    }
    arguments.file.options(None)?;
    if arguments.readout.is_some() {
        return Err(Failure::mistake(
            "`--readout` needs the file of a network (.nir, .onnx, .safetensors)\nhelp: in a scenario it is `readout` in [network]",
        ));
    }
    if let Some(path) = &arguments.training_plan {
        return training_plan::write(&arguments.scenario, &arguments.scenario.zoo()?, path);
    }
    let read = arguments.scenario.read()?;
    let (mut compiled, mut points) = read.checked().map_err(|failure| match failure {
        Failure::InFile(mistake) => match training_plan::advice(&arguments.scenario, &read.zoo) {
            Some(advice) => Failure::InFile(Box::new(mistake.with_help(&advice))),
            None => Failure::InFile(mistake),
        },
        other => other,
    })?;
    if arguments.plan {
        compiled.plan.points = points.all().map_err(failure)?;
        say!("{}", serde_json::to_string_pretty(&compiled.plan)?);
        return Ok(());
    }
    compiled.plan.provenance.warnings.iter().for_each(|warning| warn(&printable(warning)));
    let searches = compiled.searches.clone();
    let outlook = Outlook::new(compiled, &mut points, &read.zoo)?;
    let plan = outlook.plan();
    let (networks, replications) = (plan.networks.len(), plan.replications);
    let estimate = estimate(plan, outlook.census());
    let samples: u64 = plan.networks.iter().map(|network| u64::from(network.samples.count)).sum();
    if arguments.json {
        print_json(&Checked {
            study: &plan.name,
            design_points: &points,
            replications,
            networks,
            warnings: &plan.provenance.warnings,
            search: plan.provenance.search.as_ref(),
            inferences: samples,
            requests: estimate.requests,
            least_memory_bytes: estimate.bytes(),
            least_simulation_seconds: estimate.seconds(),
            expected_inference_seconds: outlook.time.inference,
            expected_simulation_seconds: outlook.time.simulation,
            trial_loads: outlook.loads_json(),
        });
    } else {
        say_wrapped!(
            "{}: {} x {}; {} on {} in all",
            plan.name,
            plural(points.len() as u64, "design point"),
            plural(replications.into(), "replication"),
            plural(networks as u64, "network"),
            plural(samples, "sample")
        );
        notable(&estimate).iter().for_each(|line| say_wrapped!("{line}"));
        outlook.print_time();
        points.labels().for_each(|label| say!("  {label}"));
        outlook.print_loads();
        if let Some((search, searches)) = plan.provenance.search.as_ref().zip(searches) {
            print_search(search, &searches);
        }
    }
    Ok(())
}

/// Says what is searched; the design points above are its ends.
fn print_search(search: &SearchUsed, searches: &Searches) {
    let SearchUsed { key, goal, from, to, candidates, condition, max_replications, .. } = search;
    say_wrapped!(
        "\nthese are the ends of {}: the {goal} {key} for which {condition}, of {candidates} from {from} to {to}; \
         at most {} candidates of each are probed, with at most {max_replications} replications",
        plural(searches.bases.len() as u64, "search").replace("searchs", "searches"),
        most_probes(searches.candidates.len()),
    );
}
