//! Numbers with their intervals, and verdicts on differences, as sentences and tables quote them.

use crate::digest::Executed;
use crate::quantity::{Quantity, count, plural, times};
use cospike_results::summary::{Estimate, SIGNIFICANCE, UNRESOLVED};
use cospike_sim_core::stats::Interval;
use maud::{Markup, html};
use std::fmt::{Display, Formatter};

/// A sentence in which what stands between backticks is code.
pub(super) fn with_code(sentence: &str) -> Markup {
    let parts: Vec<&str> = sentence.split('`').collect();
    // Without its partner a backtick is one.
    if parts.len().is_multiple_of(2) {
        return html! { (sentence) };
    }
    html! {
        @for (place, part) in parts.iter().enumerate() {
            @if place.is_multiple_of(2) { (part) } @else { code { (part) } }
        }
    }
}

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
pub(super) fn accuracy(of: &Executed<'_, '_>) -> Quoted {
    let Interval { estimate, low, high } = of.accuracy;
    let samples = count(u64::from(of.design.row.samples));
    let basis = format!("{}, n = {samples}", Quantity::Share.format_range(low, high));
    Quoted { value: Quantity::Share.format(estimate), basis }
}

/// Mean with its interval and the number of replications; `None` if no replication has a value.
pub(super) fn estimate(quantity: Quantity, estimate: &Estimate) -> Option<Quoted> {
    let Quoted { value, basis } = mean(quantity, estimate)?;
    let basis = match estimate.over == estimate.of {
        true => format!("{basis}, {}", plural(estimate.of, "replication")),
        false => basis,
    };
    Some(Quoted { value, basis })
}

/// Mean with its interval, for a table in which the number of replications stands beside it; says over how many it is if that
/// is not all of them. `None` if no replication has a value.
pub(super) fn mean(quantity: Quantity, estimate: &Estimate) -> Option<Quoted> {
    mean_written(estimate, |value| quantity.format(value), |low, high| quantity.format_range(low, high))
}

/// As [`mean`], with the ways to write a number and a range.
pub(super) fn mean_written(
    estimate: &Estimate,
    write: impl Fn(f64) -> String,
    write_range: impl Fn(f64, f64) -> String,
) -> Option<Quoted> {
    let Estimate { mean, interval, over, of, is_constant } = estimate;
    let range = match interval {
        Some(_) if estimate.is_unresolved() => format!("not resolved within a factor of {UNRESOLVED}"),
        Some(interval) => write_range(interval.low, interval.high),
        None if *is_constant => "equal in all".to_owned(),
        None => "no interval".to_owned(),
    };
    let some = if over == of { String::new() } else { format!(", over {over} of {}", plural(*of, "replication")) };
    Some(Quoted { value: write((*mean)?), basis: format!("{range}{some}") })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backticks_is_code() {
        let shown = |sentence| with_code(sentence).into_string();
        assert_eq!(shown("least `energy_j` where `a < 1`"), "least <code>energy_j</code> where <code>a &lt; 1</code>");
        assert_eq!(shown("one ` is one"), "one ` is one");
        assert_eq!(shown("plain <b>"), "plain &lt;b&gt;");
    }
}
