//! The keys of a scenario file as data: a JSON Schema for editors, and the tables of `docs/scenarios.md`.
//!
//! Both are written from the declarations in [`crate::scenario`], which `schemars` describes.

use crate::declarations::{Key, KeyValue, MINIMUM_ABOVE_0, SCENARIO, Table, accepted};
use crate::sweep::{AIMS, CONFIDENCE, GOALS, MAX_POINTS, MAX_REPLICATIONS, METHODS, SCALES, is_number};
use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Line of `docs/scenarios.md` before the generated text.
const BEGIN: &str = "<!-- generated: keys -->\n";
/// Line of `docs/scenarios.md` after the generated text.
const END: &str = "<!-- end of generated text -->\n";

/// The one section that a sweep cannot vary.
const STUDY: &str = "study";

/// JSON Schema (draft 2020-12) of a scenario file, sweep included.
///
/// It has every key, type, word and limit. What depends on several keys or on other files, `cospike check` knows only.
pub fn json_schema() -> Schema {
    let scenario = &*SCENARIO;
    let mut properties = scenario.properties(false);
    if let Some(study) = scenario.keys.iter().find(|key| key.name == STUDY) {
        properties.insert(STUDY.into(), study.schema(true));
    }
    properties.insert("sweep".into(), sweep(scenario));
    properties.insert("find".into(), find());
    properties.insert("goal".into(), goal());
    json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scenario of CoSpike",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "required": [STUDY],
        "$defs": { "range": range() },
        // With a sweep or a search, a key that a section leaves out may be given there.
        "if": { "not": { "anyOf": [{ "required": ["sweep"] }, { "required": ["find"] }] } },
        "then": scenario.requirements(),
    })
}

/// The page `docs/scenarios.md` with the text between its two markers written anew; `None` if a marker is missing.
pub fn page_with_keys(page: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    let mut keys = String::new();
    SCENARIO.write_inner("", &mut keys);
    Some(format!("{before}{BEGIN}{keys}\n{END}{after}"))
}

/// `[sweep]`, which mirrors the scenario with a list in the place of each value, or several `[[sweep]]`.
fn sweep(scenario: &Table) -> Value {
    let sections = scenario.keys.iter().filter(|key| key.name != STUDY);
    let mut properties: Map<_, _> = sections.filter_map(Key::swept).collect();
    let zip = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    let own = [
        ("name", json!({ "type": "string", "description": "Name of the grid in tables and charts." })),
        ("sample", sample()),
        (
            "where",
            json!({ "type": "string", "description": "Condition on the keys of the scenario that design points fulfil." }),
        ),
        ("zip", one_or_several("Values that change together: the first of each list, then the second of each.", zip)),
    ];
    properties.extend(own.map(|(name, schema)| (name.into(), schema)));
    let grid = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    one_or_several("Values that vary from design point to design point: all combinations of the lists.", grid)
}

/// A search for a value of a key.
fn find() -> Value {
    let mut properties = range()["properties"].clone();
    let own = json!({
        "key": { "type": "string", "description": "Key that is searched, such as `fleet.devices`." },
        "goal": { "enum": GOALS, "description": "Which value is looked for." },
        "where": { "type": "string", "description": "Condition on the metrics of a design point that must hold." },
        "confidence": {
            "type": "number", "minimum": 0.5, "maximum": 0.999_999, "default": CONFIDENCE,
            "description": "Probability that no verdict of a search is wrong.",
        },
        "max_replications": {
            "type": "integer", "minimum": 2, "maximum": MAX_POINTS, "default": MAX_REPLICATIONS,
            "description": "Maximum number of replications of a value.",
        },
    });
    if let (Value::Object(properties), Value::Object(own)) = (&mut properties, own) {
        properties.extend(own);
    }
    json!({
        "type": "object",
        "description": "Search for the largest or smallest value of a key for which a condition on the results holds.",
        "properties": properties,
        "required": ["key", "goal", "where", "from", "to"],
        "oneOf": [{ "required": ["step"] }, { "required": ["count"] }],
        "additionalProperties": false,
    })
}

/// Which design point is the best.
fn goal() -> Value {
    let metric = |words| json!({ "type": "string", "description": format!("Metric of which {words} is better, such as `energy_j`.") });
    json!({
        "type": "object",
        "description": "Which design point is the best: least or most of a metric, within limits of others.",
        "properties": {
            AIMS[0].0: metric("less"),
            AIMS[1].0: metric("more"),
            "where": { "type": "string", "description": "Limits of metrics that the design point has to keep." },
            "confidence": {
                "type": "number", "minimum": 0.5, "maximum": 0.999_999, "default": CONFIDENCE,
                "description": "Probability with which limits must be kept, and differences be shown.",
            },
        },
        "oneOf": [{ "required": [AIMS[0].0] }, { "required": [AIMS[1].0] }],
        "additionalProperties": false,
    })
}

/// A table, or a list of such tables.
fn one_or_several(description: &str, table: Value) -> Value {
    json!({ "description": description, "anyOf": [table, { "type": "array", "items": table, "minItems": 1 }] })
}

/// Some points of a grid in the place of all.
fn sample() -> Value {
    json!({
        "type": "object",
        "description": "Some points of the grid in the place of all combinations; ranges need neither `step` nor `count`.",
        "properties": {
            "method": { "enum": METHODS, "description": "How the points are spread." },
            "count": { "type": "integer", "minimum": 2, "maximum": MAX_POINTS, "description": "Number of points." },
            "seed": { "type": "integer", "minimum": 0, "description": "Seed of the points; not of `sobol`." },
        },
        "required": ["method", "count"],
        "if": { "properties": { "method": { "const": "sobol" } } },
        "then": { "not": { "required": ["seed"] } },
        "else": { "required": ["seed"] },
        "additionalProperties": false,
    })
}

/// The values between two ends, in the place of a list.
fn range() -> Value {
    json!({
        "type": "object",
        "description": "Values from one end to the other, both included: at equal distances, or so many.",
        "properties": {
            "from": { "type": "number", "description": "Smallest value." },
            "to": { "type": "number", "description": "Largest value." },
            "step": { "type": "number", "exclusiveMinimum": 0, "description": "Distance from a value to the next." },
            "count": { "type": "integer", "minimum": 2, "maximum": MAX_POINTS, "description": "Number of values." },
            "scale": { "enum": SCALES, "description": "Equal distances, or equal ratios.", "default": SCALES[0] },
        },
        "required": ["from", "to"],
        "not": { "required": ["step", "count"] },
        "additionalProperties": false,
    })
}

impl Table {
    /// Schemas of its keys. If `is_complete`, tables inside must have all keys that are not optional.
    fn properties(&self, is_complete: bool) -> Map<String, Value> {
        self.keys.iter().map(|key| (key.name.clone(), key.schema(is_complete))).collect()
    }

    fn schema(&self, is_complete: bool) -> Map<String, Value> {
        let mut schema = Map::new();
        schema.insert("type".into(), "object".into());
        schema.insert("properties".into(), self.properties(is_complete).into());
        schema.insert("additionalProperties".into(), false.into());
        if is_complete {
            schema.insert("required".into(), self.required().into());
        }
        schema
    }

    /// A schema of the keys that this table and the tables inside must have.
    fn requirements(&self) -> Value {
        let inner = self.keys.iter().filter_map(|key| match &key.value {
            KeyValue::Table(table) => Some((key.name.clone(), table.requirements())),
            _ => None,
        });
        json!({ "required": self.required(), "properties": inner.collect::<Map<_, _>>() })
    }

    fn required(&self) -> Vec<&str> {
        self.keys.iter().filter(|key| key.is_required).map(|key| key.name.as_str()).collect()
    }

    /// Writes the pages of the tables inside; `path` is that of this table.
    fn write_inner(&self, path: &str, page: &mut String) {
        for key in &self.keys {
            let path = if path.is_empty() { key.name.clone() } else { format!("{path}.{}", key.name) };
            match &key.value {
                KeyValue::Table(table) => table.write(&path, &format!("[{path}]"), page),
                KeyValue::ListOfTables(table) => table.write(&path, &format!("[[{path}]]"), page),
                KeyValue::List(_) | KeyValue::Scalar(_) => {}
            }
        }
    }

    fn write(&self, path: &str, heading: &str, page: &mut String) {
        let rows: String = self.keys.iter().map(Key::row).collect();
        let head = "| key | value | meaning |\n|---|---|---|";
        // Writing to a string cannot fail.
        let _ = write!(page, "\n## `{heading}`\n\n{}\n\n{head}\n{rows}", self.description);
        self.write_inner(path, page);
    }
}

impl Key {
    fn schema(&self, is_complete: bool) -> Value {
        let mut schema = match &self.value {
            KeyValue::Table(table) => table.schema(is_complete),
            KeyValue::ListOfTables(table) => list(table.schema(true)),
            KeyValue::List(element) => list(scalar(element)),
            KeyValue::Scalar(value) => scalar(value),
        };
        schema.insert("description".into(), self.description.clone().into());
        schema.extend(self.default.clone().map(|default| ("default".into(), default)));
        schema.into()
    }

    /// Its name and schema in a sweep; `None` for a list, which cannot be swept.
    fn swept(&self) -> Option<(String, Value)> {
        let mut schema = match &self.value {
            KeyValue::Table(table) => {
                let properties: Map<_, _> = table.keys.iter().filter_map(Self::swept).collect();
                let mut schema = table.schema(false);
                schema.insert("properties".into(), properties.into());
                schema
            }
            KeyValue::Scalar(value) if is_number(value) => {
                let forms = json!([list(scalar(value)), { "$ref": "#/$defs/range" }]);
                Map::from_iter([("anyOf".into(), forms)])
            }
            KeyValue::Scalar(value) => list(scalar(value)),
            KeyValue::List(_) | KeyValue::ListOfTables(_) => return None,
        };
        schema.insert("description".into(), self.description.clone().into());
        Some((self.name.clone(), schema.into()))
    }

    /// Its row on the page.
    fn row(&self) -> String {
        let value = match &self.value {
            KeyValue::Table(_) => "table".into(),
            KeyValue::ListOfTables(_) => "list of tables".into(),
            KeyValue::List(element) => format!("list, each a {}", accepted(element)),
            KeyValue::Scalar(value) => accepted(value),
        };
        let default = self.default.as_ref().filter(|default| !default.is_array());
        let optional = match default {
            Some(default) => format!(", optional (default `{}`)", default.to_string().trim_matches('"')),
            None if self.is_required => String::new(),
            None => ", optional".into(),
        };
        format!("| `{}` | {value}{optional} | {} |\n", self.name, self.description.replace('|', "\\|"))
    }
}

fn list(element: Map<String, Value>) -> Map<String, Value> {
    Map::from_iter([("type".into(), "array".into()), ("items".into(), element.into()), ("minItems".into(), 1.into())])
}

/// The schema of a value in standard keywords only.
fn scalar(schema: &Map<String, Value>) -> Map<String, Value> {
    let mut schema = schema.clone();
    if let Some(least) = schema.remove(MINIMUM_ABOVE_0) {
        schema.insert("anyOf".into(), json!([{ "const": 0 }, { "minimum": least }]));
    }
    schema
}
