//! `docs/scenarios.md` names the keys that scenarios have, and no others.

use cospike_scenarios::diagnostic::Source;
use cospike_scenarios::sweep::expand;
use std::collections::BTreeSet;

/// No key.
const PROBE: &str = "qqqq";

/// The keys of the section under `heading`, as an unknown key there is answered; `None` if there is no such section.
fn known(heading: &str) -> Option<Vec<String>> {
    let source = Source::shipped("probe.toml", format!("{heading}\n{PROBE} = 0\n"));
    let answer = expand(&source).unwrap_err().to_string();
    let (_, keys) = answer.contains(&format!("unknown key `{PROBE}`")).then(|| answer.split_once("choose from "))??;
    Some(keys.lines().next()?.split(", ").map(String::from).collect())
}

/// Adds `[section] key` for all sections below `path`, some `keys` of which are sections.
fn add_sections(path: &str, keys: &[String], found: &mut BTreeSet<String>) {
    for path in keys.iter().map(|key| format!("{path}{key}")) {
        for heading in [format!("[{path}]"), format!("[[{path}]]")] {
            let Some(keys) = known(&heading) else { continue };
            found.extend(keys.iter().map(|key| format!("{heading} {key}")));
            add_sections(&format!("{path}."), &keys, found);
        }
    }
}

/// What the guide names: headings ``## `[section]` `` and, below each, rows that begin with a key.
fn documented(guide: &str) -> BTreeSet<String> {
    let mut heading = "";
    let mut found = BTreeSet::new();
    for line in guide.lines() {
        let quoted = line.split('`').nth(1).unwrap_or_default();
        match line {
            _ if line.starts_with("## ") => heading = quoted,
            _ if line.starts_with("| `") => {
                assert!(found.insert(format!("{heading} {quoted}")), "{quoted} is there twice")
            }
            _ => {}
        }
    }
    found
}

#[test]
fn the_guide_names_every_key_of_a_scenario_and_no_other() {
    let mut keys = BTreeSet::new();
    add_sections("", &known("").unwrap(), &mut keys);
    assert!(keys.contains("[study] seed") && keys.contains("[[network.alternative]] from_mbps"), "{keys:?}");
    let documented = documented(include_str!("../../../docs/scenarios.md"));
    let missing: Vec<_> = keys.difference(&documented).collect();
    let unknown: Vec<_> = documented.difference(&keys).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "docs/scenarios.md lacks {missing:?}, and should not have {unknown:?}"
    );
}
