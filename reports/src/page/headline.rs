//! Findings of the study in sentences, computed from its rows.

use super::quoted::{Verdict, accuracy, compression, estimate};
use crate::digest::{Design, Digest, Pair};
use crate::quantity::{Quantity, count, plural, points_range, signed_points};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The section "In short".
pub(super) fn section(digest: &Digest<'_>) -> Markup {
    html! {
        section {
            h2 { "In short" }
            ul {
                @for kind in &digest.kinds {
                    li { (most_accurate(digest, kind)) }
                }
                @if !digest.pairs.is_empty() {
                    li { (accuracy_comparison(digest)) }
                    (energy_comparison(digest))
                }
                (least_energy(digest))
            }
            (best_at_each_payload(digest))
        }
    }
}

fn most_accurate(digest: &Digest<'_>, kind: &str) -> Markup {
    let members = digest.networks().filter(|design| design.row.kind == kind);
    // Of equal ones, the one that sends less.
    let order = |a: &&Design<'_>, b: &&Design<'_>| {
        let by_accuracy = b.summary.offline_accuracy.estimate.total_cmp(&a.summary.offline_accuracy.estimate);
        by_accuracy.then(a.row.payload_bits.total_cmp(&b.row.payload_bits))
    };
    html! {
        @if let Some(best) = members.min_by(order) {
            "Most accurate " (kind) " network: " b { (best.row.label) } ", " (accuracy(best).to_string()) ", with a payload of "
            (Quantity::Bits.format(best.row.payload_bits)) "."
        }
    }
}

fn accuracy_comparison(digest: &Digest<'_>) -> Markup {
    let mut seen = BTreeSet::new();
    let network = |index: usize| digest.designs[index].row.network;
    let distinct = |pair: &&Pair| seen.insert((network(pair.spiking), network(pair.float)));
    let pairs: Vec<&Pair> = digest.pairs.iter().filter(distinct).collect();
    let difference = |pair: &Pair| pair.difference.accuracy.difference;
    let verdict = |pair: &Pair| Verdict::adjusted(difference(pair).estimate, pair.difference.adjusted_p.accuracy);
    let number = |wanted| pairs.iter().filter(|pair| verdict(pair) == wanted).count();
    let size = |pair: &Pair| difference(pair).estimate.abs();
    let largest = pairs.iter().max_by(|a, b| size(a).total_cmp(&size(b)));
    html! {
        "Accuracy, spiking minus float, the same split and width, the same samples: of "
        (plural(pairs.len(), "pair")) ", the spiking network is more accurate in " (number(Verdict::Above))
        ", less accurate in " (number(Verdict::Below)) ", and in " (number(Verdict::Open))
        " no difference is shown (at 5 % for all pairs together, Holm's correction)."
        @if let Some(pair) = largest {
            " Largest difference: " b { (digest.designs[pair.spiking].row.label) } ", "
            (signed_points(difference(pair).estimate)) " (" (points_range(&difference(pair)))
            ", n = " (count(pair.difference.accuracy.samples)) ")."
        }
        @if pairs.len() > 1 {
            " The interval stands for its own pair; of many such, about one in twenty misses the truth."
        }
    }
}

fn energy_comparison(digest: &Digest<'_>) -> Markup {
    let complete = |pair: &&Pair| digest.designs[pair.spiking].completes() && digest.designs[pair.float].completes();
    let pairs = digest.pairs.iter().filter(complete);
    let verdict =
        |pair: &Pair| Some(Verdict::adjusted(pair.difference.energy_j.mean, pair.difference.adjusted_p.energy_j?));
    let verdicts: Vec<Verdict> = pairs.filter_map(verdict).collect();
    let number = |wanted| verdicts.iter().filter(|verdict| **verdict == wanted).count();
    html! {
        @if !verdicts.is_empty() {
            li {
                "Energy per completed request, spiking minus float, replication by replication: of "
                (plural(verdicts.len(), "pair")) ", the spiking design point needs less in " (number(Verdict::Below))
                ", more in " (number(Verdict::Above)) ", and in " (number(Verdict::Open))
                " no difference is shown (at 5 % for all pairs together, Holm's correction)."
            }
        }
    }
}

fn least_energy(digest: &Digest<'_>) -> Markup {
    let energy = |design: &Design<'_>| design.summary.energy_j.mean;
    let least = |kind: &String| {
        let members = digest.designs.iter().filter(|design| design.row.kind == *kind && design.completes());
        members.min_by(|a, b| energy(a).total_cmp(&energy(b)))
    };
    let least: Vec<&Design<'_>> = digest.kinds.iter().filter_map(least).collect();
    html! {
        @if !least.is_empty() {
            li {
                "Least energy per completed request: "
                @for (index, design) in least.iter().enumerate() {
                    @if index > 0 { "; " }
                    b { (design.row.label) } " with " (estimate(Quantity::Joules, design.summary.energy_j, design.replications.len()).to_string())
                }
                "."
                @if let [one, other] = least[..] {
                    " " (energy_verdict(one, other))
                }
            }
        }
    }
}

/// Sentence on the difference between the energies of two design points.
fn energy_verdict(one: &Design<'_>, other: &Design<'_>) -> String {
    let Some(difference) = one.energy_difference(other) else {
        return "One replication cannot tell whether the two differ.".to_owned();
    };
    let quoted = estimate(Quantity::Joules, difference, one.replications.len());
    let verdict = match difference.interval.map(|interval| Verdict::single(&interval)) {
        Some(Verdict::Open) => ": no difference is shown, the interval contains 0",
        Some(Verdict::Above | Verdict::Below) | None => "",
    };
    format!("The first minus the second, replication by replication: {quoted}{verdict}.")
}

/// Table of the networks that no other of the same kind beats with as small a payload.
fn best_at_each_payload(digest: &Digest<'_>) -> Markup {
    let front = |kind: &String| {
        let mut members: Vec<&Design<'_>> =
            digest.networks().filter(|d| d.row.kind == *kind && d.row.payload_bits > 0.0).collect();
        members.sort_by(|a, b| {
            let by_payload = a.row.payload_bits.total_cmp(&b.row.payload_bits);
            by_payload.then(b.summary.offline_accuracy.estimate.total_cmp(&a.summary.offline_accuracy.estimate))
        });
        let mut best = f64::NEG_INFINITY;
        members.retain(|design| {
            let better = design.summary.offline_accuracy.estimate > best;
            best = best.max(design.summary.offline_accuracy.estimate);
            better
        });
        members
    };
    let rows: Vec<&Design<'_>> = digest.kinds.iter().flat_map(front).collect();
    html! {
        @if !rows.is_empty() {
            h3 { "Best accuracy at each payload" }
            p {
                "Per kind, the networks that none with as small a payload beats. Compression is printed with its base: "
                "bits of the float32 features at the split over payload bits, and bits of the T-step binary features "
                "(float networks: one bit per value) over payload bits. Neighbours whose intervals overlap are not shown to differ."
            }
            div.wide {
                table {
                    thead {
                        tr {
                            th { "Network" } th { "Payload" } th { "Accuracy (95 % Wilson interval)" }
                            th { "Float32 over payload" } th { "Binary over payload" }
                        }
                    }
                    tbody {
                        @for design in rows {
                            tr {
                                th scope="row" { (design.row.label) }
                                td { (Quantity::Bits.format(design.row.payload_bits)) }
                                td { (accuracy(design).to_string()) }
                                td { (compression(design.summary.ratio_to_float32, design.row.float32_bits).to_string()) }
                                td { (compression(design.summary.ratio_to_binary, design.row.binary_bits).to_string()) }
                            }
                        }
                    }
                }
            }
        }
    }
}
