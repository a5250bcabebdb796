//! Which design point is the best, as `[goal]` asks for, in words.

use super::words::{listed, listed_or_counted};
use crate::digest::Digest;
use crate::metric::MetricOfDesigns;
use crate::quantity::{Quantity, plural, relation, signed_points};
use cospike_results::goal::{Aim, Chosen, GoalUsed, Reason, Rival, Selection, Slack};
use cospike_results::index::PointIndex;
use cospike_results::metrics::{Metric, metric};
use std::collections::BTreeMap;

/// Least probability that is said: what is probable by less than a hundredth, by a bound that may be far too low, says nothing.
const LEAST_SAID: f64 = 0.01;
/// Probability that is called so; what is above is no better known.
const NEARLY_CERTAIN: f64 = 0.999;

/// Sentences on the choice, what it depends on, and what else there was; none without `[goal]`.
pub(super) fn sentences(digest: &Digest<'_>) -> Vec<String> {
    let Some(selection) = &digest.selection else { return vec![] };
    let Some(metric) = metric(&selection.goal.metric) else { return vec![] };
    let names = digest.designs.iter().map(|design| design.row.point).zip(digest.short_names()).collect();
    let all = digest.results.all_points;
    let words = Words { selection, metric, names, of_all: (digest.designs.len() < all).then_some(all) };
    let first = match &selection.choice {
        Some(choice) => words.choice(choice),
        None => words.nothing(),
    };
    [Some(first), words.binding(), words.undecided(), words.left_out()].into_iter().flatten().collect()
}

struct Words<'s> {
    selection: &'s Selection,
    metric: Metric,
    /// Names of the design points that are shown.
    names: BTreeMap<PointIndex, String>,
    /// Number of all design points, where not all are shown.
    of_all: Option<usize>,
}

impl Words<'_> {
    /// What was asked for: "To minimise `energy_j` where `correct >= 0.9`".
    fn asked(&self) -> String {
        let GoalUsed { aim, metric, condition, .. } = &self.selection.goal;
        let limits = condition.as_ref().map_or_else(String::new, |condition| format!(" where `{condition}`"));
        format!("{} `{metric}`{limits}", self.to_aim(*aim))
    }

    /// What is wanted: "To minimise", or of which design points, where these are more than are shown.
    fn to_aim(&self, aim: Aim) -> String {
        let verb = if aim == Aim::Minimise { "minimise" } else { "maximise" };
        match self.of_all {
            Some(all) => format!("Of all {}, to {verb}", plural(all, "design point")),
            None => format!("To {verb}"),
        }
    }

    fn choice(&self, choice: &Chosen) -> String {
        let Selection { goal, level, runner_up, .. } = self.selection;
        let Chosen { point, ref label, mean, keeps_limits, .. } = *choice;
        let own = Rival { point, label: label.clone(), mean, keeps_limits };
        let named: Vec<String> = [&own].into_iter().chain(level).map(|rival| self.value(rival)).collect();
        let next = runner_up.as_ref().map(|next| format!("; next {}", self.beside(next, choice.mean)));
        let next = next.unwrap_or_default();
        let is_sure = goal.limits.is_none() || choice.keeps_limits.is_some_and(|keeps| keeps >= goal.confidence);
        let least = self.metric.least_difference();
        let shown = match choice.probability {
            Some(_) => format!("are level, no difference of {least} or more is shown"),
            None => "cannot be told apart by one replication".to_owned(),
        };
        let asked = self.asked();
        match (&named[..], is_sure) {
            (_, false) => {
                let how = match choice.keeps_limits {
                    None => "which one replication cannot show".to_owned(),
                    Some(keeps) if keeps < LEAST_SAID => "which the replications do not resolve".to_owned(),
                    Some(keeps) => format!("with a probability of {}", percent(keeps)),
                };
                format!("{asked}: none is known to keep the limits; {} does on its means, {how}.", named[0])
            }
            ([only], _) => {
                let other = if goal.limits.is_some() { "no other that keeps the limits" } else { "no other" };
                let sure = match choice.probability {
                    None => "; one replication does not show how sure that is".to_owned(),
                    Some(sure) if sure < LEAST_SAID => {
                        format!("; whether {other} is better by {least} or more, the replications do not resolve")
                    }
                    Some(sure) => format!("; that {other} is better by {least} or more is {} probable", at_least(sure)),
                };
                format!("{asked}: {only}{next}{sure}.")
            }
            (level, _) => format!("{asked}: {} {shown}{next}.", listed_or_counted(level)),
        }
    }

    fn nothing(&self) -> String {
        let Selection { goal, nearest, slacks, .. } = self.selection;
        let limits = goal.condition.as_deref().unwrap_or_default();
        match nearest {
            Some(nearest) => {
                let missed = slacks.iter().filter(|slack| slack.relative < 0.0);
                let missed: Vec<String> =
                    missed.map(|slack| format!("`{}` ({})", slack.limit, self.mean_of(slack))).collect();
                format!(
                    "{}: no design point keeps `{limits}`; {} comes nearest and misses {}.",
                    self.goal_alone(),
                    self.value(nearest),
                    listed(&missed)
                )
            }
            None => format!("{}: no design point can be chosen.", self.asked()),
        }
    }

    /// What was asked for without the limits.
    fn goal_alone(&self) -> String {
        let GoalUsed { aim, metric, .. } = &self.selection.goal;
        format!("{} `{metric}`", self.to_aim(*aim))
    }

    /// What would change the choice: limits without which it would be another one, and the nearest of its limits.
    fn binding(&self) -> Option<String> {
        let Selection { choice, binding, slacks, .. } = self.selection;
        let (choice, nearest) = (choice.as_ref()?, slacks.first()?);
        let binds = binding.iter().map(|binding| {
            format!("without `{}` it would be {}", binding.limit, self.beside(&binding.choice, choice.mean))
        });
        let binds: Vec<String> = binds.collect();
        let binds = match &binds[..] {
            [] => "No limit by itself changes the choice".to_owned(),
            some => {
                let text = listed(some);
                text[..1].to_uppercase() + &text[1..]
            }
        };
        let nearest = match slacks.len() {
            1 => format!("`{}` is kept with {}", nearest.limit, self.mean_of(nearest)),
            _ => format!("the nearest of its limits is `{}`, with {}", nearest.limit, self.mean_of(nearest)),
        };
        Some(format!("{binds}; {nearest}."))
    }

    /// Better design points whose limits are open.
    fn undecided(&self) -> Option<String> {
        let Selection { undecided, choice, .. } = self.selection;
        let (first, mean) = (undecided.first()?, choice.as_ref()?.mean);
        let probability = first.keeps_limits.map_or_else(
            || "which one replication cannot show".to_owned(),
            |keeps| format!("with a probability of {}", percent(keeps)),
        );
        let first = self.beside(first, mean);
        let others = match undecided.len() {
            1 => String::new(),
            2 => ", as does another one".to_owned(),
            more => format!(", as do {} others", more - 1),
        };
        Some(format!(
            "{first} would be better, and may keep the limits, {probability}{others}: more replications or samples may decide it."
        ))
    }

    fn left_out(&self) -> Option<String> {
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for left in &self.selection.left_out {
            let reason = match &left.reason {
                Reason::Failed => "a replication failed".to_owned(),
                Reason::Overloaded(metric) => format!("a place is overloaded, where `{metric}` grows with the run"),
                Reason::Unsteady(metric) => {
                    format!("latencies are not steady, so a longer run would change `{metric}`")
                }
                Reason::NoValue(metric) => format!("a replication has no `{metric}`"),
            };
            *reasons.entry(reason).or_default() += 1;
        }
        let reasons: Vec<String> = reasons.into_iter().map(|(reason, number)| format!("{reason} ({number})")).collect();
        (!reasons.is_empty()).then(|| format!("Left out of the choice: {}.", listed(&reasons)))
    }

    /// A design point with its mean: `float stage3 (323 µJ)`.
    fn value(&self, rival: &Rival) -> String {
        format!("{} ({})", self.name(rival), self.written(rival.mean))
    }

    /// A design point with its mean and how that differs from `other`: `float stage3 (323 µJ, −4 %)`.
    fn beside(&self, rival: &Rival, other: f64) -> String {
        let mean = rival.mean;
        let difference = match self.metric.quantity() {
            Quantity::Share => Some(signed_points(mean - other)),
            _ if other > 0.0 => Some(relation(mean / other, 1)),
            _ => None,
        };
        let difference = difference.map_or_else(String::new, |difference| format!(", {difference}"));
        format!("{} ({}{difference})", self.name(rival), self.written(mean))
    }

    fn name<'n>(&'n self, rival: &'n Rival) -> &'n str {
        self.names.get(&rival.point).unwrap_or(&rival.label)
    }

    fn written(&self, mean: f64) -> String {
        self.metric.quantity().format(self.metric.in_plain_unit(mean))
    }

    fn mean_of(&self, slack: &Slack) -> String {
        metric(&slack.limit.metric)
            .map_or_else(String::new, |metric| metric.quantity().format(metric.in_plain_unit(slack.mean)))
    }
}

/// Least probability in words, rounded down.
fn at_least(probability: f64) -> String {
    match probability {
        p if p >= NEARLY_CERTAIN => format!("more than {}", percent(NEARLY_CERTAIN)),
        p => format!("at least {}", percent(p)),
    }
}

/// A probability in per cent, rounded down.
fn percent(probability: f64) -> String {
    format!("{:.1}\u{a0}%", (1000.0 * probability).floor() / 10.0)
}
