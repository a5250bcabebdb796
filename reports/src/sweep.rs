//! What a study varied: every key with several numbers, and the lines of design points that differ in that key alone.

use crate::digest::{Design, Digest, KIND};
use crate::names::short_names;
use std::collections::{BTreeMap, BTreeSet};

/// Key with several numbers.
pub(crate) struct Swept {
    /// Dotted path of the key.
    pub(crate) key: String,
    /// Its values in ascending order, each once.
    pub(crate) values: Vec<f64>,
    /// Design points that differ in the key alone, line by line, in order of appearance.
    pub(crate) lines: Vec<Line>,
    /// Indices of the design points that do not have the key.
    pub(crate) without: Vec<usize>,
    /// Whether other keys vary along with this one, and not in its order: neighbours on a line have little in common then.
    pub(crate) is_scattered: bool,
}

/// Design points that differ in one key alone.
pub(crate) struct Line {
    /// The other keys that vary, with their values.
    pub(crate) others: BTreeMap<String, String>,
    /// Value of the key, and index of the design point, by ascending value.
    pub(crate) points: Vec<(f64, usize)>,
}

impl Swept {
    /// Every key of which at least one line has two values, in the order of the scenario.
    pub(crate) fn all(digest: &Digest<'_>) -> Vec<Self> {
        let varied = varied(&digest.designs);
        let axes = &digest.results.manifest.axes;
        let place = |key: &&String| axes.iter().position(|axis| axis.key == **key).unwrap_or(axes.len());
        let mut keys: Vec<&String> = varied.iter().collect();
        keys.sort_by_key(place);
        let mut all: Vec<Self> = Vec::new();
        for swept in keys.into_iter().filter_map(|key| Self::new(digest, key, &varied)) {
            // Of keys that rise together, the first one tells all.
            if swept.is_scattered || !all.iter().any(|other| other.order() == swept.order()) {
                all.push(swept);
            }
        }
        all
    }

    /// Indices of the design points, line by line.
    fn order(&self) -> Vec<Vec<usize>> {
        self.lines.iter().map(|line| line.points.iter().map(|(_, index)| *index).collect()).collect()
    }

    fn new(digest: &Digest<'_>, key: &str, varied: &BTreeSet<String>) -> Option<Self> {
        let number = |design: &Design<'_>| design.parameters.get(key).and_then(|value| number(value));
        let designs = || digest.designs.iter().enumerate();
        let with: Vec<(f64, usize)> = designs().filter_map(|(index, design)| Some((number(design)?, index))).collect();
        let along: BTreeSet<&String> = varied.iter().filter(|other| goes_along(digest, &with, key, other)).collect();
        let is_scattered = along.iter().any(|other| !is_in_order(digest, &with, other));
        let mut lines: Vec<Line> = Vec::new();
        let mut places: BTreeMap<BTreeMap<String, String>, usize> = BTreeMap::new();
        for &(value, index) in &with {
            let own = digest.designs[index].parameters.iter();
            let others = own.filter(|(other, _)| *other != key && varied.contains(*other) && !along.contains(other));
            let others: BTreeMap<String, String> = others.map(|(key, value)| (key.clone(), value.clone())).collect();
            let place = *places.entry(others.clone()).or_insert(lines.len());
            match lines.get_mut(place) {
                Some(line) => line.points.push((value, index)),
                None => lines.push(Line { others, points: vec![(value, index)] }),
            }
        }
        lines.iter_mut().for_each(|line| line.points.sort_by(|a, b| a.0.total_cmp(&b.0)));
        let is_line = |line: &Line| line.points.first().map(|point| point.0) < line.points.last().map(|point| point.0);
        if !lines.iter().any(is_line) {
            return None;
        }
        let mut values: Vec<f64> = with.iter().map(|(value, _)| *value).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        let without = designs().filter(|(_, design)| number(design).is_none()).map(|(index, _)| index).collect();
        Some(Self { key: key.to_owned(), values, lines, without, is_scattered })
    }

    /// Names of the lines, and of the design points without the key: what their labels say beside this key and the key `dropped`, and
    /// beside the words that all of them have.
    pub(crate) fn names(&self, digest: &Digest<'_>, dropped: Option<&str>) -> [Vec<String>; 2] {
        let lines = self.lines.iter().map(|line| self.words(digest, line, dropped));
        let without = self.without.iter().map(|index| digest.designs[*index].row.label.split(' ').collect());
        let words: Vec<Vec<&str>> = lines.chain(without).collect();
        let is_shared = |word: &&str| words.len() > 1 && words.iter().all(|words| words.contains(word));
        let own: Vec<Vec<&str>> =
            words.iter().map(|words| words.iter().copied().filter(|word| !is_shared(word)).collect()).collect();
        let mut names = short_names(&own);
        let without = names.split_off(self.lines.len());
        for (name, line) in names.iter_mut().zip(&self.lines).filter(|(name, _)| name.is_empty()) {
            let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
            let others = line.others.iter().filter(|(key, _)| Some(key.as_str()) != dropped);
            let others: Vec<String> = others.map(|(key, value)| format!("{}={value}", last(key))).collect();
            *name = if others.is_empty() { line.kind(digest).to_owned() } else { others.join(" ") };
        }
        [names, without]
    }

    /// Words that the labels of all design points of a line have, without the values of this key and of the key `dropped`.
    fn words<'d>(&self, digest: &'d Digest<'_>, line: &Line, dropped: Option<&str>) -> Vec<&'d str> {
        let own = |index: usize| {
            let design = &digest.designs[index];
            let keys = [Some(self.key.as_str()), dropped].into_iter().flatten();
            let dropped: Vec<(&str, &String)> =
                keys.filter_map(|key| Some((key, design.parameters.get(key)?))).collect();
            let is_dropped = |word: &&str| dropped.iter().any(|(key, value)| is_value_of(key, value, word));
            design.row.label.split(' ').filter(|word| !is_dropped(word)).collect::<Vec<&str>>()
        };
        let mut points = line.points.iter().map(|(_, index)| own(*index));
        let mut words = points.next().unwrap_or_default();
        points.for_each(|other| words.retain(|word| other.contains(word)));
        words
    }
}

impl Line {
    /// Kind of the networks of the line.
    pub(crate) fn kind<'a>(&self, digest: &Digest<'a>) -> &'a str {
        self.points.first().map_or("", |(_, index)| &digest.designs[*index].row.kind)
    }
}

/// Whether a word of a label says the value of a key.
fn is_value_of(key: &str, value: &str, word: &str) -> bool {
    let is_width = key == "network.width" && word.strip_prefix('w') == Some(value);
    is_width || word == value || word.split_once('=').is_some_and(|(own, _)| own == key)
}

/// A finite number that was swept.
fn number(value: &str) -> Option<f64> {
    value.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Keys of which the design points have several values, or that only some of them have.
fn varied(designs: &[Design<'_>]) -> BTreeSet<String> {
    let keys: BTreeSet<&String> = designs.iter().flat_map(|design| design.parameters.keys()).collect();
    let differs =
        |key: &&String| designs.iter().any(|design| design.parameters.get(*key) != designs[0].parameters.get(*key));
    keys.into_iter().filter(differs).cloned().collect()
}

/// Whether the numbers of `other` rise with those of a key, or fall.
fn is_in_order(digest: &Digest<'_>, with: &[(f64, usize)], other: &str) -> bool {
    let value = |index: usize| digest.designs[index].parameters.get(other).and_then(|value| number(value));
    let mut pairs: Vec<(f64, Option<f64>)> = with.iter().map(|(own, index)| (*own, value(*index))).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let values: Option<Vec<f64>> = pairs.into_iter().map(|(_, value)| value).collect();
    values.is_some_and(|values| values.is_sorted() || values.iter().rev().is_sorted())
}

/// Whether `other` follows from the value of `key`, as in a table of combinations or a random sample. Kinds never do: they are
/// lines of their own.
fn goes_along(digest: &Digest<'_>, with: &[(f64, usize)], key: &str, other: &str) -> bool {
    if key == other || KIND.contains(&other) {
        return false;
    }
    let mut seen: BTreeMap<u64, Option<&String>> = BTreeMap::new();
    let mut values: BTreeSet<Option<&String>> = BTreeSet::new();
    let follows = with.iter().all(|(value, index)| {
        let found = digest.designs[*index].parameters.get(other);
        values.insert(found);
        *seen.entry(value.to_bits()).or_insert(found) == found
    });
    follows && values.len() > 1
}
