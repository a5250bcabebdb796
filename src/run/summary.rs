//! The summary of a study's results as a table.

use crate::output::{mean, percent, plural, printable, say, significant, table};
use cospike_results::goal::Selection;
use cospike_results::index::PointIndex;
use cospike_results::rows::Results;
use cospike_results::summary::{
    AdjustedP, Estimate, LEAST_COMPUTE, PointSummary, SIGNIFICANCE, Summary, compute_share, zeros,
};
use cospike_sim_core::kernel::Number;
use cospike_sim_core::stats::Interval;

/// Most design points of which the terminal lists anything; a reader of more needs the files.
const MOST_LISTED: usize = 1_000;

/// Prints the question of a study, and the sentences of its answer.
pub(super) fn print_answer(question: Option<&str>, answer: &[String]) {
    if let Some(question) = question {
        say!("{}", printable(question));
    }
    answer.iter().for_each(|sentence| say!("- {}", printable(sentence)));
    if question.is_some() || !answer.is_empty() {
        say!();
    }
}

/// Prints a row for each design point, and the paired differences.
pub(super) fn print_summary(summary: &Summary, results: &Results) {
    // Loss, damage, full queues and early answers make the event loop's accuracy differ from the network's.
    let unanswered = results.replications.iter().any(|row| {
        let damaged = row.traffic.packets_lost > 0 || row.traffic.bits_flipped > 0 || row.traffic.bits_erased > 0;
        let early = row.traffic.steps_saved + row.traffic.steps_wasted > 0
            || (1..row.requests.completed).contains(&row.requests.answered_at_edge);
        damaged || early || row.requests.completed < row.requests.generated
    });
    let mut titles = vec!["design point"];
    match unanswered {
        true => titles.extend(["correct %", "answered %", "correct among answered, %", "loss-free %"]),
        false => titles.push("accuracy %"),
    }
    titles.extend([
        "payload bit",
        "x float32",
        "x binary",
        "on air B",
        "latency ms",
        "p95 ms",
        "energy mJ",
        "device mW",
    ]);
    titles.push("load");
    let misses = summary.points.iter().any(|point| point.deadline_misses.mean > Some(0.0));
    if misses {
        titles.push("missed %");
    }
    let mut points = table(&titles);
    for point in summary.points.iter().take(MOST_LISTED).cloned().map(PointSummary::that_holds) {
        let offline = point.offline_accuracy.as_ref().map_or_else(|| "-".into(), percent);
        let mut row = vec![printable(&point.label)];
        if unanswered {
            row.extend([&point.correct, &point.completed, &point.accuracy].map(|share| mean(share, 2)));
        }
        row.push(offline);
        row.extend([
            number(point.payload_bits),
            number(point.ratio_to_float32),
            number(point.ratio_to_binary),
            number(point.on_air_bytes.mean),
            mean(&point.latency_mean_s, 3),
            mean(&point.latency_p95_s, 3),
            mean(&point.energy_j, 3),
            mean(&point.power_per_device_w, 3),
            load(&point),
        ]);
        if misses {
            row.push(mean(&point.deadline_misses, 2));
        }
        points.add_row(row);
    }
    say!("{points}");
    say_left_out(summary.points.len(), "design point", "points.parquet, replications.parquet and `--json` have");
    if summary.all_points > summary.points.len() {
        say!(
            "all of this, `--json` and the report are of the first {} of {}: points.parquet, replications.parquet and the other tables \
             have all, and `--point FROM..TO` shows a part of them",
            summary.points.len(),
            plural(summary.all_points as u64, "design point")
        );
    }
    let samples = results.points.iter().map(|point| point.samples).max().unwrap_or(0);
    let accuracy = match unanswered {
        true => {
            "correct: answered correctly, of all requests asked; loss-free: accuracy of the network with nothing lost, on"
        }
        false => "accuracy with nothing lost, on",
    };
    say!(
        "\n{accuracy} {samples} samples, 95 % Wilson interval; x float32, x binary: bits of the float32 \
         and of the T-step binary tensor at the split per payload bit;\non air: bytes on the uplink per request asked, with headers, \
         copies and what was sent again; load: offered load of the place that is asked for most;\nlatency per request and energy of the \
         edge devices per answered request; device: mean power of one; energy and power from the end of the warm-up to the last \
         request, {}",
        intervals(summary)
    );
    print_cautions(summary);
    if let Some([least, most]) = compute_share(&results.replications) {
        let compared = if most < LEAST_COMPUTE { "" } else { "; the report compares it under every price list" };
        let [least, most] = [least, most].map(|share| significant(100.0 * share));
        let range = if least == most { most } else { format!("{least} to {most}") };
        say!("compute alone is {range} % of this energy, the rest is radio and waiting{compared}");
    }
    if misses {
        say!("missed: deadlines missed, by a late answer or by none, of all requests");
    }
    say!("{}", zeros(&results.points));
    if let Some(Selection { goal, .. }) = &summary.selection {
        let confidence = Number(100.0 * goal.confidence);
        say!(
            "the choice: limits are kept with {confidence} % probability; how sure it is, by Student's t replication by replication, \
             summed over all others (Bonferroni)"
        );
    }
    print_failures(summary);
    print_missing_energies(summary);
    if !summary.comparisons.is_empty() {
        say!();
        print_comparisons(summary);
    }
}

/// Offered load of the place that is asked for most, with an exclamation mark if the means hold for this run only.
fn load(point: &PointSummary) -> String {
    let mark = if point.cautions.is_empty() { "" } else { "! " };
    point.load.greatest().map_or_else(|| "-".into(), |(place, load)| format!("{mark}{load:.2} {place}"))
}

/// Says how many of `all` are not listed, and what has them.
fn say_left_out(all: usize, what: &str, elsewhere: &str) {
    if let Some(left) = all.checked_sub(MOST_LISTED).filter(|left| *left > 0) {
        say!("... and {} more, which {elsewhere}", plural(left as u64, what));
    }
}

/// Names the design points whose means hold for this run only.
fn print_cautions(summary: &Summary) {
    let cautions =
        || summary.points.iter().flat_map(|point| point.cautions.iter().map(move |caution| (point, caution)));
    for (point, caution) in cautions().take(MOST_LISTED) {
        say!("! {}: {caution}", printable(&point.label));
    }
    say_left_out(cautions().count(), "caution", "`--json` has");
}

/// Words on the replications behind the means.
fn intervals(summary: &Summary) -> String {
    let numbers = || summary.points.iter().map(|point| point.energy_j.of);
    let (least, most) = (numbers().min().unwrap_or(0), numbers().max().unwrap_or(0));
    let mut text = match (least, most) {
        (_, ..=1) => "from one replication, so without intervals".to_string(),
        _ if least < most => format!("± half a 95 % t-interval over {least} to {most} replications"),
        _ => format!("± half a 95 % t-interval over {most} replications"),
    };
    let estimates = || summary.points.iter().flat_map(PointSummary::estimates);
    if let Some(some) = estimates().find(|estimate| (1..estimate.of).contains(&estimate.over)) {
        let (over, of) = (some.over, some.of);
        text += &format!(";\nover {over} of {of}: {over} replications have the value, the others have none or failed");
    }
    if estimates().any(|estimate| estimate.mean.is_none()) {
        text += ";\n-: no replication has the value";
    }
    if summary.points.iter().any(PointSummary::is_overloaded) {
        text += ";\nno latency, energy or power where a place is overloaded, and no comparison with it: they grow with the run (--json has them)";
    }
    if estimates().any(Estimate::is_vague) {
        text += ";\na ± that is larger than its value leaves the value open: give more `replications`";
    }
    let deterministic = summary.points.iter().filter(|point| point.is_deterministic).count();
    if deterministic > 0 {
        let of = match deterministic == summary.points.len() {
            true => "each design point".to_string(),
            false => format!("{deterministic} of {} design points", summary.points.len()),
        };
        text += &format!(
            ";\nthe replications of {of} are equal, event by event: nothing random happened in them, so there is no interval"
        );
    } else if estimates().any(|estimate| estimate.is_constant) {
        text += ";\nno ± where all replications give the same value";
    }
    text
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

/// A number, or a dash where there is none.
fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), significant)
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
    say_left_out(summary.comparisons.len(), "difference", "`--json` has");
    say!(
        "\npaired differences: the same samples, and the same arrivals in each replication, each with its own 95 % \
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
