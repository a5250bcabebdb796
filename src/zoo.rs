//! `zoo`: what is built in.

use crate::Failure;
use crate::run::print_json;
use crate::table::table;
use cospike_scenarios::zoo::{Entry, Zoo};
use serde_json::{Value, json};

/// Lists the trained networks, with how they were made.
pub(crate) fn list(as_json: bool) -> Result<(), Failure> {
    let zoo = Zoo::shipped()?;
    if as_json {
        print_json(&Value::Array(zoo.entries().iter().map(entry_json).collect()));
        return Ok(());
    }
    let mut networks = table(&["network", "task", "T", "test accuracy %", "validation %", "payload bit", "MACs", "kB"]);
    for entry in zoo.entries() {
        let of = |key: &str| entry.metadata.all.get(key).map_or("-", String::as_str);
        let percent = |key: &str| of(key).parse::<f64>().map_or_else(|_| "-".into(), |v| format!("{:.2}", 100.0 * v));
        networks.add_row([
            entry.name.clone(),
            of("task").into(),
            of("time_steps").into(),
            percent("test_accuracy"),
            percent("validation_accuracy"),
            of("payload_bits").into(),
            of("macs").into(),
            (entry.size() / 1000).to_string(),
        ]);
    }
    println!("{networks}");
    println!(
        "\naccuracy on all test images, measured by `cospike infer NETWORK`; MACs: dense, one time step; a network with a \
         unit takes its head from the backbone's file;\nhow each was trained: `cospike zoo --json`"
    );
    Ok(())
}

fn entry_json(entry: &Entry) -> Value {
    json!({ "name": entry.name, "bytes": entry.size(), "blake3": entry.blake3, "metadata": entry.metadata.all })
}
