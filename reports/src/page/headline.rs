//! What the study says, in sentences computed from its rows.

use super::plural;
use crate::digest::{Design, Digest, Estimate, Pair};
use crate::quantity::{Quantity, count, points_of_difference, times};
use cospike_sim_core::stats::Interval;
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The section.
pub(super) fn section(digest: &Digest<'_>) -> Markup {
    html! {
        section {
            h2 { "In short" }
            ul {
                @for family in &digest.families {
                    li { (most_accurate(digest, family)) }
                }
                @for family in digest.families.iter().filter(|family| *family != "spiking") {
                    @let pairs: Vec<&Pair> = against(digest, family);
                    @if !pairs.is_empty() {
                        li { (accuracy_comparison(digest, family, &pairs)) }
                        (energy_comparison(family, &pairs))
                    }
                }
                (least_energy(digest))
            }
            (best_at_each_payload(digest))
        }
    }
}

/// How the interval of a difference lies to zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All of it above zero.
    Above,
    /// All of it below zero.
    Below,
    /// It contains zero.
    Open,
}

impl Verdict {
    /// Of an interval from `low` to `high`.
    pub(super) fn of(low: f64, high: f64) -> Self {
        if low > 0.0 {
            Self::Above
        } else if high < 0.0 {
            Self::Below
        } else {
            Self::Open
        }
    }
}

/// Pairs of spiking design points with those of `family`.
fn against<'d>(digest: &'d Digest<'_>, family: &str) -> Vec<&'d Pair> {
    digest.pairs.iter().filter(|pair| digest.designs[pair.baseline].row.family == family).collect()
}

/// `91.5 % (88.4 to 93.9 %, n = 400)`.
pub(super) fn accuracy(design: &Design<'_>) -> String {
    let Interval { estimate, low, high } = design.accuracy;
    let samples = count(u64::from(design.row.samples));
    format!("{} ({}, n = {samples})", Quantity::Share.format(estimate), Quantity::Share.format_range(low, high))
}

/// `426 µJ (418 to 434 µJ, 5 replications)`.
pub(super) fn estimate(quantity: Quantity, estimate: Estimate) -> String {
    let value = quantity.format(estimate.mean);
    let replications = plural(estimate.replications, "replication");
    match estimate.interval {
        Some((low, high)) => format!("{value} ({}, {replications})", quantity.format_range(low, high)),
        None => format!("{value} ({replications}, no interval)"),
    }
}

fn most_accurate(digest: &Digest<'_>, family: &str) -> Markup {
    let members = digest.networks().filter(|design| design.row.family == family);
    // Of equal ones, the one that sends less.
    let order = |a: &&Design<'_>, b: &&Design<'_>| {
        let by_accuracy = b.accuracy.estimate.total_cmp(&a.accuracy.estimate);
        by_accuracy.then(a.row.payload_bits.total_cmp(&b.row.payload_bits))
    };
    html! {
        @if let Some(best) = members.min_by(order) {
            "Most accurate " (family) " network: " b { (best.row.label) } ", " (accuracy(best)) ", with a payload of "
            (Quantity::Bits.format(best.row.payload_bits)) "."
        }
    }
}

fn accuracy_comparison(digest: &Digest<'_>, family: &str, pairs: &[&Pair]) -> Markup {
    let mut seen = BTreeSet::new();
    let network = |index: usize| digest.designs[index].row.network;
    let pairs: Vec<&&Pair> =
        pairs.iter().filter(|pair| seen.insert((network(pair.spiking), network(pair.baseline)))).collect();
    let verdict = |pair: &Pair| Verdict::of(pair.accuracy.difference.low, pair.accuracy.difference.high);
    let number = |wanted| pairs.iter().filter(|pair| verdict(pair) == wanted).count();
    let size = |pair: &Pair| pair.accuracy.difference.estimate.abs();
    let largest = pairs.iter().max_by(|a, b| size(a).total_cmp(&size(b)));
    html! {
        "Accuracy, spiking minus " (family) ", the same split and width, the same samples: of "
        (plural(pairs.len(), "pair")) ", the spiking network is more accurate in " (number(Verdict::Above))
        ", less accurate in " (number(Verdict::Below)) ", and in " (number(Verdict::Open))
        " no difference is shown (the 95 % interval contains 0)."
        @if let Some(pair) = largest {
            " Largest difference: " b { (digest.designs[pair.spiking].row.label) } ", "
            (points_of_difference(&pair.accuracy.difference)) " (n = " (count(pair.accuracy.samples)) ")."
        }
        @if pairs.len() > 1 {
            " Each interval is for its own pair; with " (pairs.len()) " of them, about one in twenty misses its truth."
        }
    }
}

fn energy_comparison(family: &str, pairs: &[&Pair]) -> Markup {
    let intervals: Vec<(f64, f64)> = pairs.iter().filter_map(|pair| pair.energy?.interval).collect();
    let number = |wanted| intervals.iter().filter(|(low, high)| Verdict::of(*low, *high) == wanted).count();
    html! {
        @if !intervals.is_empty() {
            li {
                "Energy per completed request, spiking minus " (family) ", replication by replication: of "
                (plural(intervals.len(), "pair")) ", the spiking design point needs less in " (number(Verdict::Below))
                ", more in " (number(Verdict::Above)) ", and in " (number(Verdict::Open))
                " no difference is shown (the 95 % interval contains 0)."
            }
        }
    }
}

fn least_energy(digest: &Digest<'_>) -> Markup {
    let least = |family: &String| {
        let members = digest.designs.iter().filter(|design| design.row.family == *family);
        let members = members.filter_map(|design| Some((design, design.outcome()?.energy)));
        members.min_by(|a, b| a.1.mean.total_cmp(&b.1.mean))
    };
    let least: Vec<(&Design<'_>, Estimate)> = digest.families.iter().filter_map(least).collect();
    html! {
        @if !least.is_empty() {
            li {
                "Least energy per completed request: "
                @for (index, (design, energy)) in least.iter().enumerate() {
                    @if index > 0 { "; " }
                    b { (design.row.label) } " with " (estimate(Quantity::Joules, *energy))
                }
                "."
                @if let [(_, one), (_, other)] = least[..] {
                    " " (overlap(one, other))
                }
            }
        }
    }
}

/// What two separate intervals say of each other.
fn overlap(one: Estimate, other: Estimate) -> &'static str {
    match (one.interval, other.interval) {
        (Some(one), Some(other)) if one.0 <= other.1 && other.0 <= one.1 => {
            "Their intervals overlap: this alone shows no difference between the two."
        }
        (Some(_), Some(_)) => "Their intervals do not overlap.",
        _ => "Without replications there is no interval to compare.",
    }
}

/// Per family, the networks that no other of the family beats with as few bits or fewer.
fn best_at_each_payload(digest: &Digest<'_>) -> Markup {
    let front = |family: &String| {
        let mut members: Vec<&Design<'_>> =
            digest.networks().filter(|d| d.row.family == *family && d.row.payload_bits > 0.0).collect();
        members.sort_by(|a, b| {
            let by_payload = a.row.payload_bits.total_cmp(&b.row.payload_bits);
            by_payload.then(b.accuracy.estimate.total_cmp(&a.accuracy.estimate))
        });
        let mut best = f64::NEG_INFINITY;
        members.retain(|design| {
            let better = design.accuracy.estimate > best;
            best = best.max(design.accuracy.estimate);
            better
        });
        members
    };
    let rows: Vec<&Design<'_>> = digest.families.iter().flat_map(front).collect();
    html! {
        @if !rows.is_empty() {
            h3 { "Best accuracy at each payload" }
            p {
                "Per family, the networks that none with as small a payload beats. Compression is printed with its base: "
                "bits of the float32 features at the split over payload bits, and bits of the T-step binary features "
                "(float networks: one bit per value) over payload bits. Neighbours whose intervals overlap are not shown to differ."
            }
            div.wide {
                table {
                    thead {
                        tr {
                            th { "Network" } th { "Payload" } th { "Accuracy (95 % Wilson interval)" } th { "Samples" }
                            th { "Smaller than float32" } th { "Smaller than binary" }
                        }
                    }
                    tbody {
                        @for design in rows {
                            tr {
                                th scope="row" { (design.row.label) }
                                td { (Quantity::Bits.format(design.row.payload_bits)) }
                                td { (Quantity::Share.format(design.accuracy.estimate)) " ("
                                    (Quantity::Share.format_range(design.accuracy.low, design.accuracy.high)) ")" }
                                td { (count(u64::from(design.row.samples))) }
                                td { (compression(design.compression_of_float32(), design.row.float32_bits)) }
                                td { (compression(design.compression_of_binary(), design.row.binary_bits)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `32× (of 401,408 bits)`; a dash if nothing is sent.
pub(super) fn compression(ratio: Option<f64>, base: u64) -> String {
    ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{} (of {} bits)", times(ratio), count(base)))
}
