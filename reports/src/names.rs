//! Names: of the quantities of a design point, as axes and table headings show them, and of design points, as sentences and legends do.

use crate::quantity::Quantity;
use std::collections::{BTreeMap, BTreeSet};

/// Name of the share of correct answers.
pub(crate) const ACCURACY: &str = "Accuracy";
/// Name of the mean payload.
pub(crate) const PAYLOAD: &str = "Payload per request";

/// Keys, by the last part of their paths, whose values are names that readers know without them.
const NAMING: [&str; 7] = ["backbone", "bottleneck", "family", "file", "prices", "profile", "split"];

/// Labels, word by word, as short as they can be while they tell what differs. A key that has one value in all of them is left out, and so is
/// one that follows from an earlier key. A value has the last part of its key in front, `exit_entropy=0.3`; a name, as of a backbone, stands
/// for itself, unless another key, or no key at all, has it too. A label of which nothing would be left stays as it is.
pub(crate) fn short_names(labels: &[Vec<&str>]) -> Vec<String> {
    let keys = told_apart_by(labels);
    let owners = owners(labels, &keys);
    let ends: BTreeMap<&str, String> = keys.iter().map(|key| (*key, short_key(key, &keys))).collect();
    let name = |label: &Vec<&str>| {
        let word = |word: &&str| match word.split_once('=') {
            Some((key, value)) => {
                let number = value.parse().map(|number| Quantity::Number.format(number)).ok();
                let is_name = number.is_none() && NAMING.contains(&key.rsplit('.').next().unwrap_or_default());
                let stands_alone = is_name && owners.get(value).is_some_and(|owners| owners.len() == 1);
                let key = ends.get(key)?;
                Some(if stands_alone {
                    value.to_owned()
                } else {
                    format!("{key}={}", number.as_deref().unwrap_or(value))
                })
            }
            None => Some((*word).to_owned()),
        };
        let words: Vec<String> = label.iter().filter_map(word).collect();
        if words.is_empty() { label.join(" ") } else { words.join(" ") }
    };
    labels.iter().map(name).collect()
}

/// The keys that have each value, and nothing for a word without a key.
fn owners<'l>(labels: &[Vec<&'l str>], keys: &[&'l str]) -> BTreeMap<&'l str, BTreeSet<Option<&'l str>>> {
    let mut owners: BTreeMap<&str, BTreeSet<Option<&str>>> = BTreeMap::new();
    for word in labels.iter().flatten() {
        match word.split_once('=') {
            Some((key, value)) if keys.contains(&key) => _ = owners.entry(value).or_default().insert(Some(key)),
            Some(_) => {}
            None => _ = owners.entry(word).or_default().insert(None),
        }
    }
    owners
}

/// The last parts of a key, as many as it takes to tell it from the other keys.
fn short_key(key: &str, keys: &[&str]) -> String {
    let parts: Vec<&str> = key.split('.').collect();
    let end = |number: usize| parts[parts.len() - number..].join(".");
    let ends_so = |end: &str| keys.iter().filter(|other| format!(".{other}").ends_with(&format!(".{end}"))).count();
    (1..parts.len()).map(end).find(|end| ends_so(end) == 1).unwrap_or_else(|| key.to_owned())
}

/// The value of a key in a label; `None` where the label does not have it.
fn value_of<'l>(label: &[&'l str], key: &str) -> Option<&'l str> {
    label.iter().find_map(|word| word.split_once('=').filter(|(own, _)| *own == key).map(|(_, value)| value))
}

/// The keys in the order of the labels, without those that say nothing beside the ones before them.
fn told_apart_by<'l>(labels: &[Vec<&'l str>]) -> Vec<&'l str> {
    let mut kept: Vec<&str> = vec![];
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for key in labels.iter().flatten().filter_map(|word| Some(word.split_once('=')?.0)) {
        if !seen.insert(key) {
            continue;
        }
        let follows_from = |other: Option<&str>| {
            let mut known: BTreeMap<Option<&str>, Option<&str>> = BTreeMap::new();
            labels.iter().all(|label| {
                let value = value_of(label, key);
                *known.entry(other.and_then(|other| value_of(label, other))).or_insert(value) == value
            })
        };
        // From no key at all follows what is the same everywhere.
        if labels.len() < 2 || !(follows_from(None) || kept.iter().any(|other| follows_from(Some(other)))) {
            kept.push(key);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(labels: &[&str]) -> Vec<String> {
        short_names(&labels.iter().map(|label| label.split(' ').collect()).collect::<Vec<_>>())
    }

    #[test]
    fn names_say_what_differs_and_nothing_twice() {
        // The local backbone follows from the other one, and the codec is the same everywhere.
        let three = [
            "fleet.exit_entropy=0.3 network.backbone=resnet14 network.local.backbone=resnet14 codec=raw",
            "fleet.exit_entropy=0.3 network.backbone=mobilenet network.local.backbone=mobilenet codec=raw",
            "fleet.exit_entropy=1e9 network.backbone=mobilenet network.local.backbone=mobilenet codec=raw",
        ];
        assert_eq!(
            short(&three),
            ["exit_entropy=0.3 resnet14", "exit_entropy=0.3 mobilenet", "exit_entropy=1e9 mobilenet"]
        );
        // Without what follows, all three keys are needed, and two of them end alike and have the same words.
        let crossed = [
            "a.profile=x b.profile=y",
            "a.profile=x b.profile=x",
            "a.profile=y b.profile=x",
            "a.profile=y b.profile=y",
        ];
        assert_eq!(short(&crossed)[0], "a.profile=x b.profile=y");
        // A label without the key is told apart by that.
        assert_eq!(short(&["fixed", "fixed c.servers=2"]), ["fixed", "fixed servers=2"]);
        assert_eq!(short(&["a=1"]), ["a=1"], "one label stays as it is");
        assert_eq!(short(&["x link.missing=zero", "x link.missing=last"])[0], "x missing=zero", "zero of what?");
    }
}
