//! Whether a document has the shape that the declarations of its keys give: known keys only, each with a value of its kind and
//! within its limits. Of the scenario also the values are checked that a sweep replaces.

use crate::declarations::{Key, KeyValue, MINIMUM_ABOVE_0, SCENARIO, Table, accepted, words};
use crate::diagnostic::{Mistake, did_you_mean, excerpt};
use crate::located::Located;
use cospike_sim_core::kernel::Number;
use serde_json::{Map, Value};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

type Keyed<'d, 'a> = (&'d Spanned<DeString<'a>>, &'d Spanned<DeValue<'a>>);

/// Checks the sections of a scenario, of which some keys may be missing because a sweep gives them.
pub(crate) fn check_scenario(document: &DeTable<'_>) -> Result<(), Mistake> {
    check_table(&SCENARIO, &["sweep", "find", "goal"], document)
}

/// Keys of which a section needs one, the usual one first.
const ALTERNATIVES: [(&str, &[&str]); 3] = [
    ("network", &["backbone", "file"]),
    ("network", &["family", "bottleneck", "file"]),
    ("workload", &["rate_hz", "periodic", "bursty", "closed_loop", "trace"]),
];
/// Keys of which a section needs one with most profiles.
const MOSTLY_NEEDED: (&str, &[&str]) = ("fleet", &["prices", "measured"]);

/// Refuses a scenario in which keys are missing that have no default; names them all at once, also those of which one is needed. Where a
/// single one of these is all that is missing, the check of its section says it better.
pub(crate) fn check_complete(document: &Spanned<DeTable<'_>>) -> Result<(), Mistake> {
    let mut missing = vec![];
    collect_missing(&SCENARIO, "", Some(document.get_ref()), &mut missing);
    let (required, table) = (missing.len(), document.get_ref());
    missing.extend(ALTERNATIVES.iter().filter_map(|alternatives| MissingKey::one_of(alternatives, true, table)));
    if required == 0 && missing.len() < 2 {
        return Ok(());
    }
    missing.extend(MissingKey::one_of(&MOSTLY_NEEDED, false, table));
    let place = |section: &str| SCENARIO.keys.iter().position(|key| section.split('.').next() == Some(&key.name));
    missing.sort_by_key(|key| place(&key.section));
    let Some(first) = missing.first() else { return Ok(()) };
    let names: Vec<String> =
        missing.iter().filter(|key| key.is_needed).map(|key| format!("`{}`", key.path())).collect();
    let section = document
        .get_ref()
        .get_key_value(first.section.split('.').next().unwrap_or_default())
        .map(|(section, _)| section.span());
    let mut template = String::new();
    for (index, key) in missing.iter().enumerate() {
        if index == 0 || missing[index - 1].section != key.section {
            template += &format!("\n    [{}]", key.section);
        }
        template += &format!("\n    {} = ...   # {}", key.name, key.accepted);
    }
    Err(Mistake::at_span(section.unwrap_or(0..0), format!("the scenario lacks {}", names.join(", "))).help(format!(
        "without a default {}{template}\n`cospike new FILE` writes a scenario that has all keys it needs",
        if names.len() == 1 { "is" } else { "are" }
    )))
}

/// A key that a scenario lacks.
struct MissingKey {
    /// Dotted path of its section.
    section: String,
    name: &'static str,
    /// What it accepts, in words.
    accepted: String,
    /// Whether every scenario needs it, and not only most do.
    is_needed: bool,
}

impl MissingKey {
    /// The first of the `keys` of a section if it has none of them.
    fn one_of(
        (section, keys): &(&str, &'static [&'static str]),
        is_needed: bool,
        document: &DeTable<'_>,
    ) -> Option<Self> {
        let found = document.get(*section).map(Spanned::get_ref);
        let has = |key: &&&str| matches!(found, Some(DeValue::Table(table)) if table.contains_key(**key));
        let (name, others) = keys.split_first().filter(|_| !keys.iter().any(|key| has(&key)))?;
        let others: Vec<String> = others.iter().map(|key| format!("`{key}`")).collect();
        let remark = if is_needed { "" } else { ", unless the profile says what computing draws" };
        let accepted = format!("or {}{remark}", others.join(", "));
        Some(Self { section: (*section).into(), name, accepted, is_needed })
    }

    fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }
}

/// Adds the keys that `table`, declared at `path`, needs and does not have; `None` where the table itself is missing.
fn collect_missing(declared: &'static Table, path: &str, table: Option<&DeTable<'_>>, missing: &mut Vec<MissingKey>) {
    for key in &declared.keys {
        let found = table.and_then(|table| table.get(key.name.as_str()));
        match (&key.value, found.map(Spanned::get_ref)) {
            (KeyValue::Table(inner), Some(DeValue::Table(found))) => {
                collect_missing(inner, &below(path, &key.name), Some(found), missing);
            }
            (KeyValue::Table(inner), None) if key.is_required => {
                collect_missing(inner, &below(path, &key.name), None, missing);
            }
            (KeyValue::Scalar(schema) | KeyValue::List(schema), None) if key.is_required => {
                missing.push(MissingKey {
                    section: path.into(),
                    name: &key.name,
                    accepted: accepted(schema),
                    is_needed: true,
                });
            }
            _ => {}
        }
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.into() } else { format!("{path}.{name}") }
}

/// The last key of `path`, which leads to it section by section, and its declaration.
pub(crate) fn find_key<'p, 'a>(
    path: &'p [Spanned<DeString<'a>>],
) -> Result<(&'p Spanned<DeString<'a>>, &'static Key), Mistake> {
    let mut table = &*SCENARIO;
    let (last, sections) = path.split_last().ok_or_else(|| Mistake::in_file("no key is given"))?;
    if let Some(sweep) = path.first().filter(|key| key.get_ref() == "sweep") {
        return Err(Mistake::at_span(sweep.span(), "lists of values cannot be set")
            .help("set the key that is swept: its value replaces all that are listed"));
    }
    for section in sections {
        let key = known(table, section, &[])?;
        let KeyValue::Table(inner) = &key.value else {
            return Err(Mistake::at_span(section.span(), format!("`{}` is no section with keys of its own", key.name)));
        };
        table = inner;
    }
    Ok((last, known(table, last, &[])?))
}

/// Checks a value that is given beside the scenario.
pub(crate) fn check_setting(
    declared: &Key,
    key: &Spanned<DeString<'_>>,
    value: &Spanned<DeValue<'_>>,
) -> Result<(), Mistake> {
    match &declared.value {
        KeyValue::Table(table) => Err(Mistake::at_span(key.span(), format!("`{}` is a section", declared.name))
            .help(format!("set one of its keys: {}", table.names()))),
        KeyValue::List(_) | KeyValue::ListOfTables(_) | KeyValue::Scalar(_) => check_value(declared, key, value),
    }
}

/// The entries of a table in the order of the file; the parser sorts them by name.
pub(crate) fn in_order<'d, 'a>(table: &'d DeTable<'a>) -> Vec<Keyed<'d, 'a>> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// The declaration of `key` in `table`, or the mistake that it is neither there nor among the `others` that may stand there.
pub(crate) fn known<'t>(table: &'t Table, key: &Spanned<DeString<'_>>, others: &[&str]) -> Result<&'t Key, Mistake> {
    let unknown = || {
        let message = format!("unknown key `{}`", excerpt(key.get_ref()));
        let names = table.keys.iter().map(|key| key.name.as_str()).chain(others.iter().copied());
        Mistake::at_span(key.span(), message).help(did_you_mean(key.get_ref(), names))
    };
    table.keys.iter().find(|known| known.name == *key.get_ref()).ok_or_else(unknown)
}

fn check_table(table: &Table, others: &[&str], document: &DeTable<'_>) -> Result<(), Mistake> {
    in_order(document).into_iter().try_for_each(|(key, value)| {
        let known = known(table, key, others)?;
        check_value(known, key, value)
    })
}

fn check_value(declared: &Key, key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) -> Result<(), Mistake> {
    let name = &declared.name;
    match (&declared.value, value.get_ref()) {
        (KeyValue::List(_) | KeyValue::ListOfTables(_), DeValue::Array(values)) if values.is_empty() => {
            Err(Mistake::at_span(value.span(), format!("`{name}` is an empty list, which says nothing"))
                .help("list at least one value, or leave the key out"))
        }
        (KeyValue::Table(table), DeValue::Table(inner)) => check_table(table, &[], inner),
        (KeyValue::Table(_), _) => Err(wrong(name, value, "a table of keys")),
        (KeyValue::ListOfTables(table), DeValue::Array(tables)) => tables.iter().try_for_each(|inner| {
            let DeValue::Table(keys) = inner.get_ref() else { return Err(wrong(name, inner, "a list of tables")) };
            check_table(table, &[], keys)
        }),
        (KeyValue::ListOfTables(_), _) => Err(wrong(name, value, "a list of tables")
            .help(format!("write its heading in double brackets, [[...{}]]", key.get_ref()))),
        (KeyValue::List(element), DeValue::Array(values)) => {
            values.iter().try_for_each(|value| check_scalar(name, element, value))
        }
        (KeyValue::List(element), _) => {
            Err(wrong(name, value, &format!("a list, each element a {}", accepted(element))))
        }
        (KeyValue::Scalar(schema), _) => check_scalar(name, schema, value),
    }
}

/// Checks a number, word, text, true or false.
pub(crate) fn check_scalar(
    name: &str,
    schema: &Map<String, Value>,
    value: &Spanned<DeValue<'_>>,
) -> Result<(), Mistake> {
    if let (Some(mut known), DeValue::String(word)) = (words(schema), value.get_ref()) {
        let unknown = || {
            let help = did_you_mean(word, words(schema).into_iter().flatten());
            Mistake::at_span(value.span(), format!("unknown word `{}`", excerpt(word))).help(help)
        };
        return if known.any(|known| known == word) { Ok(()) } else { Err(unknown()) };
    }
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
    let holds = match (kind, value.get_ref()) {
        ("string", DeValue::String(text)) => return check_text(text, value),
        ("boolean", DeValue::Boolean(_)) => true,
        ("integer", DeValue::Integer(_)) | ("number", DeValue::Integer(_) | DeValue::Float(_)) => {
            number(value.get_ref()).is_some_and(|number| is_within(schema, number))
        }
        _ => false,
    };
    let article = if matches!(kind, "string" | "boolean") || words(schema).is_some() { "" } else { "a " };
    if holds { Ok(()) } else { Err(wrong(name, value, &format!("{article}{}", accepted(schema)))) }
}

fn check_text(text: &str, value: &Spanned<DeValue<'_>>) -> Result<(), Mistake> {
    control_character(text, value.span()).map_or(Ok(()), Err)
}

/// Refuses a text with control characters, which a terminal or a page would act upon.
pub(crate) fn refuse_control_characters(text: &Located<String>) -> Result<(), Mistake> {
    control_character(text, text.span()).map_or(Ok(()), Err)
}

fn control_character(text: &str, span: Range<usize>) -> Option<Mistake> {
    let control = text.chars().find(|c| c.is_control())?;
    let message = format!("this text has the control character U+{:04X}", u32::from(control));
    Some(Mistake::at_span(span, message).help("write it on one line, in characters that can be seen"))
}

/// The number that a value is, if it is one.
fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(integer) => {
            i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(|whole| whole as f64)
        }
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => None,
    }
}

/// Whether a number is within the limits of its key. None accepts -0, and only one with a negative limit accepts negative numbers.
fn is_within(schema: &Map<String, Value>, number: f64) -> bool {
    let limit = |key| schema.get(key).and_then(Value::as_f64);
    let least = match limit(MINIMUM_ABOVE_0) {
        Some(least) if number != 0.0 => least,
        _ => limit("minimum").unwrap_or(f64::NEG_INFINITY),
    };
    let has_sign = number.is_sign_positive() || (number != 0.0 && limit("minimum").is_some_and(|least| least < 0.0));
    has_sign && number >= least && number <= limit("maximum").unwrap_or(f64::INFINITY)
}

fn wrong(name: &str, value: &Spanned<DeValue<'_>>, needed: &str) -> Mistake {
    Mistake::at_span(value.span(), format!("`{name}` is {}, but must be {needed}", found(value.get_ref())))
}

/// A value as messages show it.
pub(crate) fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{:?}", excerpt(text)),
        DeValue::Float(_) => match number(value) {
            // Not to be taken for the whole number that would be accepted.
            Some(float) if float.fract() == 0.0 && float.abs() < 1e9 => format!("{float:.1}"),
            Some(float) => Number(float).to_string(),
            None => "no number".into(),
        },
        DeValue::Integer(integer) => match number(value) {
            Some(_) => integer.as_str().into(),
            None => "beyond the whole numbers of TOML, which have 64 bits".into(),
        },
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(_) => "a date or time".into(),
        DeValue::Array(_) => "a list".into(),
        DeValue::Table(_) => "a table".into(),
    }
}
