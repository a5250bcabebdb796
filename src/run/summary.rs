//! The summary of a study's results as a table.

use crate::output::{mean, percent, say, significant, table};
use cospike_results::index::PointIndex;
use cospike_results::rows::Results;
use cospike_results::summary::{AdjustedP, SIGNIFICANCE, Summary};
use cospike_sim_core::stats::Interval;

/// Prints a row for each design point, and the paired differences.
pub(super) fn print_summary(summary: &Summary, results: &Results) {
    // Loss, damage, full queues and early answers make the event loop's accuracy differ from the network's.
    let unanswered = results.replications.iter().any(|row| {
        let damaged = row.traffic.packets_lost > 0 || row.traffic.bits_flipped > 0 || row.traffic.bits_erased > 0;
        let early = row.traffic.steps_saved > 0 || (1..row.requests.completed).contains(&row.requests.answered_at_edge);
        damaged || early || row.requests.completed < row.requests.generated
    });
    let mut titles = vec!["design point", "accuracy %"];
    if unanswered {
        titles.extend(["answered %", "right of these %"]);
    }
    titles.extend(["payload bit", "x float32", "x binary", "latency ms", "p95 ms", "energy mJ"]);
    let mut points = table(&titles);
    for point in &summary.points {
        let ratio = |ratio: Option<f64>| ratio.map_or_else(|| "-".into(), significant);
        let mut row = vec![point.label.clone(), percent(&point.offline_accuracy)];
        if unanswered {
            row.extend([mean(&point.completed, 100.0), mean(&point.accuracy, 100.0)]);
        }
        row.extend([
            significant(point.payload_bits),
            ratio(point.ratio_to_float32),
            ratio(point.ratio_to_binary),
            mean(&point.latency_mean_s, 1e3),
            mean(&point.latency_p95_s, 1e3),
            mean(&point.energy_j, 1e3),
        ]);
        points.add_row(row);
    }
    say!("{points}");
    let samples = results.points.iter().map(|point| point.samples).max().unwrap_or(0);
    say!(
        "\naccuracy with nothing lost, on {samples} samples, 95 % Wilson interval; x float32, x binary: bits of the float32 \
         and of the T-step binary tensor at the split per payload bit;\nlatency and energy of the edge device per \
         completed request, ± half a 95 % t-interval over {} replications",
        results.manifest.replications
    );
    if !summary.comparisons.is_empty() {
        say!();
        print_comparisons(summary);
    }
}

/// Prints the differences between spiking and float design points.
fn print_comparisons(summary: &Summary) {
    let mut pairs = table(&["spiking - float", "accuracy points", "latency ms", "energy mJ"]);
    let label = |number: PointIndex| summary.points.iter().find(|p| p.point == number).map_or("", |p| p.label.as_str());
    for pair in &summary.comparisons {
        let AdjustedP { accuracy, latency_mean_s, energy_j } = pair.adjusted_p;
        pairs.add_row([
            format!("{} - {}", label(pair.spiking), label(pair.float)),
            marked(&percent_points(&pair.accuracy.difference), Some(accuracy)),
            marked(&mean(&pair.latency_mean_s, 1e3), latency_mean_s),
            marked(&mean(&pair.energy_j, 1e3), energy_j),
        ]);
    }
    say!(
        "{pairs}\n\npaired differences: the same samples, and the same arrivals in each replication, each with its own 95 % \
         interval;\n*: shown to differ, at a level of 5 % for all differences of its column together (Holm's correction)"
    );
}

/// A difference, marked if its adjusted p-value is significant.
fn marked(difference: &str, adjusted_p: Option<f64>) -> String {
    let mark = if adjusted_p.is_some_and(|p| p <= SIGNIFICANCE) { '*' } else { ' ' };
    format!("{difference} {mark}")
}

/// A difference of shares and its interval in percentage points: `-1.5 [-2.5, -0.5]`.
fn percent_points(difference: &Interval) -> String {
    let [estimate, low, high] = [difference.estimate, difference.low, difference.high].map(|v| 100.0 * v);
    format!("{estimate:+.1} [{low:+.1}, {high:+.1}]")
}
