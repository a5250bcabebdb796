//! Every design point and every paired comparison, in numbers.

use super::limits::{MOST_LISTED, MOST_ROWS, and_more, beyond};
use super::quoted::{Quoted, Verdict, accuracy, cell, compression, mean};
use crate::digest::{Design, Digest, Pair};
use crate::metric::NOT_STEADY;
use crate::quantity::{Quantity, count, plural, points_range, signed_points};
use cospike_results::metrics::{CORRECT, ENERGY, LATENCY, POWER};
use cospike_results::rows::PointRow;
use cospike_results::summary::{Caution, Comparison, Estimate, Standing};
use cospike_sim_core::stats::PairedDifference;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// The sections "Design points" and "Spiking against other families".
pub(super) fn section(digest: &Digest<'_>) -> Markup {
    html! {
        section #points {
            h2 { "Design points" }
            p {
                "Correct of all requests counts what was lost or not answered as not correct. On air are the bytes of a request with headers, and "
                "with what was sent again. The greatest load is that of the place that is asked for most, as a share of what it can do. "
                "Offline accuracy is that with nothing lost, with its 95 % Wilson interval over the samples. All other "
                "intervals are 95 % Student-t intervals over replications; those of correct answers have in them the error of the samples, \
                 which all replications share. Energy is that of all edge devices together per "
                "answered request, power that of one device on average, both in steady state: from the end of the warm-up to the "
                "last request. Latency is that of completed requests after warm-up. A mean is over the replications "
                "that have a value, and says over how many if that is not all; where none has one, there is a dash."
            }
            (beyond(digest.designs.len(), "design points"))
            @if let Some(note) = deterministic(digest) { p { (note) } }
            (missing_energy(digest))
            @if digest.designs.iter().flat_map(|design| design.summary.estimates()).any(Estimate::is_vague) {
                p { "An interval that is wider than its value to either side leaves the value open: more replications would narrow it." }
            }
            div.wide tabindex="0" role="region" aria-label="Table, scrolls sideways" {
                table {
                    thead {
                        tr {
                            th { "Design point" } th { "T" } th { (CORRECT.label) } th { "Offline accuracy" } th { "Payload" } th { "On air, per request" }
                            th { "Float32 over payload" } th { "Binary over payload" } th { "Completed requests" } th { "Replications" }
                            th { "Accuracy, completed" } th { (ENERGY.label) } th { (POWER.label) } th { (LATENCY.label) }
                            th { "95th percentile of latency" } th { "Greatest load" }
                        }
                    }
                    tbody { @for design in digest.designs.iter().take(MOST_ROWS) { (design_row(design)) } }
                }
            }
            @if !digest.pairs.is_empty() { (pairs(digest)) }
        }
    }
}

/// List of the design points that have replications without energy, with the reason.
fn missing_energy(digest: &Digest<'_>) -> Markup {
    let missing = |design| {
        let Design { row, summary, .. }: &Design<'_> = design;
        Some((row.label.as_str(), summary.no_energy.as_deref()?))
    };
    let all: Vec<(&str, &str)> = digest.designs.iter().filter_map(missing).collect();
    html! {
        @if !all.is_empty() {
            ul {
                @for (label, reason) in all.iter().take(MOST_LISTED) {
                    li { b { (label) } " has replications without energy: " (reason) "." }
                }
                (and_more(all.len()))
            }
        }
    }
}

/// Sentence on design points without any randomness.
fn deterministic(digest: &Digest<'_>) -> Option<String> {
    let number = digest.designs.iter().filter(|design| design.summary.is_deterministic).count();
    let of = if number == digest.designs.len() { "each".to_owned() } else { plural(number, "design point") };
    (number > 0).then(|| {
        format!(
            "The replications of {of} are equal, event by event: nothing random happened in them. There is no interval then, \
             because repeating what is not random says nothing about how certain a mean is."
        )
    })
}

fn design_row(design: &Design<'_>) -> Markup {
    let row = design.row;
    let summary = &design.summary;
    let outcome = |quantity, estimate: &Estimate| cell(mean(quantity, estimate));
    let failed = summary.failed_replications;
    html! {
        tr data-point=(row.point) data-toml=(toml(row)) {
            th scope="row" {
                (row.label)
                @if row.setup.designs > 1 {
                    br; small { "offline accuracy and payload are those of the first of " (row.setup.designs) " designs" }
                }
                @for caution in &summary.cautions { br; small { a href="#cautions" { (in_a_word(caution)) } } }
            }
            td { (row.time_steps) }
            (outcome(Quantity::Share, &summary.correct))
            (cell(design.executed().as_ref().map(accuracy)))
            td { (row.payload_bits.map_or_else(dash, |bits| Quantity::Bits.format(bits))) }
            (outcome(Quantity::Bytes, &summary.on_air_bytes))
            (cell(Some(compression(summary.ratio_to_float32, row.float32_bits))))
            (cell(Some(compression(summary.ratio_to_binary, row.binary_bits))))
            (cell(Some(Quoted { value: count(design.completed()), basis: format!("of {}", count(design.generated())) })))
            td { (summary.replications) @if failed > 0 { br; small { (count(failed as u64)) " failed" } } }
            (outcome(Quantity::Share, &summary.accuracy))
            (outcome(Quantity::Joules, &summary.energy_j))
            (outcome(Quantity::Watts, &summary.power_per_device_w))
            (outcome(Quantity::Seconds, &summary.latency_mean_s))
            (outcome(Quantity::Seconds, &summary.latency_p95_s))
            (cell(summary.load.greatest().map(|(place, load)| Quoted {
                value: Quantity::Share.format(load),
                basis: place.to_owned(),
            })))
        }
    }
}

/// The swept values of a design point as they stand in a scenario, a key per line. Values of JSON that a sweep can have are written alike
/// in TOML.
fn toml(row: &PointRow) -> String {
    let values: BTreeMap<String, serde_json::Value> = serde_json::from_str(&row.parameters).unwrap_or_default();
    values.iter().map(|(key, value)| format!("{key} = {value}\n")).collect()
}

/// What the section on cautions says at length.
fn in_a_word(caution: &Caution) -> &'static str {
    match caution {
        Caution::Overloaded { .. } => "overloaded",
        Caution::Drifting => NOT_STEADY,
        Caution::TooShort | Caution::TooShortForLoad { .. } => "too short",
    }
}

fn pairs(digest: &Digest<'_>) -> Markup {
    html! {
        h2 #pairs { "Spiking against other families" }
        (beyond(digest.pairs.len(), "pairs"))
        p {
            "Each row is a spiking design point and one of another family (float, with a float or a binary bottleneck unit, or quantised) that is "
            "otherwise equal; where a cell holds two numbers, the spiking one is on top. Differences are spiking minus the other. Accuracy is compared "
            "sample by sample (95 % interval of Newcombe 1998, method 10), energy replication by replication on the same "
            "arrivals, samples and link (95 % Student-t interval). The payloads of a pair need not be equal: read the "
            "accuracy next to them. Right alone counts the samples that only one of the two got right. Intervals are per row and not widened for the number of rows; what accuracy and energy "
            "say is, at a level of 5 % for all rows together (McNemar's mid-p test and the paired t test, Holm's correction)."
        }
        div.wide tabindex="0" role="region" aria-label="Table, scrolls sideways" {
            table {
                thead {
                    tr {
                        th { "Spiking" } th { "Other" } th { "Payloads" }
                        th { "Accuracy, difference" } th { "Right alone" }
                        th { "Accuracy: verdict" } th { "Energy per request, difference" } th { "Replications" } th { "Energy: verdict" }
                    }
                }
                tbody { @for pair in digest.pairs.iter().take(MOST_ROWS) { (pair_row(digest, pair)) } }
            }
        }
    }
}

fn pair_row(digest: &Digest<'_>, pair: &Pair) -> Markup {
    let (spiking, baseline) = (&digest.designs[pair.spiking], &digest.designs[pair.baseline]);
    let Comparison { accuracy, energy_j, adjusted_p, .. } = &pair.difference;
    let accuracy_says = match accuracy.zip(adjusted_p.accuracy) {
        Some((found, p)) => match Verdict::adjusted(found.difference.estimate, p) {
            Verdict::Above => "spiking is more accurate",
            Verdict::Below => "spiking is less accurate",
            Verdict::Open => "no difference shown",
        },
        None => "one could not be executed",
    };
    let difference = accuracy.map(|found| Quoted {
        value: signed_points(found.difference.estimate),
        basis: format!("{}, n = {}", points_range(&found.difference), count(found.samples)),
    });
    let energy_says = match energy_j.mean.zip(adjusted_p.energy_j).map(|(mean, p)| Verdict::adjusted(mean, p)) {
        Some(Verdict::Above) => "spiking needs more",
        Some(Verdict::Below) => "spiking needs less",
        Some(Verdict::Open) => "no difference shown",
        None if spiking.is_overloaded() || baseline.is_overloaded() => "a place is overloaded: not compared",
        None if [spiking, baseline].iter().any(|design| design.summary.standing(&ENERGY) != Standing::Holds) => {
            "not steady: not compared"
        }
        None => "no interval",
    };
    let right_alone =
        |get: fn(&PairedDifference) -> u64| accuracy.as_ref().map_or_else(dash, |found| count(get(found)));
    let payload = |design: &Design<'_>| design.row.payload_bits.map_or_else(dash, |bits| Quantity::Bits.format(bits));
    html! {
        tr {
            th scope="row" { (spiking.row.label) }
            td { (baseline.row.label) }
            (two_lines(&payload(spiking), &payload(baseline)))
            (cell(difference))
            (two_lines(&right_alone(|found| found.only_first), &right_alone(|found| found.only_second)))
            td { (accuracy_says) }
            (cell(mean(Quantity::Joules, energy_j)))
            td { (energy_j.of) }
            td { (energy_says) }
        }
    }
}

/// What stands in the place of a number that does not exist.
fn dash() -> String {
    "–".to_owned()
}

/// Table cell with the number of the spiking network above that of the other one.
fn two_lines(spiking: &str, baseline: &str) -> Markup {
    html! { td { (spiking) br; (baseline) } }
}
