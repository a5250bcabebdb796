//! The documented limits of numbers are the real ones.

use super::{NumericKey, numeric_keys};
use cospike_scenarios::diagnostic::Source;
use cospike_scenarios::sweep::expand;
use toml::Value;

/// The complaint about the value at `key`, if there is one, when it is put into a scenario and into a sweep of it.
fn complaints(key: &NumericKey, value: &Value) -> [Option<String>; 2] {
    let mut scenario: toml::Table = toml::from_str(include_str!("other.toml")).unwrap();
    put(&mut scenario, key, value.clone());
    let fixed = complaint(&key.path, &scenario);
    let mut swept: toml::Table = toml::from_str(include_str!("other.toml")).unwrap();
    let mut sweep = toml::Table::new();
    put(&mut sweep, key, Value::Array(vec![value.clone()]));
    swept.insert("sweep".into(), Value::Table(sweep));
    let in_sweep = if key.can_be_swept { complaint(&key.path, &swept) } else { fixed.clone() };
    [fixed, in_sweep]
}

fn complaint(path: &str, scenario: &toml::Table) -> Option<String> {
    let text = toml::to_string(scenario).unwrap();
    let mistake = expand(&Source::shipped("limits.toml", text)).err()?;
    let name = path.rsplit('.').next().unwrap();
    // Any other mistake is about keys that are missing or exclude each other.
    let about = mistake.message().starts_with(&format!("`{name}` is ")) && mistake.message().contains("but must be");
    about.then(|| mistake.message().to_string())
}

/// Puts a value at the path of `key`, with a list around it or around its table where the key asks for one.
fn put(table: &mut toml::Table, key: &NumericKey, value: Value) {
    let value = if key.is_list { Value::Array(vec![value]) } else { value };
    let (parents, name) = key.path.rsplit_once('.').unwrap();
    let mut inner = table;
    for (depth, part) in parents.split('.').enumerate() {
        let in_list = key.in_list && depth > 0;
        let empty = Value::Table(toml::Table::new());
        let entry = inner.entry(part).or_insert(if in_list { Value::Array(vec![empty]) } else { empty });
        inner = match entry {
            Value::Array(elements) => elements[0].as_table_mut().unwrap(),
            other => other.as_table_mut().unwrap(),
        };
    }
    inner.insert(name.into(), value);
}

#[test]
fn every_number_is_accepted_at_its_limits_and_refused_beyond() {
    let keys = numeric_keys();
    assert!(keys.len() > 50);
    for key in &keys {
        let (accepted, refused) = if key.is_whole { whole(key) } else { real(key) };
        for value in accepted {
            assert_eq!(complaints(key, &value), [None, None], "{} = {value}", key.path);
        }
        for value in refused {
            for found in complaints(key, &value) {
                let found = found.unwrap_or_else(|| panic!("{} = {value} is accepted", key.path));
                assert!(found.len() < 120, "{found}");
            }
        }
    }
}

fn whole(key: &NumericKey) -> (Vec<Value>, Vec<Value>) {
    let (least, most) = (key.least as i64, key.most as i64);
    let beyond = most.checked_add(1).map(Value::Integer);
    let wrong =
        [Value::Integer(least - 1), Value::Integer(i64::MIN), Value::Float(least as f64 + 0.5), Value::from("3")];
    let wrong = wrong.into_iter().chain(beyond).chain([Value::Boolean(true)]);
    (vec![Value::Integer(least), Value::Integer(most)], wrong.collect())
}

fn real(key: &NumericKey) -> (Vec<Value>, Vec<Value>) {
    let smallest = key.least_above_0.unwrap_or(key.least);
    let mut right = vec![key.least, key.most, smallest];
    let below = if key.least < 0.0 { key.least * (1.0 + 1e-9) } else { -1.0 };
    let mut wrong = vec![-0.0, below, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, key.most * (1.0 + 1e-9)];
    if smallest > 0.0 {
        wrong.extend([smallest * 0.99, 1e-300, 5e-324]);
    } else {
        right.push(1e-300);
    }
    if key.least > 0.0 {
        wrong.push(0.0);
    }
    let floats = |values: Vec<f64>| values.into_iter().map(Value::Float).collect::<Vec<_>>();
    let mut wrong = floats(wrong);
    wrong.extend([Value::from("3"), Value::Boolean(true)]);
    (floats(right), wrong)
}
