//! Numbers with their intervals, and verdicts on differences, as sentences and tables quote them.

use crate::digest::Design;
use crate::quantity::{Quantity, count, plural, times};
use cospike_results::summary::{Estimate, SIGNIFICANCE};
use cospike_sim_core::stats::Interval;
use maud::{Markup, html};
use std::fmt::{Display, Formatter};

/// Sign of a difference, as far as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The difference is above zero.
    Above,
    /// The difference is below zero.
    Below,
    /// No difference is shown.
    Open,
}

impl Verdict {
    /// The verdict on one of several differences, by its adjusted p-value `p`.
    pub(super) fn adjusted(difference: f64, p: f64) -> Self {
        match p <= SIGNIFICANCE {
            true if difference > 0.0 => Self::Above,
            true if difference < 0.0 => Self::Below,
            _ => Self::Open,
        }
    }

    /// The verdict on a single difference, by whether its interval contains zero.
    pub(super) fn single(&Interval { low, high, .. }: &Interval) -> Self {
        if low > 0.0 {
            Self::Above
        } else if high < 0.0 {
            Self::Below
        } else {
            Self::Open
        }
    }
}

/// A number and, apart from it, its interval with the number of samples or replications behind it.
pub(super) struct Quoted {
    /// The number with its unit, such as `91.5 %`.
    pub(super) value: String,
    /// The interval and its basis, such as `88.4 to 93.9 %, n = 400`.
    pub(super) basis: String,
}

impl Display for Quoted {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} ({})", self.value, self.basis)
    }
}

/// Offline accuracy with its Wilson interval and the number of samples.
pub(super) fn accuracy(design: &Design<'_>) -> Quoted {
    let Interval { estimate, low, high } = design.summary.offline_accuracy;
    let samples = count(u64::from(design.row.samples));
    let basis = format!("{}, n = {samples}", Quantity::Share.format_range(low, high));
    Quoted { value: Quantity::Share.format(estimate), basis }
}

/// Mean with its interval and the number of replications.
pub(super) fn estimate(quantity: Quantity, estimate: Estimate, replications: usize) -> Quoted {
    let replications = plural(replications, "replication");
    let Quoted { value, basis } = mean(quantity, estimate);
    Quoted { value, basis: format!("{basis}, {replications}") }
}

/// Mean with its interval, for a table in which the number of replications stands beside it.
pub(super) fn mean(quantity: Quantity, Estimate { mean, interval }: Estimate) -> Quoted {
    let range = interval.map(|interval| quantity.format_range(interval.low, interval.high));
    Quoted { value: quantity.format(mean), basis: range.unwrap_or_else(|| "no interval".to_owned()) }
}

/// Table cell of the number with its basis below; a dash if there is none.
pub(super) fn cell(quoted: Option<Quoted>) -> Markup {
    html! {
        td {
            @match quoted {
                Some(Quoted { value, basis }) => { (value) br; small { (basis) } }
                None => "–",
            }
        }
    }
}

/// Compression of `base` bits into the payload; a dash if nothing is sent.
pub(super) fn compression(ratio: Option<f64>, base: u64) -> Quoted {
    let value = ratio.map_or_else(|| "–".to_owned(), times);
    Quoted { value, basis: format!("of {} bits", count(base)) }
}
