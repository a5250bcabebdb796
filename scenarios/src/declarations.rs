//! The keys of a scenario as `schemars` describes the declarations in [`crate::scenario`]: names, meanings, kinds and limits.

use crate::scenario::Scenario;
use cospike_sim_core::kernel::Number;
use cospike_sim_core::record::Kind;
use schemars::generate::{Contract, SchemaSettings};
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// The declared keys of a scenario file.
pub(crate) static SCENARIO: LazyLock<Table> = LazyLock::new(|| {
    let schema = |contract| {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.contract = contract);
        settings.into_generator().into_root_schema_for::<Scenario>().to_value()
    };
    Declarations { read: schema(Contract::Deserialize), written: schema(Contract::Serialize) }.table("")
});

/// Keyword beside `minimum = 0`: the smallest value above 0 that is accepted.
pub(crate) const MINIMUM_ABOVE_0: &str = "x-minimum-above-0";

/// A table of a scenario: the file itself, a section, or a table inside one.
pub(crate) struct Table {
    pub(crate) description: String,
    pub(crate) keys: Vec<Key>,
}

impl Table {
    /// Names of its keys, as messages list them.
    pub(crate) fn names(&self) -> String {
        self.keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// A key of a table.
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) is_required: bool,
    /// JSON value that stands in for a key that is left out, if there is one.
    pub(crate) default: Option<Value>,
    pub(crate) value: KeyValue,
}

/// What a key accepts.
pub(crate) enum KeyValue {
    Table(Table),
    ListOfTables(Table),
    /// Schema of the elements.
    List(Map<String, Value>),
    /// Schema of the value.
    Scalar(Map<String, Value>),
}

/// Kind of the values of the key at a dotted `path`; of one that is not declared, text.
pub(crate) fn kind_of_key(path: &str) -> Kind {
    let mut table = &*SCENARIO;
    for name in path.split('.') {
        match table.keys.iter().find(|key| key.name == name).map(|key| &key.value) {
            Some(KeyValue::Table(inner)) => table = inner,
            Some(KeyValue::Scalar(schema)) => return kind(schema),
            _ => break,
        }
    }
    Kind::Text
}

/// Kind of the values that a schema describes.
fn kind(schema: &Map<String, Value>) -> Kind {
    match schema.get("type").and_then(Value::as_str) {
        Some("integer") => Kind::Whole64,
        Some("number") => Kind::Real,
        Some("boolean") => Kind::Truth,
        _ => Kind::Text,
    }
}

/// What a value accepts, in words: `whole number from 1 to 64`.
pub(crate) fn accepted(schema: &Map<String, Value>) -> String {
    if let Some(words) = words(schema) {
        return words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    }
    let kind = match schema.get("type").and_then(Value::as_str).unwrap_or_default() {
        "integer" => "whole number",
        "boolean" => "true or false",
        "string" => "text",
        other => other,
    };
    let limit = |key| schema.get(key).and_then(limit_text);
    match (limit("minimum"), limit("maximum"), limit(MINIMUM_ABOVE_0)) {
        (Some(least), Some(most), None) => format!("{kind} from {least} to {most}"),
        (Some(zero), Some(most), Some(least)) => format!("{kind}, {zero} or from {least} to {most}"),
        _ => kind.into(),
    }
}

/// The words that a value accepts; `None` if it is no word.
pub(crate) fn words(schema: &Map<String, Value>) -> Option<impl Iterator<Item = &str>> {
    Some(schema.get("oneOf")?.as_array()?.iter().filter_map(|word| word["const"].as_str()))
}

/// Whether a value is a text or a word.
pub(crate) fn is_text(schema: &Map<String, Value>) -> bool {
    words(schema).is_some() || schema.get("type").and_then(Value::as_str) == Some("string")
}

/// A limit as pages and messages show it: `1,000,000` or `1e-9`.
fn limit_text(limit: &Value) -> Option<String> {
    match limit.as_u64() {
        Some(whole) => Some(grouped(whole.into())),
        None => limit.as_f64().map(|limit| match limit {
            whole if whole.fract() == 0.0 && (0.0..1e9).contains(&whole) => grouped(whole as u128),
            other => Number(other).to_string(),
        }),
    }
}

/// A whole number with a comma between groups of three digits.
pub(crate) fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
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
