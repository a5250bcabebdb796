//! The page about result folders side by side: what was changed, and what came of it.

use crate::error::ReportError;
use crate::figure::{Paper, is_printable};
use crate::figures::{Change, Differences, Figure, differences_figure};
use crate::metric::{Metric, MetricOfDesigns, NOT_STEADY, Spread};
use crate::page::{MOST_ROWS, beyond, document, figure_of};
use crate::quantity::{Quantity, plural, points_range, relation, signed_points};
use cospike_results::compare::{Compared, ComparedPoint, Difference};
use cospike_results::metrics::METRICS;
use cospike_results::summary::Standing;
use cospike_sim_core::stats::Interval;
use maud::{Markup, html};

/// Most labels of a list.
const MOST_NAMED: usize = 20;

/// Result folders side by side.
pub struct FolderComparison<'a> {
    /// The folder that the others are compared with.
    pub first: ComparedFolder,
    /// The others.
    pub others: Vec<OtherFolder<'a>>,
}

/// A result folder.
pub struct ComparedFolder {
    /// Short name in tables, such as `A`.
    pub name: &'static str,
    /// Its path, as it was given.
    pub path: String,
    /// Name of its study.
    pub study: String,
    /// Version of CoSpike that wrote it.
    pub version: String,
}

/// A result folder that is compared with the first.
pub struct OtherFolder<'a> {
    /// The folder.
    pub folder: ComparedFolder,
    /// Keys of the scenarios, and values behind them, that differ.
    pub changes: Vec<ChangedValue>,
    /// Its design points beside those of the first.
    pub compared: &'a Compared,
}

/// A value that differs between two folders.
pub struct ChangedValue {
    /// Its key.
    pub key: String,
    /// Value in the first folder; `None` where it has none.
    pub first: Option<String>,
    /// Value in the other.
    pub second: Option<String>,
}

/// The page, one self-contained HTML document.
///
/// # Errors
/// [`ReportError::Drawing`].
pub fn comparison_page(comparison: &FolderComparison<'_>) -> Result<String, ReportError> {
    let FolderComparison { first, others } = comparison;
    let shown: Vec<&Metric> = METRICS.iter().filter(|metric| metric.is_prominent && differs(metric, others)).collect();
    let drawn = |paper| others.iter().map(|other| figure(first, other, &shown, paper)).collect::<Result<Vec<_>, _>>();
    let (figures, narrow) = (drawn(Paper::PAGE)?, drawn(Paper::PHONE)?);
    let title = format!("{} compared", first.study);
    let body = html! {
        h1 { (title) }
        (folders(first, others))
        @for other in others { (changes(first, other)) }
        section #differences {
            h2 { "Differences" }
            p { (method(others)) }
            @for (figure, narrow) in figures.iter().zip(&narrow) {
                @if let Some(figure) = figure { (figure_of(figure, narrow.as_ref())) }
            }
            @if shown.is_empty() { p { "No metric differs by 0.1 % or more (of shares, 0.05 points) in any design point." } }
        }
        @for metric in &shown { (table(metric, first, others)) }
    };
    let html = document(&title, &body, &[]).into_string();
    let shown = |letter| is_printable(letter) || matches!(letter, '\n' | '\r' | '\t');
    Ok(html.chars().map(|letter| if shown(letter) { letter } else { char::REPLACEMENT_CHARACTER }).collect())
}

/// The differences of one folder to the first.
fn figure(
    first: &ComparedFolder,
    other: &OtherFolder<'_>,
    metrics: &[&Metric],
    paper: Paper,
) -> Result<Option<Figure>, ReportError> {
    let metrics: Vec<&&Metric> = metrics.iter().filter(|metric| differs(metric, std::slice::from_ref(other))).collect();
    let panel = |metric: &&&Metric| match metric.quantity() {
        Quantity::Share => format!("{} (points)", metric.label),
        _ => format!("{} (%)", metric.label),
    };
    let row = |point: &ComparedPoint| {
        metrics.iter().map(|metric| point.difference(metric).and_then(|of| change(metric, of))).collect()
    };
    let differences = Differences {
        name: format!("differences-{}", other.folder.name),
        title: format!("Differences from {} to {}", first.name, other.folder.name),
        panels: metrics.iter().map(panel).collect(),
        rows: other.compared.points.iter().map(|point| (point.label.as_str(), row(point))).collect(),
    };
    differences_figure(&differences, paper)
}

/// A difference in percentage points of a share, and in per cent of the first of everything else.
fn change(metric: &Metric, difference: &Difference) -> Option<Change> {
    let unit = match metric.quantity() {
        Quantity::Share => 1.0,
        _ => difference.first.map(f64::abs).filter(|first| *first > 0.0)?,
    };
    let per_cent = |value: f64| 100.0 * value / unit;
    let mean = per_cent(difference.difference?);
    let (low, high) =
        difference.low.zip(difference.high).map_or((mean, mean), |(low, high)| (per_cent(low), per_cent(high)));
    let is_number = [mean, low, high].iter().all(|value| value.is_finite());
    is_number.then_some(Change { spread: Spread { mean, low, high }, is_shown: difference.is_shown })
}

/// Whether a metric is visibly another one in any of the folders.
fn differs(metric: &Metric, others: &[OtherFolder<'_>]) -> bool {
    others.iter().any(|other| other.compared.differs_in(metric))
}

fn folders(first: &ComparedFolder, others: &[OtherFolder<'_>]) -> Markup {
    let all = std::iter::once(first).chain(others.iter().map(|other| &other.folder));
    html! {
        div.wide tabindex="0" role="region" aria-label="Table, scrolls sideways" {
            table {
                thead { tr { th { "" } th { "Folder" } th { "Study" } th { "CoSpike" } } }
                tbody {
                    @for folder in all {
                        tr { th scope="row" { (folder.name) } td { (folder.path) } td { (folder.study) } td { (folder.version) } }
                    }
                }
            }
        }
    }
}

/// What differs between the scenarios, and which design points only one of the folders has.
fn changes(first: &ComparedFolder, other: &OtherFolder<'_>) -> Markup {
    let OtherFolder { folder, changes, compared } = other;
    let written = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".into());
    html! {
        section id=(format!("changes-{}", folder.name)) {
            h2 { "Changed from " (first.name) " to " (folder.name) }
            @if changes.is_empty() { p { "The scenarios, weights and profiles are the same." } } @else {
                div.wide tabindex="0" role="region" aria-label="Table, scrolls sideways" {
                    table {
                        thead { tr { th { "Key" } th { (first.name) } th { (folder.name) } } }
                        tbody {
                            @for change in changes {
                                tr { th scope="row" { code { (change.key) } } td { (written(&change.first)) } td { (written(&change.second)) } }
                            }
                        }
                    }
                }
            }
            (only_in(first.name, folder.name, &compared.only_first))
            (only_in(folder.name, first.name, &compared.only_second))
        }
    }
}

fn only_in(has: &str, lacks: &str, labels: &[String]) -> Markup {
    let more = if labels.len() > MOST_NAMED { ", …" } else { "" };
    let named = labels.iter().take(MOST_NAMED).map(String::as_str).collect::<Vec<_>>().join("; ");
    html! {
        @if !labels.is_empty() {
            p { "Only in " (has) ", not in " (lacks) ": " (plural(labels.len(), "design point")) " (" (named) (more) ")." }
        }
    }
}

fn method(others: &[OtherFolder<'_>]) -> String {
    let pairing = match others.iter().all(|other| other.compared.is_paired) {
        true => "replication by replication, because seeds and samples are shared",
        false => "from the means of both, where seeds or samples are not shared, else replication by replication",
    };
    format!(
        "Differences are taken {pairing}, each with its 95 % interval. Those in bold are shown at a level of 5 % for all design points \
         together (Bonferroni). Nothing is compared where a mean is missing, or would change in a longer run: where a place is overloaded, \
         or the latencies are {NOT_STEADY}."
    )
}

/// The means of a metric side by side, with the differences to the first.
fn table(metric: &Metric, first: &ComparedFolder, others: &[OtherFolder<'_>]) -> Markup {
    let quantity = metric.quantity();
    let written = |mean: Option<(Option<f64>, Standing)>| match mean {
        Some((Some(value), Standing::Holds)) => quantity.format(value),
        Some((Some(value), Standing::Unsteady)) => format!("{} ({NOT_STEADY})", quantity.format(value)),
        Some((_, Standing::Overloaded)) => "overloaded".to_owned(),
        Some((None, _)) | None => "–".to_owned(),
    };
    let points = &others[0].compared.points;
    let row = |label: &str| {
        let found: Vec<Option<&Difference>> = others.iter().map(|other| find(metric, label, other)).collect();
        let mean = found.iter().flatten().next().map(|difference| (difference.first, difference.first_standing));
        html! {
            tr {
                th scope="row" { (label) }
                td { (written(mean)) }
                @for difference in found {
                    td { (written(difference.map(|of| (of.second, of.second_standing)))) }
                    td { (difference.map_or_else(|| html! { "–" }, |of| difference_cell(quantity, of))) }
                }
            }
        }
    };
    html! {
        section id=(metric.name) {
            h2 { (metric.label) }
            (beyond(points.len(), "design points"))
            div.wide tabindex="0" role="region" aria-label="Table, scrolls sideways" {
                table {
                    thead {
                        tr {
                            th { "Design point" } th { (first.name) }
                            @for other in others { th { (other.folder.name) } th { (other.folder.name) " − " (first.name) } }
                        }
                    }
                    tbody { @for point in points.iter().take(MOST_ROWS) { (row(&point.label)) } }
                }
            }
        }
    }
}

/// The difference of a metric at the design point with this label.
fn find<'c>(metric: &Metric, label: &str, other: &'c OtherFolder<'_>) -> Option<&'c Difference> {
    other.compared.find(label)?.difference(metric)
}

/// A difference with its interval, and as a part of the first.
fn difference_cell(quantity: Quantity, of: &Difference) -> Markup {
    let Some(estimate) = of.difference else { return html! { "–" } };
    let ends = of.low.zip(of.high).filter(|(low, high)| low < high);
    let (value, range) = match quantity {
        Quantity::Share => {
            let range = ends.map(|(low, high)| points_range(&Interval { estimate, low, high }));
            (signed_points(estimate), range)
        }
        _ => (signed(quantity, estimate), ends.map(|(low, high)| quantity.format_range(low, high))),
    };
    let relative = of.relative.map(|relative| relation(1.0 + relative, 1));
    let basis = [range, relative].into_iter().flatten().collect::<Vec<_>>().join("; ");
    html! {
        @if of.is_shown { strong { (value) } } @else { (value) }
        br;
        small { (basis) }
    }
}

fn signed(quantity: Quantity, value: f64) -> String {
    let text = quantity.format(value);
    if value > 0.0 { format!("+{text}") } else { text }
}
