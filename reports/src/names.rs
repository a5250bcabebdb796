//! Names: of the quantities of a design point, as axes and table headings show them, and of design points, as sentences and legends do.

use crate::quantity::Quantity;
use std::collections::{BTreeMap, BTreeSet};

/// Name of the share of correct answers.
pub(crate) const ACCURACY: &str = "Accuracy";
/// Name of the mean payload.
pub(crate) const PAYLOAD: &str = "Payload per request";

/// Labels, word by word, as short as they can be while they tell what differs. A key that has one value in all of them is left out, and so is
/// one that follows from an earlier key. A number has the last part of its key in front, `exit_entropy=0.3`; a word stands for itself,
/// unless another key, or no key at all, has it too. A label of which nothing would be left stays as it is.
pub(crate) fn short_names(labels: &[Vec<&str>]) -> Vec<String> {
    let keys = told_apart_by(labels);
    let name = |label: &Vec<&str>| {
        let word = |word: &&str| match word.split_once('=') {
            Some((key, _)) if !keys.contains(&key) => None,
            Some((key, value)) => Some(short_value(key, value, &keys, labels)),
            None => Some((*word).to_owned()),
        };
        let words: Vec<String> = label.iter().filter_map(word).collect();
        if words.is_empty() { label.join(" ") } else { words.join(" ") }
    };
    labels.iter().map(name).collect()
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

fn short_value(key: &str, value: &str, keys: &[&str], labels: &[Vec<&str>]) -> String {
    let is_plain_word = value.parse::<f64>().is_err() && !matches!(value, "true" | "false" | "null");
    let is_elsewhere = |label: &Vec<&str>| {
        label.contains(&value) || keys.iter().any(|other| *other != key && value_of(label, other) == Some(value))
    };
    if is_plain_word && !labels.iter().any(is_elsewhere) {
        return value.to_owned();
    }
    let parts: Vec<&str> = key.split('.').collect();
    let ends_so = |parts: &[&str]| {
        keys.iter().filter(|other| format!(".{other}").ends_with(&format!(".{}", parts.join(".")))).count()
    };
    let end = (1..=parts.len()).map(|number| &parts[parts.len() - number..]).find(|end| ends_so(end) == 1);
    let value = value.parse().map_or_else(|_| value.to_owned(), |number| Quantity::Number.format(number));
    format!("{}={value}", end.unwrap_or(&parts).join("."))
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
        let crossed = ["a.kind=x b.kind=y", "a.kind=x b.kind=x", "a.kind=y b.kind=x", "a.kind=y b.kind=y"];
        assert_eq!(short(&crossed)[0], "a.kind=x b.kind=y");
        // A label without the key is told apart by that.
        assert_eq!(short(&["fixed", "fixed c.servers=2"]), ["fixed", "fixed servers=2"]);
        assert_eq!(short(&["a=1"]), ["a=1"], "one label stays as it is");
        assert_eq!(short(&["x on=true", "x on=false"]), ["x on=true", "x on=false"], "yes to what?");
    }
}
