//! Every design point and every paired comparison, in numbers.

use super::quoted::{Quoted, Verdict, accuracy, cell, compression, mean};
use crate::digest::{Design, Digest, Pair};
use crate::names;
use crate::quantity::{Quantity, count, points_range, signed_points};
use cospike_results::summary::{Comparison, Estimate};
use maud::{Markup, html};

/// The sections "Design points" and "Spiking against float".
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
                            th { "Float32 over payload" } th { "Binary over payload" } th { "Completed requests" } th { "Replications" }
                            th { "Accuracy, completed" } th { (names::ENERGY) } th { (names::LATENCY) }
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
    let summary = &design.summary;
    let outcome = |quantity, estimate: Estimate| cell(design.completes().then(|| mean(quantity, estimate)));
    html! {
        tr {
            th scope="row" { (row.label) }
            td { (row.time_steps) }
            (cell(Some(accuracy(design))))
            td { (Quantity::Bits.format(row.payload_bits)) }
            (cell(Some(compression(summary.ratio_to_float32, row.float32_bits))))
            (cell(Some(compression(summary.ratio_to_binary, row.binary_bits))))
            (cell(Some(Quoted { value: count(design.completed()), basis: format!("of {}", count(design.generated())) })))
            td { (design.replications.len()) }
            (outcome(Quantity::Share, summary.accuracy))
            (outcome(Quantity::Joules, summary.energy_j))
            (outcome(Quantity::Seconds, summary.latency_mean_s))
            (outcome(Quantity::Seconds, summary.latency_p95_s))
        }
    }
}

fn pairs(digest: &Digest<'_>) -> Markup {
    html! {
        h2 { "Spiking against float" }
        p {
            "Each row is a spiking design point and one of the float family, with a float or a binary bottleneck unit, that is "
            "otherwise equal; where a cell holds two numbers, the spiking one is on top. Differences are spiking minus float. Accuracy is compared "
            "sample by sample (95 % interval of Newcombe 1998, method 10), energy replication by replication on the same "
            "arrivals, samples and link (95 % Student-t interval). The payloads of a pair need not be equal: read the "
            "accuracy next to them. Right alone counts the samples that only one of the two got right. Intervals are per row and not widened for the number of rows; what accuracy and energy "
            "say is, at a level of 5 % for all rows together (McNemar's mid-p test and the paired t test, Holm's correction)."
        }
        div.wide {
            table {
                thead {
                    tr {
                        th { "Spiking" } th { "Float" } th { "Payloads" }
                        th { "Accuracy, difference" } th { "Right alone" }
                        th { "Accuracy says" } th { "Energy per request, difference" } th { "Replications" } th { "Energy says" }
                    }
                }
                tbody { @for pair in &digest.pairs { (pair_row(digest, pair)) } }
            }
        }
    }
}

fn pair_row(digest: &Digest<'_>, pair: &Pair) -> Markup {
    let (spiking, float) = (&digest.designs[pair.spiking], &digest.designs[pair.float]);
    let Comparison { accuracy, energy_j, adjusted_p, .. } = &pair.difference;
    let (range, samples) = (points_range(&accuracy.difference), count(accuracy.samples));
    let accuracy_says = match Verdict::adjusted(accuracy.difference.estimate, adjusted_p.accuracy) {
        Verdict::Above => "spiking is more accurate",
        Verdict::Below => "spiking is less accurate",
        Verdict::Open => "no difference shown",
    };
    let complete = spiking.completes() && float.completes();
    let energy_says = match adjusted_p.energy_j.filter(|_| complete).map(|p| Verdict::adjusted(energy_j.mean, p)) {
        Some(Verdict::Above) => "spiking needs more",
        Some(Verdict::Below) => "spiking needs less",
        Some(Verdict::Open) => "no difference shown",
        None => "no interval",
    };
    let payload = |design: &Design<'_>| Quantity::Bits.format(design.row.payload_bits);
    html! {
        tr {
            th scope="row" { (spiking.row.label) }
            td { (float.row.label) }
            (two_lines(&payload(spiking), &payload(float)))
            (cell(Some(Quoted { value: signed_points(accuracy.difference.estimate), basis: format!("{range}, n = {samples}") })))
            (two_lines(&count(accuracy.only_first), &count(accuracy.only_second)))
            td { (accuracy_says) }
            (cell(complete.then(|| mean(Quantity::Joules, *energy_j))))
            td { (spiking.replications.len()) }
            td { (energy_says) }
        }
    }
}

/// Table cell with the number of the spiking network above that of the float one.
fn two_lines(spiking: &str, baseline: &str) -> Markup {
    html! { td { (spiking) br; (baseline) } }
}
