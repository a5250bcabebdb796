//! The keys of a scenario file as data: a JSON Schema for editors, and the tables of `docs/scenarios.md`.
//!
//! Both are written from the declarations in [`crate::scenario`], which `schemars` describes.

use crate::scenario::Scenario;
use schemars::generate::{Contract, SchemaSettings};
use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Line of `docs/scenarios.md` before the generated text.
const BEGIN: &str = "<!-- generated: keys -->\n";
/// Line of `docs/scenarios.md` after the generated text.
const END: &str = "<!-- end of generated text -->\n";

/// The one section that a sweep cannot vary.
const STUDY: &str = "study";

/// A table of a scenario: the file itself, a section, or a table inside one.
struct Table {
    description: String,
    keys: Vec<Key>,
}

/// A key of a table.
struct Key {
    name: String,
    description: String,
    is_required: bool,
    /// JSON value that stands in for a key that is left out, if there is one.
    default: Option<Value>,
    value: KeyValue,
}

/// What a key accepts.
enum KeyValue {
    Table(Table),
    ListOfTables(Table),
    /// Schema of the elements.
    List(Map<String, Value>),
    /// Schema of the value.
    Scalar(Map<String, Value>),
}

/// JSON Schema (draft 2020-12) of a scenario file, sweep included.
///
/// It has every key, type and word. What depends on several keys, and the ranges of numbers, `cospike check` knows only.
pub fn json_schema() -> Schema {
    let scenario = Table::of_scenario();
    let mut properties = scenario.properties(false);
    if let Some(study) = scenario.keys.iter().find(|key| key.name == STUDY) {
        properties.insert(STUDY.into(), study.schema(true));
    }
    properties.insert("sweep".into(), sweep(&scenario));
    json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scenario of CoSpike",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "required": [STUDY],
        // With a sweep, a key that a section leaves out may be given there.
        "if": { "not": { "required": ["sweep"] } },
        "then": scenario.requirements(),
    })
}

/// The page `docs/scenarios.md` with the text between its two markers written anew; `None` if a marker is missing.
pub fn page_with_keys(page: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    let mut keys = String::new();
    Table::of_scenario().write_inner("", &mut keys);
    Some(format!("{before}{BEGIN}{keys}\n{END}{after}"))
}

/// `[sweep]`, which mirrors the scenario with a list in the place of each value, or several `[[sweep]]`.
fn sweep(scenario: &Table) -> Value {
    let sections = scenario.keys.iter().filter(|key| key.name != STUDY);
    let mut properties: Map<_, _> = sections.filter_map(Key::swept).collect();
    let description = "Name of the grid in tables and charts.";
    properties.insert("name".into(), json!({ "type": "string", "description": description }));
    let grid = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    json!({
        "description": "Values that vary from design point to design point: all combinations of the lists.",
        "anyOf": [grid, { "type": "array", "items": grid, "minItems": 1 }],
    })
}

impl Table {
    fn of_scenario() -> Self {
        let schema = |contract| {
            let settings = SchemaSettings::draft2020_12().with(|settings| settings.contract = contract);
            settings.into_generator().into_root_schema_for::<Scenario>().to_value()
        };
        Declarations { read: schema(Contract::Deserialize), written: schema(Contract::Serialize) }.table("")
    }

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
            KeyValue::List(element) => list(element.clone()),
            KeyValue::Scalar(value) => value.clone(),
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
            KeyValue::Scalar(value) => {
                let mut schema = list(value.clone());
                schema.insert("minItems".into(), 1.into());
                schema
            }
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
            KeyValue::List(element) => format!("list of {}s", value_words(element)),
            KeyValue::Scalar(value) => value_words(value),
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
    Map::from_iter([("type".into(), "array".into()), ("items".into(), element.into())])
}

/// What a scalar accepts, in words.
fn value_words(schema: &Map<String, Value>) -> String {
    if let Some(Value::Array(words)) = schema.get("oneOf") {
        let words = words.iter().filter_map(|word| word["const"].as_str());
        return words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    }
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
    match (kind, schema.get("minimum"), schema.get("maximum")) {
        ("integer", Some(least), Some(most)) => format!("whole number, {least} to {most}"),
        ("integer", ..) => "whole number".into(),
        ("boolean", ..) => "true or false".into(),
        ("string", ..) => "text".into(),
        (other, ..) => other.into(),
    }
}

/// The schemas that `schemars` makes of the declarations.
struct Declarations {
    /// Schema of a scenario as it is read.
    read: Value,
    /// Schema of a scenario as it is written. No key is optional there, and the list of those that are required has them
    /// in the order of the declaration, which the (sorted) properties have lost.
    written: Value,
}

impl Declarations {
    /// The table whose schema is at `pointer`.
    fn table(&self, pointer: &str) -> Table {
        let find = |root: &Value| root.pointer(pointer).cloned().unwrap_or_default();
        let (read, in_order) = (find(&self.read), find(&self.written));
        let position = |schema: &Value, name: &str| schema["required"].as_array()?.iter().position(|key| key == name);
        let key = |(name, schema): (&String, &Value)| Key {
            name: name.clone(),
            description: description(schema),
            is_required: position(&read, name).is_some(),
            default: schema.get("default").cloned(),
            value: self.value(schema),
        };
        let mut keys: Vec<Key> = read["properties"].as_object().into_iter().flatten().map(key).collect();
        keys.sort_by_key(|key| position(&in_order, &key.name));
        Table { description: description(&read), keys }
    }

    fn value(&self, schema: &Value) -> KeyValue {
        // An optional value is this or null; TOML has no null.
        let schema = schema["anyOf"].get(0).unwrap_or(schema);
        if let Some(pointer) = definition(schema) {
            let target = self.read.pointer(pointer).and_then(Value::as_object).cloned().unwrap_or_default();
            return match target.contains_key("properties") {
                true => KeyValue::Table(self.table(pointer)),
                false => KeyValue::Scalar(target),
            };
        }
        let items = &schema["items"];
        match definition(items) {
            Some(pointer) => KeyValue::ListOfTables(self.table(pointer)),
            None if items.is_object() => KeyValue::List(scalar(items)),
            None => KeyValue::Scalar(scalar(schema)),
        }
    }
}

/// Pointer to the definition that a schema refers to.
fn definition(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix('#')
}

/// A schema without null among its types.
fn scalar(schema: &Value) -> Map<String, Value> {
    let mut scalar = schema.as_object().cloned().unwrap_or_default();
    if let Some(kind) = schema["type"].get(0) {
        scalar.insert("type".into(), kind.clone());
    }
    scalar
}

/// Description of a schema on one line.
fn description(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}
