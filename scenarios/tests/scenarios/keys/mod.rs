//! The numeric keys of a scenario: their limits and their units.

mod limits;
mod profiles;
mod units;

use cospike_scenarios::schema::json_schema;
use serde_json::{Map, Value};

/// A numeric key as the JSON Schema declares it.
struct NumericKey {
    /// Dotted path.
    path: String,
    is_whole: bool,
    /// Whether it is a list of numbers.
    is_list: bool,
    /// Whether it is a key of tables in a list.
    in_list: bool,
    can_be_swept: bool,
    least: f64,
    most: f64,
    /// Smallest value besides 0.
    least_above_0: Option<f64>,
}

/// Every numeric key of the JSON Schema. Each must have limits.
fn numeric_keys() -> Vec<NumericKey> {
    let schema = json_schema();
    let mut keys = vec![];
    collect("", false, schema.as_value()["properties"].as_object().unwrap(), &mut keys);
    keys
}

fn collect(path: &str, in_list: bool, properties: &Map<String, Value>, keys: &mut Vec<NumericKey>) {
    let is_of_scenario = |name: &str| !path.is_empty() || !["sweep", "find", "goal"].contains(&name);
    for (name, schema) in properties.iter().filter(|(name, _)| is_of_scenario(name)) {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let is_list = schema["items"].is_object();
        let value = if is_list { &schema["items"] } else { schema };
        if let Some(inner) = value["properties"].as_object() {
            collect(&path, in_list || is_list, inner, keys);
            continue;
        }
        let kind = value["type"].as_str().unwrap_or_default();
        if kind == "integer" || kind == "number" {
            let limit = |key: &str| value[key].as_f64().unwrap_or_else(|| panic!("{path} has no {key}"));
            keys.push(NumericKey {
                is_whole: kind == "integer",
                is_list,
                in_list,
                can_be_swept: !is_list && !in_list && !path.starts_with("study."),
                least: limit("minimum"),
                most: limit("maximum"),
                least_above_0: value["anyOf"][1]["minimum"].as_f64(),
                path,
            });
        }
    }
}
