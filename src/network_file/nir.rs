//! What is said of a file in the NIR format.

use super::verdicts::Verdicts;
use crate::output::printable;
use cospike_models::import::nir::{Initial, NirFile, NirOptions};
use serde_json::json;

pub(super) fn verdicts<'a>(file: &'a NirFile, options: &NirOptions) -> Verdicts<'a> {
    Verdicts {
        path: &file.path,
        blake3: &file.blake3,
        nodes: file.nodes.clone(),
        says: semantics(file, options),
        fields: json!({
            "version": file.version,
            "dt": file.time_step.map(|step| step.dt),
            "dt_inferred": file.time_step.map(|step| step.is_inferred),
            "fire": if options.fires_at_threshold { "ge" } else { "gt" },
            "reset": if options.soft_reset { "soft" } else { "hard" },
            "initial": match options.initial {
                Initial::Rest => "rest",
                Initial::Reset => "reset",
                Initial::Zero => "zero",
            },
        }),
        warnings: &file.notes,
        network: file.network.as_ref().ok().map(|made| made.network.clone()),
    }
}

/// What the file leaves open, and how it is taken.
pub(super) fn semantics(file: &NirFile, options: &NirOptions) -> Vec<String> {
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
