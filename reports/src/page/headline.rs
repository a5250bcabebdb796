//! Findings of the study in sentences, computed from its rows.

use super::quoted::{Verdict, accuracy, compression, estimate};
use crate::digest::{Design, Digest, Executed, Pair};
use crate::metric::MetricOfDesigns;
use crate::quantity::{Quantity, count, plural, points_range, signed_points};
use cospike_results::metrics::ENERGY;
use cospike_results::summary::{compute_share, zeros};
use cospike_sim_core::stats::PairedDifference;
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Share that is written as 0.1 % or more.
const LEAST_WRITTEN: f64 = 0.001;

/// The section "In short".
pub(super) fn section(digest: &Digest<'_>) -> Markup {
    html! {
        section #in-short {
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
                (share_of_compute(digest))
                li {
                    (zeros(&digest.results.points))
                    @if digest.compute_matters() { " Compute energy both ways is in the figure of price lists." }
                }
            }
            @if digest.compute_matters() { (compute_alone(digest)) }
            (best_at_each_payload(digest))
        }
    }
}

fn most_accurate(digest: &Digest<'_>, kind: &str) -> Markup {
    let members = digest.executed().filter(|of| of.design.row.kind == kind);
    // Of equal ones, the one that sends less.
    let order = |a: &Executed<'_, '_>, b: &Executed<'_, '_>| {
        let by_accuracy = b.accuracy.estimate.total_cmp(&a.accuracy.estimate);
        by_accuracy.then(a.payload_bits.total_cmp(&b.payload_bits))
    };
    html! {
        @match members.min_by(order) {
            Some(best) => {
                "Most accurate " (kind) " network: " b { (best.design.row.label) } ", " (accuracy(&best).to_string())
                ", with a payload of " (Quantity::Bits.format(best.payload_bits)) "."
            }
            None => { "No " (kind) " network could be executed." }
        }
    }
}

fn accuracy_comparison(digest: &Digest<'_>) -> Markup {
    let mut seen = BTreeSet::new();
    let network = |index: usize| digest.designs[index].row.network;
    let distinct = |pair: &&Pair| seen.insert((network(pair.spiking), network(pair.baseline)));
    let compared = |&Pair { spiking, ref difference, .. }: &Pair| {
        let found = difference.accuracy?;
        let verdict = Verdict::adjusted(found.difference.estimate, difference.adjusted_p.accuracy?);
        Some((&digest.designs[spiking].row.label, found, verdict))
    };
    let pairs: Vec<_> = digest.pairs.iter().filter(distinct).filter_map(compared).collect();
    let number = |wanted| pairs.iter().filter(|(.., verdict)| *verdict == wanted).count();
    let size = |found: &PairedDifference| found.difference.estimate.abs();
    let largest = pairs.iter().max_by(|(_, a, _), (_, b, _)| size(a).total_cmp(&size(b)));
    html! {
        "Accuracy, spiking minus the other family, the same split and width, the same samples: of "
        (plural(pairs.len(), "pair")) ", the spiking network is more accurate in " (number(Verdict::Above))
        ", less accurate in " (number(Verdict::Below)) ", and in " (number(Verdict::Open))
        " no difference is shown (at 5 % for all pairs together, Holm's correction)."
        @if let Some((label, found, _)) = largest {
            " Largest difference: " b { (label) } ", " (signed_points(found.difference.estimate)) " ("
            (points_range(&found.difference)) ", n = " (count(found.samples)) ")."
        }
        @if pairs.len() > 1 {
            " The interval stands for its own pair; of many such, about one in twenty misses the truth."
        }
    }
}

fn energy_comparison(digest: &Digest<'_>) -> Markup {
    let verdict =
        |pair: &Pair| Some(Verdict::adjusted(pair.difference.energy_j.mean?, pair.difference.adjusted_p.energy_j?));
    let verdicts: Vec<Verdict> = digest.pairs.iter().filter_map(verdict).collect();
    let number = |wanted| verdicts.iter().filter(|verdict| **verdict == wanted).count();
    html! {
        @if !verdicts.is_empty() {
            li {
                "Energy of the whole device per answered request, radio and waiting included, spiking minus the other family, replication by "
                "replication: of "
                (plural(verdicts.len(), "pair")) ", the spiking design point needs less in " (number(Verdict::Below))
                ", more in " (number(Verdict::Above)) ", and in " (number(Verdict::Open))
                " no difference is shown (at 5 % for all pairs together, Holm's correction)."
            }
        }
    }
}

fn least_energy(digest: &Digest<'_>) -> Markup {
    let least = |kind: &String| {
        let members = digest.designs.iter().filter(|design| design.row.kind == *kind);
        let with_energy = members.filter_map(|design| Some((design, ENERGY.spread(design)?.mean)));
        with_energy.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(design, _)| design)
    };
    let least: Vec<&Design<'_>> = digest.kinds.iter().filter_map(least).collect();
    let energy = |design: &Design<'_>| estimate(Quantity::Joules, &design.summary.energy_j);
    html! {
        @if !least.is_empty() {
            li {
                "Least energy of the whole device per answered request, with the prices and profiles of this study: "
                @for (index, design) in least.iter().enumerate() {
                    @if index > 0 { "; " }
                    b { (design.row.label) } @if let Some(energy) = energy(design) { " with " (energy.to_string()) }
                }
                "."
                @if let [one, other] = least[..] {
                    " " (energy_verdict(one, other))
                }
            }
        }
    }
}

/// What compute is of the joules of a device, over all design points.
fn share_of_compute(digest: &Digest<'_>) -> Markup {
    html! {
        @if let Some([least, most]) = compute_share(&digest.results.replications) {
            li {
                "Compute alone is "
                @if most < LEAST_WRITTEN { "less than 0.1\u{a0}%" } @else { (Quantity::Share.format_range(least, most)) }
                " of the joules of a device; the rest is its radio and what "
                "it draws all the time."
            }
        }
    }
}

/// Table of which compute needs less energy under each price list, pair by pair.
fn compute_alone(digest: &Digest<'_>) -> Markup {
    let mut seen = BTreeSet::new();
    let pairs: Vec<[&Design<'_>; 2]> = digest
        .pairs
        .iter()
        .map(|pair| [pair.spiking, pair.baseline].map(|index| &digest.designs[index]))
        .filter(|[spiking, baseline]| seen.insert((spiking.row.network, baseline.row.network)))
        .collect();
    let lists: BTreeSet<&str> = digest.designs.iter().flat_map(|design| design.compute.keys().copied()).collect();
    let compared = |list: &str, skipping: bool| -> Vec<bool> {
        let joules = |design: &Design<'_>| {
            let priced = if skipping { &design.compute_skipping } else { &design.compute };
            priced.get(list).copied()
        };
        pairs.iter().filter_map(|[spiking, baseline]| Some(joules(spiking)? < joules(baseline)?)).collect()
    };
    let rows = lists.into_iter().map(|list| (list, compared(list, false), compared(list, true)));
    let rows: Vec<_> = rows.filter(|(_, computed, skipped)| !computed.is_empty() || !skipped.is_empty()).collect();
    let wins = |compared: &[bool]| {
        let wins = compared.iter().filter(|spiking| **spiking).count();
        format!("{} of {}", count(wins as u64), count(compared.len() as u64))
    };
    html! {
        @if !rows.is_empty() {
            h3 { "Compute alone" }
            p {
                "Pairs of the same split and width in which the head of the spiking network needs less energy than that of the other one, "
                "by price list, on machines that compute with the zeros of real-valued layers and on machines that skip them."
            }
            div.wide tabindex="0" role="region" aria-label="Table, scrolls sideways" {
                table {
                    thead { tr { th { "Price list" } th { "Zeros computed" } th { "Zeros skipped" } } }
                    tbody {
                        @for (list, computed, skipped) in &rows {
                            tr { th scope="row" { (list) } td { (wins(computed)) } td { (wins(skipped)) } }
                        }
                    }
                }
            }
        }
    }
}

/// Sentence on the difference between the energies of two design points.
fn energy_verdict(one: &Design<'_>, other: &Design<'_>) -> String {
    let difference = one.energy_difference(other);
    let Some(quoted) = estimate(Quantity::Joules, &difference) else {
        return "No replication tells whether the two differ.".to_owned();
    };
    let verdict = match difference.interval.map(|interval| Verdict::single(&interval)) {
        Some(Verdict::Open) => ": no difference is shown, the interval contains 0",
        Some(Verdict::Above | Verdict::Below) => "",
        None if difference.is_constant => ": nothing random moves the difference",
        None => return "One replication cannot tell whether the two differ.".to_owned(),
    };
    format!("The first minus the second, replication by replication: {quoted}{verdict}.")
}

/// Table of the networks that no other of the same kind beats with as small a payload.
fn best_at_each_payload(digest: &Digest<'_>) -> Markup {
    let front = |kind: &String| {
        let mut members: Vec<Executed<'_, '_>> =
            digest.executed().filter(|of| of.design.row.kind == *kind && of.payload_bits > 0.0).collect();
        members.sort_by(|a, b| {
            let by_payload = a.payload_bits.total_cmp(&b.payload_bits);
            by_payload.then(b.accuracy.estimate.total_cmp(&a.accuracy.estimate))
        });
        let mut best = f64::NEG_INFINITY;
        members.retain(|of| {
            let better = of.accuracy.estimate > best;
            best = best.max(of.accuracy.estimate);
            better
        });
        members
    };
    let rows: Vec<Executed<'_, '_>> = digest.kinds.iter().flat_map(front).collect();
    html! {
        @if !rows.is_empty() {
            h3 { "Best accuracy at each payload" }
            p {
                "Per kind, the networks of best accuracy at or below each payload. Compression is printed with its base: "
                "bits of the float32 features at the split over payload bits, and bits of the T-step binary features "
                "(float networks: one bit per value) over payload bits. Neighbours whose intervals overlap are not shown to differ."
            }
            div.wide tabindex="0" role="region" aria-label="Table, scrolls sideways" {
                table {
                    thead {
                        tr {
                            th { "Network" } th { "Payload" } th { "Accuracy (95 % Wilson interval)" }
                            th { "Float32 over payload" } th { "Binary over payload" }
                        }
                    }
                    tbody {
                        @for of in rows {
                            @let design = of.design;
                            tr {
                                th scope="row" { (design.row.label) }
                                td { (Quantity::Bits.format(of.payload_bits)) }
                                td { (accuracy(&of).to_string()) }
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
