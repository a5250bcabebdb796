//! What was found of a claim in one setting, in words.

use super::evidence::Units;
use crate::quantity::{count, fixed, plural};
use cospike_sim_core::stats::{Claim, ClaimVerdict, CrossedDifference, Interval};

/// What was found of a claim in one setting.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    /// Network, split point, width, T and number of trainings, or what else was set.
    pub(super) setting: String,
    /// Figure with its interval; the reason why there is none otherwise.
    pub(super) figure: String,
    /// Verdict; `None` where there is no figure.
    pub(super) verdict: Option<ClaimVerdict>,
    /// What the verdict is restricted to, or what would resolve it.
    pub(super) remark: String,
    /// What is claimed of a difference of accuracies and where it lies, in points; `None` for other quantities.
    pub(super) points: Option<(Claim, Interval)>,
}

impl Finding {
    /// The finding on a `claim` about a quantity that lies in `found`, which `figure` shows.
    pub(super) fn new(claim: Claim, found: &Interval, setting: String, figure: String) -> Self {
        Self { setting, figure, verdict: Some(claim.verdict(found)), remark: String::new(), points: None }
    }

    /// The finding on several claims at once: held if all are, refuted if any is.
    pub(super) fn of_all(claims: &[(Claim, Interval)], setting: String, figure: String) -> Self {
        let verdicts: Vec<ClaimVerdict> = claims.iter().map(|(claim, found)| claim.verdict(found)).collect();
        let verdict = match () {
            () if verdicts.contains(&ClaimVerdict::Refuted) => ClaimVerdict::Refuted,
            () if verdicts.contains(&ClaimVerdict::Unresolved) => ClaimVerdict::Unresolved,
            () => ClaimVerdict::Held,
        };
        Self { setting, figure, verdict: Some(verdict), remark: String::new(), points: None }
    }

    /// A setting in which the claim cannot be tested, for this reason.
    pub(super) fn untested(setting: String, reason: String) -> Self {
        Self { setting, figure: reason, verdict: None, remark: String::new(), points: None }
    }

    /// The finding on a `claim` in points about a difference of accuracies, over several of `noun`.
    pub(super) fn of_points(claim: Claim, found: &CrossedDifference, noun: &str, setting: String) -> Self {
        let figure = format!("{} points", points(&found.difference));
        let in_points = Interval {
            estimate: 100.0 * found.difference.estimate,
            low: 100.0 * found.difference.low,
            high: 100.0 * found.difference.high,
        };
        let mut finding = Self::new(claim, &in_points, setting, figure);
        finding.remark = remark(finding.verdict, found, noun, claim.threshold() / 100.0);
        finding.points = Some((claim, in_points));
        finding
    }

    /// With more to its remark.
    pub(super) fn remarked(mut self, more: &str) -> Self {
        if !self.remark.is_empty() {
            self.remark += " ";
        }
        self.remark += more;
        self
    }

    /// The verdict in words.
    pub(super) fn verdict(&self) -> &'static str {
        self.verdict.map_or("not testable here", ClaimVerdict::name)
    }
}

/// What a verdict on a difference is restricted to, and what would resolve it.
fn remark(verdict: Option<ClaimVerdict>, found: &CrossedDifference, noun: &str, threshold: f64) -> String {
    let single = match found.trainings {
        [1, 1] => "It holds for this one training only: another may differ.",
        _ => "",
    };
    let Some(resolution) = found.resolution(threshold).filter(|_| verdict == Some(ClaimVerdict::Unresolved)) else {
        return single.to_owned();
    };
    let trainings = found.trainings.into_iter().max().unwrap_or(1);
    let here = plural(found.samples, "image");
    let some = |number: usize, noun: &str| plural(two_digits(number), noun);
    let ways = [
        resolution.trainings.map(|more| format!("about {} on these {here}", some(more, noun))),
        resolution.samples.map(|more| format!("about {} with {}", some(more, "image"), plural(trainings, noun))),
        resolution.both.map(|(rows, more)| format!("about {} on {}", some(rows, noun), some(more, "image"))),
    ];
    let ways: Vec<String> = ways.into_iter().flatten().collect();
    match ways.is_empty() {
        true => {
            format!("{single} No number of {noun}s or images within reach would resolve it, if the estimate stayed.")
        }
        false => format!("{single} It would take {}, if the estimate stayed.", ways.join(", or ")),
    }
    .trim_start()
    .to_owned()
}

/// `number` rounded to two significant digits: it is a rough one.
fn two_digits(number: usize) -> usize {
    let unit = 10_usize.pow(number.max(1).ilog10().saturating_sub(1));
    number.div_ceil(unit) * unit
}

/// Points of accuracy with the interval: `0.33 [0.14, 0.53]`.
pub(super) fn points(found: &Interval) -> String {
    interval(found, 100.0, 2)
}

/// An estimate with its interval, times `factor`: `0.33 [0.14, 0.53]`.
pub(super) fn interval(found: &Interval, factor: f64, decimals: usize) -> String {
    let number = |value: f64| fixed(factor * value, decimals);
    format!("{} [{}, {}]", number(found.estimate), number(found.low), number(found.high))
}

/// A ratio with its interval, to three significant digits.
pub(super) fn ratio(found: &Interval) -> String {
    let decimals = match found.estimate.abs() {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        0.1.. => 3,
        _ => 4,
    };
    interval(found, 1.0, decimals)
}

/// The setting of units: `resnet14, stage3, width 8, T = 4, 3 trainings`.
pub(super) fn setting(units: &Units<'_>) -> String {
    let steps = units.steps();
    let steps = if steps > 1.0 { format!(", T = {steps}") } else { String::new() };
    format!(
        "{}, {}, {} width {}{steps}, {}",
        units.architecture,
        units.split,
        units.kind.name(),
        units.width,
        units.trainings()
    )
}

/// A number of bits: whole, or with one decimal if it is a mean.
pub(super) fn bits(bits: f64) -> String {
    if bits.fract() == 0.0 { count(bits as u64) } else { fixed(bits, 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_claims_are_held_if_all_are_and_refuted_if_any_is() {
        let claim = |threshold| (Claim::AtLeast(threshold), Interval { estimate: 8.7, low: 8.6, high: 8.8 });
        for (thresholds, verdict) in [
            (vec![6.9, 5.1], ClaimVerdict::Held),
            (vec![6.9, 8.7], ClaimVerdict::Unresolved),
            (vec![8.7, 40.0, 6.9], ClaimVerdict::Refuted),
        ] {
            let claims: Vec<_> = thresholds.into_iter().map(claim).collect();
            assert_eq!(Finding::of_all(&claims, String::new(), String::new()).verdict, Some(verdict));
        }
    }

    #[test]
    fn a_remark_says_what_a_single_training_does_not_and_what_would_resolve() {
        let row = |right: usize| (0..10_000).map(|sample| f64::from(sample % 100 < right)).collect::<Vec<_>>();
        let one = CrossedDifference::new(&[row(93)], &[row(92)]).unwrap();
        let found = Finding::of_points(Claim::AtMost(1.1), &one, "training", String::new());
        assert_eq!(found.verdict, Some(ClaimVerdict::Unresolved));
        // A loss of 1 % of the images has a standard error of sqrt(0.01 / n): 1.96 of it are 0.1 points for n = 38,000.
        let says = "It holds for this one training only: another may differ. It would take about 39,000 images with 1 training";
        assert!(found.remark.starts_with(says), "{}", found.remark);
        assert_eq!(
            Finding::of_points(Claim::AtMost(0.5), &one, "training", String::new()).verdict,
            Some(ClaimVerdict::Refuted)
        );
        assert_eq!((two_digits(5), two_digits(99), two_digits(12_463)), (5, 99, 13_000));
    }
}
