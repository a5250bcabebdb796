//! `compare`: the same design points in several result folders.

use crate::arguments::{Compare, NotWorse};
use crate::columns::{Column, OVERLOADED, known_metric, unsteady};
use crate::failure::Failure;
use crate::output::{note, plural, print_json, printable, say, say_paragraph, signed, table};
use crate::stored::read_outcomes;
use cospike_reports::{ChangedValue, ComparedFolder, FolderComparison, OtherFolder, PAGE_FILE, comparison_page};
use cospike_results::compare::{Compared, ComparedPoint, Difference};
use cospike_results::manifest::Manifest;
use cospike_results::metrics::{METRICS, Metric};
use cospike_results::rows::Results;
use cospike_results::store::whole_file::WholeFile;
use cospike_results::summary::Standing;
use cospike_scenarios::{Change, changes};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

/// Names of the folders in tables.
const NAMES: [&str; 3] = ["A", "B", "C"];
/// Most design points of a table, and most names in a row.
const MOST_LISTED: usize = 1_000;
const MOST_NAMED: usize = 5;

/// Prints what differs between result folders; the exit code is 1 if a metric is worse than it may be.
pub(crate) fn compare(arguments: &Compare) -> Result<ExitCode, Failure> {
    let limits = arguments.fail_if_worse.iter().map(|of| Ok((of, known_metric(&of.metric)?)));
    let limits = limits.collect::<Result<Vec<_>, Failure>>()?;
    let results =
        arguments.folders.iter().map(|folder| read_outcomes(folder)).collect::<Result<Vec<Results>, Failure>>()?;
    let (first, others) = results.split_first().ok_or_else(|| Failure::mistake("give two result folders"))?;
    let compared = others.iter().map(|other| Compared::new(first, other)).collect::<Result<Vec<_>, _>>()?;
    if let Some(place) = compared.iter().position(|compared| compared.points.is_empty()) {
        let [one, other] = [&arguments.folders[0], &arguments.folders[place + 1]].map(|folder| folder.display());
        return Err(Failure::mistake(format_args!("{one} and {other} have no design point in common")));
    }
    let worse: Vec<Worse> =
        compared.iter().enumerate().flat_map(|(place, compared)| worse(compared, NAMES[place + 1], &limits)).collect();
    if let Some(path) = &arguments.out {
        write_page(arguments, &results, &compared, path)?;
    }
    match arguments.json {
        true => print_json(&as_json(arguments, &results, &compared, &worse)),
        false => print(arguments, &results, &compared, &worse),
    }
    let is_checked = limits.iter().all(|(_, metric)| checks(metric, &compared));
    Ok(if worse.is_empty() && is_checked { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether a metric could be found to be worse in any design point; says in how many it could not, because there is no mean to begin with.
fn checks(metric: &Metric, compared: &[Compared]) -> bool {
    let points = || compared.iter().flat_map(|compared| &compared.points);
    let of =
        |point: &ComparedPoint| point.metrics.iter().any(|of| of.metric == metric.name && of.holding_first().is_some());
    let (all, checked) = (points().count(), points().filter(|point| of(point)).count());
    if checked < all {
        let none = if checked == 0 { "error" } else { "warning" };
        let (number, name) = (plural((all - checked) as u64, "design point"), metric.name);
        note!(
            "{none}: `--fail-if-worse {name}` says nothing of {number}, in which A has no mean of it that holds for longer runs, too"
        );
    }
    checked > 0
}

/// Writes the page about the differences.
fn write_page<'c>(
    arguments: &Compare,
    results: &[Results],
    compared: &'c [Compared],
    path: &Path,
) -> Result<(), Failure> {
    if path.extension().is_none_or(|ending| ending != "html") {
        return Err(Failure::mistake(format_args!("{} is no name of a page: it has to end in .html", path.display())));
    }
    let folder = |place: usize| ComparedFolder {
        name: NAMES[place],
        path: printable(&arguments.folders[place].display().to_string()),
        study: results[place].manifest.name.clone(),
        version: results[place].manifest.version.clone(),
    };
    let other = |(place, compared): (usize, &'c Compared)| {
        let changes = all_changes(&results[0].manifest, &results[place].manifest).into_iter();
        let changes = changes.map(|Change { key, first, second }| ChangedValue { key, first, second });
        OtherFolder { folder: folder(place), changes: changes.collect(), compared }
    };
    let comparison = FolderComparison { first: folder(0), others: (1..).zip(compared).map(other).collect() };
    let page = comparison_page(&comparison)?;
    Ok(WholeFile::with_text(path, PAGE_FILE, &page).map_err(Failure::mistake)?.finish()?)
}

/// A metric of a design point that is worse than it may be.
struct Worse {
    folder: &'static str,
    label: String,
    metric: &'static str,
}

fn worse(compared: &Compared, folder: &'static str, limits: &[(&NotWorse, Metric)]) -> Vec<Worse> {
    let of_point = |label: &String, difference: &Difference| {
        let (limit, metric) = limits.iter().find(|(_, metric)| metric.name == difference.metric)?;
        let is_worse = difference.is_worse(metric, limit.percent / 100.0);
        is_worse.then(|| Worse { folder, label: label.clone(), metric: difference.metric })
    };
    let points = compared.points.iter();
    points.flat_map(|point| point.metrics.iter().filter_map(|of| of_point(&point.label, of))).collect()
}

fn print(arguments: &Compare, results: &[Results], compared: &[Compared], worse: &[Worse]) {
    for (name, (folder, results)) in NAMES.iter().zip(arguments.folders.iter().zip(results)) {
        let Manifest { name: study, version, .. } = &results.manifest;
        say!(
            "{name}: {} ({}, {}, CoSpike {})",
            folder.display(),
            printable(study),
            plural(results.points.len() as u64, "design point"),
            printable(version)
        );
    }
    for (place, (other, compared)) in results[1..].iter().zip(compared).enumerate() {
        print_changes(&results[0].manifest, &other.manifest, NAMES[place + 1]);
        for (labels, has, lacks) in
            [(&compared.only_first, "A", NAMES[place + 1]), (&compared.only_second, NAMES[place + 1], "A")]
        {
            if !labels.is_empty() {
                let named: Vec<String> = labels.iter().take(MOST_NAMED).map(|label| printable(label)).collect();
                let more = if labels.len() > MOST_NAMED { ", ..." } else { "" };
                let number = plural(labels.len() as u64, "design point");
                say!("only in {has}, not in {lacks}: {number} ({}{more})", named.join("; "));
            }
        }
    }
    let mut same = vec![];
    for metric in METRICS.iter().filter(|metric| metric.is_prominent) {
        match differs(metric, compared) {
            true => print_metric(metric, compared),
            false if compared.iter().any(|compared| has(metric, compared)) => same.push(metric.name),
            false => {}
        }
    }
    if !same.is_empty() {
        say!("\nno difference of 0.1 % or more (of shares, 0.05 points) in any design point: {}", same.join(", "));
    }
    print_method(compared);
    for Worse { folder, label, metric } in worse {
        say!("worse in {folder}: {metric} of {}", printable(label));
    }
}

/// The keys of the scenarios, weights and profiles that differ.
fn print_changes(first: &Manifest, second: &Manifest, name: &str) {
    let changed = all_changes(first, second);
    if changed.is_empty() {
        say!("\nthe scenarios of A and {name} are the same");
        return;
    }
    let mut rows = table(&["changed", "A", name]);
    for Change { key, first, second } in changed {
        let written = |value: Option<String>| value.map_or_else(|| "-".into(), |value| printable(&value));
        rows.add_row([printable(&key), written(first), written(second)]);
    }
    say!("\n{rows}");
}

/// Keys of scenarios, and values of the profiles and files that they name, which differ.
fn all_changes(first: &Manifest, second: &Manifest) -> Vec<Change> {
    let mut all = changes((&first.scenario, &first.settings), (&second.scenario, &second.settings));
    let values = |of: &Manifest| {
        let value = |kind: &str, name: &str, key: &str, value: f64, unit: &str| {
            (format!("{kind} {name}: {key}"), format!("{value} {unit}"))
        };
        let profiles = of.profiles.iter().flat_map(|profile| {
            profile.values.iter().map(|of| value(&profile.kind, &profile.name, &of.key, of.value, &of.unit))
        });
        let files = [&of.networks, &of.datasets, &of.traces].into_iter().flatten();
        let hash = |hash: &str| hash.chars().take(12).collect::<String>();
        profiles
            .chain(files.map(|file| (format!("content of {}", file.name), hash(&file.blake3))))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let (first, second) = (values(first), values(second));
    // What only one of them uses follows from the keys above.
    let both = first.iter().filter_map(|(key, value)| Some((key, value, second.get(key)?)));
    let differing = both.filter(|(_, first, second)| first != second);
    all.extend(differing.map(|(key, first, second)| Change {
        key: key.clone(),
        first: Some(first.clone()),
        second: Some(second.clone()),
    }));
    all
}

fn has(metric: &Metric, compared: &Compared) -> bool {
    compared.points.iter().any(|point| point.difference(metric).is_some())
}

/// Whether a metric is visibly another one in any of the folders.
fn differs(metric: &Metric, compared: &[Compared]) -> bool {
    compared.iter().any(|compared| compared.differs_in(metric))
}

/// The means of a metric side by side, with the differences to the first.
fn print_metric(metric: &Metric, compared: &[Compared]) {
    let all = || compared.iter().flat_map(|compared| &compared.points).filter_map(|point| point.difference(metric));
    let sizes = all().flat_map(|of| [of.first, of.second]).flatten().map(f64::abs);
    let column = Column::new(*metric, sizes.fold(0.0, f64::max));
    let (mut titles, mut relatives) = (vec![column.title(), "A".to_owned()], false);
    for name in &NAMES[1..=compared.len()] {
        titles.extend([(*name).to_owned(), format!("{name} - A")]);
        if all().any(|of| of.relative.is_some()) {
            titles.push("in %".into());
            relatives = true;
        }
    }
    let mut rows = table(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    let written = |mean: Option<(Option<f64>, Standing)>| match mean {
        Some((_, Standing::Overloaded)) => OVERLOADED.into(),
        Some((Some(value), Standing::Unsteady)) => unsteady(&column.format(value)),
        Some((Some(value), Standing::Holds)) => column.format(value),
        Some((None, _)) | None => "-".into(),
    };
    for point in compared[0].points.iter().take(MOST_LISTED) {
        let found: Vec<Option<&Difference>> =
            compared.iter().map(|other| other.find(&point.label).and_then(|point| point.difference(metric))).collect();
        let first = found.iter().flatten().next().map(|difference| (difference.first, difference.first_standing));
        let mut row = vec![printable(&point.label), written(first)];
        for difference in found {
            row.push(written(difference.map(|of| (of.second, of.second_standing))));
            row.push(difference.map_or_else(|| "-".into(), |of| difference_text(&column, of)));
            if relatives {
                let relative = difference.and_then(|of| of.relative);
                row.push(relative.map_or_else(|| "-".into(), |relative| signed(100.0 * relative, 1)));
            }
        }
        rows.add_row(row);
    }
    say!("\n{rows}");
    if let Some(left) = compared[0].points.len().checked_sub(MOST_LISTED).filter(|left| *left > 0) {
        say!("... and {} more, which `--json` has", plural(left as u64, "design point"));
    }
}

/// A difference with its interval, and a mark if it is shown.
fn difference_text(column: &Column, difference: &Difference) -> String {
    let Some(estimate) = difference.difference else { return "-".into() };
    let size = difference.first.unwrap_or_default().abs().max(difference.second.unwrap_or_default().abs());
    let signed = |value: f64| column.format_difference(value, size);
    let interval = match (difference.low, difference.high) {
        (Some(low), Some(high)) if low < high => format!(" [{}, {}]", signed(low), signed(high)),
        _ => String::new(),
    };
    format!("{}{interval} {}", signed(estimate), if difference.is_shown { '*' } else { ' ' })
}

fn print_method(compared: &[Compared]) {
    let pairing = match compared.iter().all(|compared| compared.is_paired) {
        true => "replication by replication, because seeds and samples are shared",
        false => "from the means of both, where seeds or samples are not shared, else replication by replication",
    };
    say!();
    for text in [
        &format!("differences {pairing}, each with its 95 % interval"),
        "*: shown to differ, at a level of 5 % for all design points together (Bonferroni)",
        "-: no mean, or no difference, because a mean is missing or marked",
        "!: a place is overloaded, so there is no mean that holds; ?: not steady, so a longer run would change it",
    ] {
        say_paragraph(text, 0);
    }
}

fn as_json(arguments: &Compare, results: &[Results], compared: &[Compared], worse: &[Worse]) -> Value {
    let changed = |other: &Results| {
        let changes = all_changes(&results[0].manifest, &other.manifest).into_iter();
        let change = |of: Change| json!({ "key": of.key, "first": of.first, "second": of.second });
        changes.map(change).collect::<Vec<_>>()
    };
    let comparisons = results[1..].iter().zip(compared).enumerate().map(|(place, (other, compared))| {
        json!({ "second": arguments.folders[place + 1], "changes": changed(other), "compared": compared })
    });
    let worse = worse.iter().map(|of| json!({ "folder": of.folder, "design_point": of.label, "metric": of.metric }));
    json!({
        "first": arguments.folders[0],
        "comparisons": comparisons.collect::<Vec<_>>(),
        "worse": worse.collect::<Vec<_>>(),
    })
}
