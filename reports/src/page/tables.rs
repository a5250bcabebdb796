//! Every design point and every paired comparison, in numbers.

use super::headline::{Quoted, Verdict, accuracy, compression, estimate};
use crate::digest::{Design, Digest, Estimate, Pair};
use crate::quantity::{Quantity, count, points_range, signed_points};
use maud::{Markup, html};

/// The section.
pub(super) fn section(digest: &Digest<'_>) -> Markup {
    html! {
        section {
            h2 { "Design points" }
            p {
                "Offline accuracy is that with nothing lost, with its 95 % Wilson interval over the samples. All other "
                "intervals are 95 % Student-t intervals over replications. Energy is that of all edge devices together per "
                "completed request; latency is that of completed requests after warm-up."
            }
            div.wide {
                table {
                    thead {
                        tr {
                            th { "Design point" } th { "T" } th { "Offline accuracy" } th { "Payload" }
                            th { "Smaller than float32" } th { "Smaller than binary" } th { "Completed requests" }
                            th { "Accuracy, completed" } th { "Energy per request" } th { "Mean latency" }
                            th { "95th percentile of latency" }
                        }
                    }
                    tbody { @for design in &digest.designs { (design_row(design)) } }
                }
            }
            @if !digest.pairs.is_empty() { (pairs(digest)) }
        }
    }
}

fn design_row(design: &Design<'_>) -> Markup {
    let row = design.row;
    let outcome = |quantity, of: fn(&crate::digest::Outcome) -> Estimate| {
        cell(design.outcome().map(|outcome| estimate(quantity, of(outcome))))
    };
    html! {
        tr {
            th scope="row" { (row.label) }
            td { (row.time_steps) }
            (cell(Some(accuracy(design))))
            td { (Quantity::Bits.format(row.payload_bits)) }
            (cell(Some(compression(design.compression_of_float32(), row.float32_bits))))
            (cell(Some(compression(design.compression_of_binary(), row.binary_bits))))
            (cell(Some(Quoted { value: count(design.completed), basis: format!("of {}", count(design.generated)) })))
            (outcome(Quantity::Share, |outcome| outcome.accuracy))
            (outcome(Quantity::Joules, |outcome| outcome.energy))
            (outcome(Quantity::Seconds, |outcome| outcome.latency))
            (outcome(Quantity::Seconds, |outcome| outcome.latency_p95))
        }
    }
}

/// The number, and below it what it rests on; a dash if there is none.
fn cell(quoted: Option<Quoted>) -> Markup {
    html! {
        td {
            @match quoted {
                Some(Quoted { value, basis }) => { (value) br; small { (basis) } }
                None => "–",
            }
        }
    }
}

fn pairs(digest: &Digest<'_>) -> Markup {
    html! {
        h2 { "Spiking against its baselines" }
        p {
            "Each row is a spiking design point and one that differs in nothing but the family; where a cell holds two "
            "numbers, the spiking one is on top. Differences are spiking minus baseline. Accuracy is compared "
            "sample by sample (95 % interval of Newcombe 1998, method 10), energy replication by replication on the same "
            "arrivals, samples and link (95 % Student-t interval). The payloads of a pair need not be equal: read the "
            "accuracy next to them. Right alone counts the samples that only one of the two got right. Intervals are per row and not widened for the number of rows."
        }
        div.wide {
            table {
                thead {
                    tr {
                        th { "Spiking" } th { "Baseline" } th { "Payloads" }
                        th { "Accuracy, difference" } th { "Right alone" }
                        th { "Accuracy says" } th { "Energy per request, difference" } th { "Energy says" }
                    }
                }
                tbody { @for pair in &digest.pairs { (pair_row(digest, pair)) } }
            }
        }
    }
}

fn pair_row(digest: &Digest<'_>, pair: &Pair) -> Markup {
    let (spiking, baseline) = (digest.designs[pair.spiking].row, digest.designs[pair.baseline].row);
    let difference = pair.accuracy.difference;
    let accuracy_says = match Verdict::of(difference.low, difference.high) {
        Verdict::Above => "spiking is more accurate",
        Verdict::Below => "spiking is less accurate",
        Verdict::Open => "no difference shown",
    };
    let (range, samples) = (points_range(&difference), count(pair.accuracy.samples));
    let energy_says = match pair.energy.and_then(|energy| energy.interval).map(|(low, high)| Verdict::of(low, high)) {
        Some(Verdict::Above) => "spiking needs more",
        Some(Verdict::Below) => "spiking needs less",
        Some(Verdict::Open) => "no difference shown",
        None => "no interval",
    };
    html! {
        tr {
            th scope="row" { (spiking.label) }
            td { (baseline.label) }
            (two_lines(&Quantity::Bits.format(spiking.payload_bits), &Quantity::Bits.format(baseline.payload_bits)))
            (cell(Some(Quoted { value: signed_points(difference.estimate), basis: format!("{range}, n = {samples}") })))
            (two_lines(&count(pair.accuracy.only_first), &count(pair.accuracy.only_second)))
            td { (accuracy_says) }
            (cell(pair.energy.map(|energy| estimate(Quantity::Joules, energy))))
            td { (energy_says) }
        }
    }
}

/// The spiking side's number above the baseline's.
fn two_lines(spiking: &str, baseline: &str) -> Markup {
    html! { td { (spiking) br; (baseline) } }
}
