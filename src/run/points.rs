//! The table of the design points: as many columns as fit, or those that were asked for; and tables of metrics against a swept key.

use crate::columns::{Column, OVERLOADED, unsteady};
use crate::output::{load_percent, mean, percent, plural, printable, say, say_paragraph, significant, table, width};
use cospike_reports::{Cell, Pivot};
use cospike_results::metrics::{ENERGY, LATENCY, LATENCY_P95, Metric, POWER, metric};
use cospike_results::rows::Results;
use cospike_results::summary::{PointSummary, Summary};
use cospike_sim_core::kernel::Number;
use cospike_sim_core::payload::Codec;

/// Most design points of which the terminal lists anything; a reader of more needs the files.
pub(super) const MOST_LISTED: usize = 1_000;

/// Width at which most tables are whole.
const WIDE: usize = 200;

/// Most columns of values that a table has whatever the width.
const ALWAYS: usize = 4;

/// A column of the table, with the place that it has when there is no room for all: the lower, the sooner it is shown.
struct Shown {
    title: &'static str,
    rank: usize,
    cells: Vec<String>,
}

/// Whether the event loop's accuracy may differ from the network's: by loss, damage, noise, full queues, early
/// answers and other designs.
pub(super) fn loses(results: &Results) -> bool {
    let noisy = Codec::Symbols.to_string();
    results.points.iter().any(|point| point.codec == noisy)
        || results.time_line.iter().any(|row| row.slice.switched > 0)
        || results.replications.iter().any(|row| {
            let damaged = row.traffic.packets_lost > 0 || row.traffic.bits_flipped > 0 || row.traffic.bits_erased > 0;
            let early = row.traffic.steps_saved + row.traffic.steps_wasted > 0
                || (1..row.requests.completed).contains(&row.requests.answered_at_edge);
            damaged || early || row.requests.completed < row.requests.generated
        })
}

/// Whether any deadline was missed.
pub(super) fn misses(summary: &Summary) -> bool {
    summary.points.iter().any(|point| point.deadline_misses.mean > Some(0.0))
}

/// Prints the design points with the columns that fit into the width, the most important ones first; gives the titles of the others.
pub(super) fn print_points(summary: &Summary, results: &Results) -> Vec<&'static str> {
    let points: Vec<PointSummary> =
        summary.points.iter().take(MOST_LISTED).cloned().map(PointSummary::that_holds).collect();
    let labels: Vec<String> = points.iter().map(|point| printable(&point.label)).collect();
    let designs: Vec<u32> = results.points.iter().take(MOST_LISTED).map(|row| row.setup.designs).collect();
    let mut columns = columns((&points, &designs), loses(results), misses(summary));
    let left = leave_out(&mut columns, &labels);
    let titles: Vec<&str> = ["design point"].into_iter().chain(columns.iter().map(|column| column.title)).collect();
    let mut rows = table(&titles);
    for (index, label) in labels.into_iter().enumerate() {
        let cells = columns.iter().map(|column| column.cells[index].clone());
        rows.add_row([label].into_iter().chain(cells));
    }
    say!("{rows}");
    say_all_left_out(summary);
    if !left.is_empty() {
        let wider = if width() < WIDE { format!("COLUMNS={WIDE}, or ") } else { String::new() };
        let text =
            format!("not shown in {} columns: {} ({wider}--columns METRIC,... shows more)", width(), left.join(", "));
        say_paragraph(&text, 0);
    }
    left
}

fn columns((points, designs): (&[PointSummary], &[u32]), loses: bool, misses: bool) -> Vec<Shown> {
    let column = |title, rank, cell: &dyn Fn(&PointSummary) -> String| Shown {
        title,
        rank,
        cells: points.iter().map(cell).collect(),
    };
    // What inference says of one network, where a device may choose among several.
    let of_first = |title, rank, cell: &dyn Fn(&PointSummary) -> String| Shown {
        title,
        rank,
        cells: points
            .iter()
            .zip(designs)
            .map(|(point, designs)| match designs {
                0 | 1 => cell(point),
                several => format!("{}, first of {several}", cell(point)),
            })
            .collect(),
    };
    let number = |value: Option<f64>| value.map_or_else(|| "-".into(), significant);
    // In thousandths, whatever their size: titles are fixed.
    let of = |metric: Metric| move |point: &PointSummary| Column::new(metric, 0.0).cell(point);
    let offline = |point: &PointSummary| point.offline_accuracy.as_ref().map_or_else(|| "-".into(), percent);
    let accuracy = match loses {
        true => vec![
            column("correct %", 0, &|point| mean(&point.correct, 2)),
            column("answered %", 6, &|point| mean(&point.completed, 2)),
            column("correct among answered, %", 10, &|point| mean(&point.accuracy, 2)),
            of_first("loss-free %", 11, &offline),
        ],
        false => vec![of_first("accuracy %", 0, &offline)],
    };
    let others = [
        of_first("payload bit", 9, &|point| number(point.payload_bits)),
        of_first("x float32", 12, &|point| number(point.ratio_to_float32)),
        of_first("x binary", 13, &|point| number(point.ratio_to_binary)),
        column("on air B", 5, &|point| number(point.on_air_bytes.mean)),
        column("latency ms", 7, &of(LATENCY)),
        column("p95 ms", 1, &of(LATENCY_P95)),
        column("energy mJ", 2, &of(ENERGY)),
        column("device mW", 8, &of(POWER)),
        column("load %", 3, &load),
    ];
    let missed = metric("deadline_misses").filter(|_| misses).map(|missed| column("missed %", 4, &of(missed)));
    accuracy.into_iter().chain(others).chain(missed).collect()
}

/// Takes out of `columns` what does not fit beside `labels`, the least important first, and returns the titles.
fn leave_out(columns: &mut Vec<Shown>, labels: &[String]) -> Vec<&'static str> {
    // A blank on either side of each column.
    let longest = |cells: &[String], title: &str| {
        cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0).max(title.chars().count()) + 2
    };
    let own = longest(labels, "design point");
    let mut left = vec![];
    loop {
        let sum: usize = own + columns.iter().map(|column| longest(&column.cells, column.title)).sum::<usize>();
        let least = columns.iter().enumerate().max_by_key(|(_, column)| column.rank);
        match least {
            Some((place, column)) if sum > width() && column.rank >= ALWAYS => {
                left.push((place, columns.remove(place).title));
            }
            _ => break,
        }
    }
    left.into_iter().map(|(_, title)| title).collect()
}

/// Offered load of the place that is asked for most.
fn load(point: &PointSummary) -> String {
    point.load.greatest().map_or_else(|| "-".into(), |(place, load)| format!("{} {place}", load_percent(load)))
}

/// Prints the design points with the metrics that were asked for.
pub(super) fn print_columns(summary: &Summary, metrics: &[Metric]) {
    let points: Vec<PointSummary> =
        summary.points.iter().take(MOST_LISTED).cloned().map(PointSummary::that_holds).collect();
    let largest =
        |metric: &Metric| points.iter().filter_map(|point| metric.mean(point).mean).map(f64::abs).fold(0.0, f64::max);
    let columns: Vec<Column> = metrics.iter().map(|metric| Column::new(*metric, largest(metric))).collect();
    let titles: Vec<String> =
        ["design point".to_owned()].into_iter().chain(columns.iter().map(Column::title)).collect();
    let mut rows = table(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    for point in &points {
        let cells = columns.iter().map(|column| column.cell(point));
        rows.add_row([printable(&point.label)].into_iter().chain(cells));
    }
    say!("{rows}");
    say_all_left_out(summary);
}

/// Prints metrics against the one number that the study varied.
pub(super) fn print_pivots(pivots: &[Pivot]) {
    for Pivot { key, metric, values, lines } in pivots {
        let means = lines.iter().flat_map(|(_, cells)| cells).filter_map(|cell| match cell {
            Cell::Mean(mean) | Cell::Unsteady(mean) => Some(mean.abs()),
            _ => None,
        });
        let column = Column::new(**metric, means.fold(0.0, f64::max));
        let values = values.iter().map(|value| Number(*value).to_string());
        let titles: Vec<String> = [printable(key)].into_iter().chain(values).collect();
        let mut rows = table(&titles.iter().map(String::as_str).collect::<Vec<_>>());
        for (name, cells) in lines {
            let cells = cells.iter().map(|cell| written(&column, cell));
            rows.add_row([printable(name)].into_iter().chain(cells));
        }
        say!("{}\n{rows}\n", column.title());
    }
}

fn written(column: &Column, cell: &Cell) -> String {
    match cell {
        Cell::None => String::new(),
        Cell::Mean(mean) => column.format(*mean),
        Cell::Unsteady(mean) => unsteady(&column.format(*mean)),
        Cell::Overloaded => OVERLOADED.into(),
        Cell::NoValue => "-".into(),
    }
}

/// Says how many design points are not listed, and of how many nothing is said here.
fn say_all_left_out(summary: &Summary) {
    say_left_out(summary.points.len(), "design point", "points.parquet, replications.parquet and `--json` have");
    if summary.all_points > summary.points.len() {
        let text = format!(
            "all of this, `--json` and the report are of the first {} of {}: points.parquet, replications.parquet and the other tables \
             have all, and `--point FROM..TO` shows a part of them",
            summary.points.len(),
            plural(summary.all_points as u64, "design point")
        );
        say_paragraph(&text, 0);
    }
}

/// Says how many of `all` are not listed, and what has them.
pub(super) fn say_left_out(all: usize, what: &str, elsewhere: &str) {
    if let Some(left) = all.checked_sub(MOST_LISTED).filter(|left| *left > 0) {
        say!("... and {} more, which {elsewhere}", plural(left as u64, what));
    }
}
