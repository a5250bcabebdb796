//! `check`: a scenario is compiled, but not run.

use crate::arguments::Check;
use crate::estimate::{estimate, notable};
use crate::failure::Failure;
use crate::network_file;
use crate::outlook::Outlook;
use crate::output::{plural, print_json, printable, say, say_wrapped, warn};
use crate::training_plan;
use cospike_models::zoo::Format;
use cospike_results::manifest::SearchUsed;
use cospike_studies::search::{Searches, most_probes};
use serde_json::json;
use std::path::Path;

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
    let zoo = arguments.scenario.zoo()?;
    if let Some(path) = &arguments.training_plan {
        return training_plan::write(&arguments.scenario, &zoo, path);
    }
    let compiled = arguments.scenario.compile_with_searches(&zoo).map_err(|failure| match failure {
        Failure::InFile(mistake) => match training_plan::advice(&arguments.scenario, &zoo) {
            Some(advice) => Failure::InFile(Box::new(mistake.with_help(&advice))),
            None => Failure::InFile(mistake),
        },
        other => other,
    })?;
    if arguments.plan {
        say!("{}", serde_json::to_string_pretty(&compiled.plan)?);
        return Ok(());
    }
    compiled.plan.provenance.warnings.iter().for_each(|warning| warn(&printable(warning)));
    let searches = compiled.searches.clone();
    let outlook = Outlook::new(compiled, &zoo)?;
    let plan = outlook.plan();
    let labels: Vec<&str> = plan.points.iter().map(|point| point.label.as_str()).collect();
    let (networks, replications) = (plan.networks.len(), plan.replications);
    let estimate = estimate(plan);
    let samples: u64 = plan.networks.iter().map(|network| u64::from(network.samples.count)).sum();
    if arguments.json {
        print_json(&json!({
            "study": plan.name,
            "design_points": labels,
            "replications": replications,
            "networks": networks,
            "warnings": plan.provenance.warnings,
            "search": plan.provenance.search,
            "inferences": samples,
            "requests": estimate.requests,
            "least_memory_bytes": estimate.bytes(),
            "least_simulation_seconds": estimate.seconds(),
            "expected_inference_seconds": outlook.time.inference,
            "expected_simulation_seconds": outlook.time.simulation,
            "trial_loads": outlook.loads_json(),
        }));
    } else {
        say_wrapped!(
            "{}: {} x {}; {} on {} in all",
            plan.name,
            plural(labels.len() as u64, "design point"),
            plural(replications.into(), "replication"),
            plural(networks as u64, "network"),
            plural(samples, "sample")
        );
        notable(&estimate).iter().for_each(|line| say_wrapped!("{line}"));
        outlook.print_time();
        labels.iter().for_each(|label| say!("  {label}"));
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
