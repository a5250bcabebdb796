//! What is said of a file in the NIR format.

use super::verdicts::Verdicts;
use crate::output::printable;
use cospike_models::import::nir::{Initial, NirFile, NirOptions};
use cospike_sim_core::network::{CellReset, Fires};
use serde_json::json;

pub(super) fn verdicts(file: &NirFile) -> Verdicts<'_> {
    Verdicts {
        path: &file.path,
        blake3: &file.blake3,
        nodes: file.nodes.clone(),
        says: semantics(file),
        fields: json!({
            "version": file.version,
            "dt": file.time_step.map(|step| step.dt),
            "dt_inferred": file.time_step.map(|step| step.is_inferred),
            "fire": file.options.fires_word(),
            "reset": file.options.reset_word(),
            "initial": file.options.initial_word(),
            "time_steps": file.metadata.time_steps,
        }),
        warnings: &file.notes,
        network: file.network.as_ref().ok().map(|made| made.network.clone()),
    }
}

/// What the format leaves open, and how it is taken.
pub(super) fn semantics(file: &NirFile) -> Vec<String> {
    let version =
        file.version.as_deref().map_or_else(|| "of no version".into(), |v| format!("of version {}", printable(v)));
    let mut lines = vec![format!("{}: NIR {version}", file.path)];
    if let Some(step) = file.time_step {
        let from = match step.is_inferred {
            true => "found from its neurons, whose inputs it gives the weight 1",
            false if file.metadata.options.dt == Some(step.dt) => "as the file says",
            false => "as given",
        };
        lines.push(format!("time step: {:e}, {from}", step.dt));
    }
    let reset = match file.options.reset() {
        CellReset::Soft => "takes the threshold off the membrane",
        CellReset::Hard => "sets the membrane to `v_reset`",
    };
    let fire = if file.options.fires() == Fires::From { "from the threshold on" } else { "above the threshold" };
    lines.push(format!("neurons fire {fire}; a spike {reset}; membranes begin at {}", initial(&file.options)));
    if let Some(steps) = file.metadata.time_steps {
        lines.push(format!("T = {steps}, as the file says"));
    }
    lines
}

fn initial(options: &NirOptions) -> &'static str {
    match options.initial() {
        Initial::Rest => "`v_leak`, without leak at `v_reset`",
        Initial::Reset => "`v_reset`",
        Initial::Zero => "0",
    }
}
