//! What differs between two scenarios, key by key.

use std::collections::BTreeMap;
use toml::{Table, Value};

/// A key that two scenarios do not share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Dotted path of the key.
    pub key: String,
    /// Value in the first, as TOML; `None` where it has none.
    pub first: Option<String>,
    /// Value in the second.
    pub second: Option<String>,
}

/// The keys in which two scenarios differ, each the text of its file with the values (`KEY=VALUE`) that were given in the place of its own. Keys
/// come by name. What is no TOML counts as a scenario without keys.
pub fn changes(first: (&str, &[String]), second: (&str, &[String])) -> Vec<Change> {
    let [first, second] = [first, second].map(|(text, settings)| keys(text, settings));
    let mut all: Vec<&String> = first.keys().chain(second.keys()).collect();
    all.sort();
    all.dedup();
    let change = |key: &String| {
        let (first, second) = (first.get(key), second.get(key));
        (first != second).then(|| Change { key: key.clone(), first: first.cloned(), second: second.cloned() })
    };
    all.into_iter().filter_map(change).collect()
}

/// Every value of a scenario by its dotted path.
fn keys(text: &str, settings: &[String]) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    collect("", &Value::Table(text.parse::<Table>().unwrap_or_default()), &mut keys);
    for (key, value) in settings.iter().filter_map(|setting| setting.split_once('=')) {
        let (key, value) = (key.trim(), value.trim());
        // A value in the place of a swept key's list replaces that.
        let swept = |other: &str| other.starts_with("sweep") && other.ends_with(&format!(".{key}"));
        keys.retain(|other, _| !swept(other));
        let parsed = format!("v = {value}").parse::<Table>().ok().and_then(|table| table.get("v").cloned());
        keys.insert(key.to_owned(), parsed.unwrap_or_else(|| Value::String(value.to_owned())).to_string());
    }
    keys
}

fn collect(path: &str, value: &Value, keys: &mut BTreeMap<String, String>) {
    match value {
        Value::Table(table) => table.iter().for_each(|(key, value)| {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            collect(&path, value, keys);
        }),
        Value::Array(tables) if tables.iter().any(Value::is_table) => {
            tables.iter().enumerate().for_each(|(place, value)| collect(&format!("{path}[{place}]"), value, keys));
        }
        value => _ = keys.insert(path.to_owned(), value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_wherever_they_stand_and_settings_count_as_keys() {
        let first = "[link]\nloss = 0.1\nsame = 1\n[[sweep]]\nfleet.devices = [1, 2]\n[[sweep]]\nnetwork.width = [4]\n";
        let second = "[link]\nloss = 0.2\nsame = 1\n[cloud]\nservers = 2\n[[sweep]]\nfleet.devices = [1, 2]\n";
        let found = changes((first, &[]), (second, &["fleet.devices=5".into()]));
        let change = |key: &str, first: Option<&str>, second: Option<&str>| Change {
            key: key.into(),
            first: first.map(str::to_owned),
            second: second.map(str::to_owned),
        };
        assert_eq!(
            found,
            [
                change("cloud.servers", None, Some("2")),
                change("fleet.devices", None, Some("5")),
                change("link.loss", Some("0.1"), Some("0.2")),
                change("sweep[0].fleet.devices", Some("[1, 2]"), None),
                change("sweep[1].network.width", Some("[4]"), None),
            ]
        );
        assert_eq!(changes((first, &[]), (&format!("# a comment\n{first}"), &[])), []);
        assert!(changes(("", &["a=word".into()]), ("", &["a=\"word\"".into()])).is_empty());
    }
}
