//! The summary of a study's results as a table.

use super::points::{MOST_LISTED, loses, misses, print_columns, print_pivots, print_points, say_left_out};
use crate::columns::marks;
use crate::output::{UNRESOLVED_MARK, mean, printable, say, say_paragraph, significant, table};
use cospike_reports::Pivot;
use cospike_results::goal::Selection;
use cospike_results::index::PointIndex;
use cospike_results::metrics::Metric;
use cospike_results::rows::Results;
use cospike_results::summary::{
    AdjustedP, Caution, Estimate, LEAST_COMPUTE, PointSummary, SIGNIFICANCE, Summary, UNRESOLVED, compute_share, zeros,
};
use cospike_sim_core::kernel::Number;
use cospike_sim_core::stats::Interval;

/// Prints the question of a study, and the sentences of its answer.
pub(super) fn print_answer(question: Option<&str>, answer: &[String]) {
    if let Some(question) = question {
        say_paragraph(&printable(question), 0);
    }
    answer.iter().for_each(|sentence| say_paragraph(&format!("- {}", printable(sentence)), 2));
    if question.is_some() || !answer.is_empty() {
        say!();
    }
}

/// What columns of the table of design points mean.
const EXPLAINED: [(&[&str], &str); 4] = [
    (
        &["x float32", "x binary"],
        "x float32, x binary: bits of the float32 and of the T-step binary tensor at the split per payload bit",
    ),
    (&["on air B"], "on air: bytes on the uplink per request asked, with headers, copies and what was sent again"),
    (&["load %"], "load: what the place that is asked for most is asked for, as a share of what it can do"),
    (
        &["p95 ms", "energy mJ"],
        "latency per request and energy of the edge devices per answered request; device: mean power of one; energy and power from the \
         end of the warm-up to the last request",
    ),
];

/// Prints the design points, with the metrics that were asked for if some were, and the paired differences.
pub(super) fn print_summary(summary: &Summary, results: &Results, pivots: &[Pivot], metrics: &[Metric]) {
    if !metrics.is_empty() {
        print_columns(summary, metrics);
        say!();
        say_paragraph("means over the replications", 0);
        print_notes(summary);
        print_cautions(summary);
        print_failures(summary);
        return;
    }
    print_pivots(pivots);
    let (unanswered, misses) = (loses(results), misses(summary));
    let left = print_points(summary, results);
    let samples = results.points.iter().map(|point| point.samples).max().unwrap_or(0);
    let accuracy = match unanswered {
        true => {
            "correct: answered correctly, of all requests asked; loss-free: accuracy of the network with nothing lost, on"
        }
        false => "accuracy with nothing lost, on",
    };
    say!();
    say_paragraph(&format!("{accuracy} {samples} samples, 95 % Wilson interval"), 0);
    for (columns, explained) in EXPLAINED {
        if columns.iter().any(|column| !left.contains(column)) {
            say_paragraph(explained, 0);
        }
    }
    print_notes(summary);
    print_cautions(summary);
    if let Some([least, most]) = compute_share(&results.replications) {
        let compared = if most < LEAST_COMPUTE { "" } else { "; the report compares it under every price list" };
        let [least, most] = [least, most].map(|share| significant(100.0 * share));
        let range = if least == most { most } else { format!("{least} to {most}") };
        say_paragraph(
            &format!("compute alone is {range} % of this energy, the rest is radio and waiting{compared}"),
            0,
        );
    }
    if misses {
        say!("missed: deadlines missed, by a late answer or by none, of all requests");
    }
    say_paragraph(zeros(&results.points), 0);
    if let Some(Selection { goal, .. }) = &summary.selection {
        let confidence = Number(100.0 * goal.confidence);
        let text = format!(
            "the choice: limits are kept with {confidence} % probability; how sure it is, by Student's t replication by replication, \
             summed over all others (Bonferroni)"
        );
        say_paragraph(&text, 0);
    }
    print_failures(summary);
    print_missing_energies(summary);
    if !summary.comparisons.is_empty() {
        say!();
        print_comparisons(summary);
    }
}

/// Names the design points whose means hold for this run only.
fn print_cautions(summary: &Summary) {
    let cautions =
        || summary.points.iter().flat_map(|point| point.cautions.iter().map(move |caution| (point, caution)));
    for (point, caution) in cautions().take(MOST_LISTED) {
        let mark = if let Caution::Overloaded { .. } = caution { '!' } else { '?' };
        say_paragraph(&format!("{mark} {}: {caution}", printable(&point.label)), 2);
    }
    say_left_out(cautions().count(), "caution", "`--json` has");
}

/// Prints notes on the replications behind the means, and on their marks.
fn print_notes(summary: &Summary) {
    intervals(summary).iter().for_each(|note| say_paragraph(note, 0));
    marks(&summary.points).iter().for_each(|note| say_paragraph(note, 0));
}

/// Notes on the replications behind the means.
fn intervals(summary: &Summary) -> Vec<String> {
    let numbers = || summary.points.iter().map(|point| point.energy_j.of);
    let (least, most) = (numbers().min().unwrap_or(0), numbers().max().unwrap_or(0));
    let mut notes = vec![match (least, most) {
        (_, ..=1) => "from one replication, so without intervals".to_string(),
        _ if least < most => format!("±: half a 95 % t-interval over {least} to {most} replications"),
        _ => format!("±: half a 95 % t-interval over {most} replications"),
    }];
    let mut add = |note: String| notes.push(note);
    let estimates = || summary.points.iter().flat_map(PointSummary::estimates);
    if let Some(some) = estimates().find(|estimate| (1..estimate.of).contains(&estimate.over)) {
        let (over, of) = (some.over, some.of);
        add(format!("over {over} of {of}: {over} replications have the value, the others have none or failed"));
    }
    if estimates().any(|estimate| estimate.mean.is_none()) {
        add("-: no replication has the value".into());
    }
    if estimates().any(Estimate::is_unresolved) {
        add(format!(
            "{UNRESOLVED_MARK}: not resolved: the 95 % interval is wider than a factor of {UNRESOLVED} to either side: give more `replications`"
        ));
    }
    if estimates().any(|estimate| estimate.is_vague() && !estimate.is_unresolved()) {
        add("a ± that is larger than its value leaves the value open: give more `replications`".into());
    }
    let deterministic = summary.points.iter().filter(|point| point.is_deterministic).count();
    if deterministic > 0 {
        let of = match deterministic == summary.points.len() {
            true => "each design point".to_string(),
            false => format!("{deterministic} of {} design points", summary.points.len()),
        };
        add(format!(
            "the replications of {of} are equal, event by event: nothing random happened in them, so there is no interval"
        ));
    } else if estimates().any(|estimate| estimate.is_constant && estimate.interval.is_none()) {
        add("no ± where all replications give the same value".into());
    }
    if most > 1 {
        add("intervals of correct answers have in them the error of the samples, which all replications share".into());
    }
    notes
}

/// Names the design points that failed, each with its reason.
fn print_failures(summary: &Summary) {
    let failed = || summary.points.iter().filter_map(|point| Some((point, point.failure.as_ref()?)));
    for (point, reason) in failed().take(MOST_LISTED) {
        let (label, reason) = (printable(&point.label), printable(reason));
        match (point.failed_replications, point.energy_j.of) {
            (0, _) => say!("\nfailed: {label}: {reason}"),
            (failed, all) => say!("\nfailed: {label}, {failed} of {all} replications: {reason}"),
        }
    }
    say_left_out(failed().count(), "failed design point", "points.parquet and `--json` have");
}

/// Names the design points without energy, each with the reason.
fn print_missing_energies(summary: &Summary) {
    let without = || summary.points.iter().filter_map(|point| Some((point, point.no_energy.as_ref()?)));
    for (point, reason) in without().take(MOST_LISTED) {
        let (missing, all) = (point.replications - point.energy_j.over, point.replications);
        let (label, reason) = (printable(&point.label), printable(reason));
        say!("\nno energy: {label}, {missing} of {all} replications: {reason}");
    }
    say_left_out(without().count(), "design point", "replications.parquet and `--json` have");
}

/// Prints the differences between spiking design points and those of other families.
fn print_comparisons(summary: &Summary) {
    let mut pairs = table(&["spiking - other", "accuracy points", "latency ms", "energy mJ"]);
    let label = |number: PointIndex| summary.points.iter().find(|p| p.point == number).map_or("", |p| p.label.as_str());
    for pair in summary.comparisons.iter().take(MOST_LISTED) {
        let AdjustedP { accuracy, latency_mean_s, energy_j } = pair.adjusted_p;
        pairs.add_row([
            printable(&format!("{} - {}", label(pair.spiking), label(pair.baseline))),
            pair.accuracy.map_or_else(|| "-".into(), |found| marked(&percent_points(&found.difference), accuracy)),
            marked(&mean(&pair.latency_mean_s, 3), latency_mean_s),
            marked(&mean(&pair.energy_j, 3), energy_j),
        ]);
    }
    say!("{pairs}");
    say_left_out(summary.comparisons.len(), "difference", "comparisons.parquet and `--json` have");
    say!();
    say_paragraph(
        "paired differences: the same samples, and the same arrivals in each replication, each with its own 95 % interval",
        0,
    );
    let beyond = match summary.all_points > summary.points.len() {
        true => ", also those that only comparisons.parquet has",
        false => "",
    };
    say_paragraph(
        &format!(
            "*: shown to differ, at a level of 5 % for all differences of its column together (Holm's correction){beyond}"
        ),
        0,
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
