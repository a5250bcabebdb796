//! What the study says, in sentences computed from its rows.

use super::plural;
use crate::digest::{Design, Digest, Estimate, Pair};
use crate::quantity::{Quantity, count, points_range, signed_points, times};
use cospike_sim_core::stats::Interval;
use maud::{Markup, html};
use std::collections::BTreeSet;
use std::fmt::{Display, Formatter};

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

/// A number and, apart from it, its interval and what that rests on.
pub(super) struct Quoted {
    /// `91.5 %`.
    pub(super) value: String,
    /// `88.4 to 93.9 %, n = 400`.
    pub(super) basis: String,
}

impl Display for Quoted {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} ({})", self.value, self.basis)
    }
}

/// Offline accuracy.
pub(super) fn accuracy(design: &Design<'_>) -> Quoted {
    let Interval { estimate, low, high } = design.accuracy;
    let samples = count(u64::from(design.row.samples));
    let basis = format!("{}, n = {samples}", Quantity::Share.format_range(low, high));
    Quoted { value: Quantity::Share.format(estimate), basis }
}

/// A mean over replications.
pub(super) fn estimate(quantity: Quantity, estimate: Estimate) -> Quoted {
    let replications = plural(estimate.replications, "replication");
    let basis = match estimate.interval {
        Some((low, high)) => format!("{}, {replications}", quantity.format_range(low, high)),
        None => format!("{replications}, no interval"),
    };
    Quoted { value: quantity.format(estimate.mean), basis }
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
            "Most accurate " (family) " network: " b { (best.row.label) } ", " (accuracy(best).to_string()) ", with a payload of "
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
            (signed_points(pair.accuracy.difference.estimate)) " (" (points_range(&pair.accuracy.difference))
            ", n = " (count(pair.accuracy.samples)) ")."
        }
        @if pairs.len() > 1 {
            " Each interval stands for its own pair; of many such, one in twenty misses the truth."
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
                    b { (design.row.label) } " with " (estimate(Quantity::Joules, *energy).to_string())
                }
                "."
                @if let [(one, _), (other, _)] = least[..] {
                    " " (energy_verdict(one, other))
                }
            }
        }
    }
}

/// What the replications say of the energies of two design points.
fn energy_verdict(one: &Design<'_>, other: &Design<'_>) -> String {
    let Some(difference) = one.energy_difference(other) else {
        return "No replication of both completed requests, so the two cannot be compared.".to_owned();
    };
    let quoted = estimate(Quantity::Joules, difference);
    let verdict = match difference.interval.map(|(low, high)| Verdict::of(low, high)) {
        Some(Verdict::Open) => ": no difference is shown, the interval contains 0",
        Some(Verdict::Above | Verdict::Below) | None => "",
    };
    format!("The first minus the second, replication by replication: {quoted}{verdict}.")
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
                            th { "Network" } th { "Payload" } th { "Accuracy (95 % Wilson interval)" }
                            th { "Smaller than float32" } th { "Smaller than binary" }
                        }
                    }
                    tbody {
                        @for design in rows {
                            tr {
                                th scope="row" { (design.row.label) }
                                td { (Quantity::Bits.format(design.row.payload_bits)) }
                                td { (accuracy(design).to_string()) }
                                td { (compression(design.compression_of_float32(), design.row.float32_bits).to_string()) }
                                td { (compression(design.compression_of_binary(), design.row.binary_bits).to_string()) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How many times smaller the payload is than `base` bits; a dash if nothing is sent.
pub(super) fn compression(ratio: Option<f64>, base: u64) -> Quoted {
    let value = ratio.map_or_else(|| "–".to_owned(), times);
    Quoted { value, basis: format!("of {} bits", count(base)) }
}
