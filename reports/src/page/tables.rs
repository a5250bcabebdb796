//! Every design point and every paired comparison, in numbers.

use super::headline::{Verdict, compression, estimate};
use crate::digest::{Design, Digest, Estimate, Pair};
use crate::quantity::{Quantity, count, points_of_difference};
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
                            th { "Smaller than float32" } th { "Smaller than binary" } th { "Completed of made" }
                            th { "Accuracy of completed" } th { "Energy per request" } th { "Mean latency" }
                            th { "95th percentile" }
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
        design.outcome().map_or_else(|| "–".to_owned(), |outcome| estimate(quantity, of(outcome)))
    };
    html! {
        tr {
            th scope="row" { (row.label) }
            td { (row.time_steps) }
            td { (super::headline::accuracy(design)) }
            td { (Quantity::Bits.format(row.payload_bits)) }
            td { (compression(design.compression_of_float32(), row.float32_bits)) }
            td { (compression(design.compression_of_binary(), row.binary_bits)) }
            td { (count(design.completed)) " of " (count(design.generated)) }
            td { (outcome(Quantity::Share, |outcome| outcome.accuracy)) }
            td { (outcome(Quantity::Joules, |outcome| outcome.energy)) }
            td { (outcome(Quantity::Seconds, |outcome| outcome.latency)) }
            td { (outcome(Quantity::Seconds, |outcome| outcome.latency_p95)) }
        }
    }
}

fn pairs(digest: &Digest<'_>) -> Markup {
    html! {
        h2 { "Spiking against its baselines" }
        p {
            "Each row is a spiking design point and one that differs in nothing but the family. Accuracy is compared "
            "sample by sample (95 % interval of Newcombe 1998, method 10), energy replication by replication on the same "
            "arrivals, samples and link (95 % Student-t interval). The payloads of a pair need not be equal: read the "
            "accuracy next to them. Intervals are per row and not widened for the number of rows."
        }
        div.wide {
            table {
                thead {
                    tr {
                        th { "Spiking" } th { "Baseline" } th { "Payload, spiking and baseline" }
                        th { "Accuracy, spiking minus baseline" } th { "Samples" } th { "Only spiking right, only baseline right" }
                        th { "Accuracy says" } th { "Energy per request, spiking minus baseline" } th { "Energy says" }
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
            td { (Quantity::Bits.format(spiking.payload_bits)) ", " (Quantity::Bits.format(baseline.payload_bits)) }
            td { (points_of_difference(&difference)) }
            td { (count(pair.accuracy.samples)) }
            td { (count(pair.accuracy.only_first)) ", " (count(pair.accuracy.only_second)) }
            td { (accuracy_says) }
            td { (pair.energy.map_or_else(|| "–".to_owned(), |energy| estimate(Quantity::Joules, energy))) }
            td { (energy_says) }
        }
    }
}
