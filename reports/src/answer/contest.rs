//! Contests between design points: who leads in a metric, and from whom no test tells it apart.

use crate::digest::Design;
use crate::metric::{Better, Metric, MetricOfDesigns};
use cospike_results::metrics::CORRECT;
use cospike_results::summary::SIGNIFICANCE;
use cospike_sim_core::stats::{compare_with_control, holm, paired_difference, wilson};

/// Outcome of a contest.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Contest {
    /// Position of the contender with the best mean.
    pub(super) best: usize,
    /// Positions of those right behind it from which no test tells it apart, in order of their means.
    pub(super) level: Vec<usize>,
    /// Position of the best one from which a test tells it apart.
    pub(super) next: Option<usize>,
    /// Number of those behind that one from which no test tells the best one apart: their replications differ too much.
    pub(super) unclear: usize,
}

/// One contest among design points, with the p-values of the best against each other one.
pub(super) struct Open<'m> {
    metric: &'m Metric,
    /// Positions of those with a mean, the best first.
    order: Vec<usize>,
    /// p-value of no difference from the best one, of all but that.
    p_values: Vec<f64>,
}

impl<'m> Open<'m> {
    /// The contest of `designs` in `metric`; `None` if fewer than two have a mean.
    pub(super) fn new(metric: &'m Metric, designs: &[&Design<'_>]) -> Option<Self> {
        let mean = |place: &usize| metric.spread(designs[*place]).map(|spread| spread.mean);
        let mut order: Vec<usize> = (0..designs.len()).filter(|place| mean(place).is_some()).collect();
        order.sort_by(|a, b| {
            let (a, b) = (mean(a).unwrap_or_default(), mean(b).unwrap_or_default());
            if metric.better == Better::Higher { b.total_cmp(&a) } else { a.total_cmp(&b) }
        });
        let (best, rivals) = order.split_first()?;
        let p_values: Vec<f64> =
            rivals.iter().map(|rival| p_value(metric, [designs[*best], designs[*rival]])).collect();
        (!p_values.is_empty()).then_some(Self { metric, order, p_values })
    }

    /// Decides contests together: at most 5 % of answers name any leader wrongly by the chance of the replications, however many contests
    /// there are (Holm).
    pub(super) fn decide(contests: &[Self], designs: &[Vec<&Design<'_>>]) -> Vec<Contest> {
        let all: Vec<f64> = contests.iter().flat_map(|contest| contest.p_values.iter().copied()).collect();
        let mut adjusted = holm(&all).into_iter();
        let decide = |(contest, designs): (&Self, &Vec<&Design<'_>>)| {
            let (best, rivals) = (contest.order[0], &contest.order[1..]);
            let is_shown = |rival: usize, p: f64| {
                let pair = [designs[best], designs[rival]];
                p <= SIGNIFICANCE && contest.metric.is_relevant(pair) && tells_apart(contest.metric, pair)
            };
            let shown: Vec<bool> = rivals.iter().zip(adjusted.by_ref()).map(|(rival, p)| is_shown(*rival, p)).collect();
            let first = shown.iter().position(|is_shown| *is_shown);
            let unclear = first.map_or(0, |first| shown[first..].iter().filter(|is_shown| !**is_shown).count());
            let level = rivals[..first.unwrap_or(rivals.len())].to_vec();
            Contest { best, level, next: first.map(|first| rivals[first]), unclear }
        };
        contests.iter().zip(designs).map(decide).collect()
    }
}

/// Two-sided p-value of no difference, by the paired t test over the replications that both have; 1 where there are too few.
fn p_value(metric: &Metric, designs: [&Design<'_>; 2]) -> f64 {
    let [first, second] = metric.pairs(designs);
    let compared = compare_with_control(&second, &[&first]).ok();
    compared.and_then(|compared| Some(compared.first()?.p_value)).filter(|p| p.is_finite()).unwrap_or(1.0)
}

/// Whether the finite number of samples, which replications share and so cannot show, tells two networks apart as well: for
/// correct answers, whether the interval of their difference excludes 0. Where nothing is lost, it is that of the same samples
/// answered by both networks; else which samples suffered is not known, and it is that of two independent proportions, which is
/// wider (Newcombe 1998, methods 10 of both papers).
fn tells_apart(metric: &Metric, designs: [&Design<'_>; 2]) -> bool {
    let [first, second] = designs;
    let is_correct = metric.name == CORRECT.name;
    if !is_correct || first.row.network == second.row.network {
        return true;
    }
    if designs.iter().all(|design| is_as_executed(metric, design))
        && let Ok(paired) = paired_difference(&first.right, &second.right)
    {
        return !paired.difference.contains(0.0);
    }
    let interval = |design: &Design<'_>| {
        let samples = u64::from(design.row.samples);
        let share = metric.spread(design)?.mean;
        wilson((share * samples as f64).round() as u64, samples).ok()
    };
    let (Some(a), Some(b)) = (interval(first), interval(second)) else { return false };
    let (above, below) = if a.estimate > b.estimate { (a, b) } else { (b, a) };
    let side = (above.estimate - above.low).hypot(below.high - below.estimate);
    above.estimate - below.estimate > side
}

/// Whether as many of the requests were answered correctly as of the samples with nothing lost, but for which samples were
/// asked for more often than others.
fn is_as_executed(metric: &Metric, design: &Design<'_>) -> bool {
    let offline = design.summary.offline_accuracy;
    metric
        .spread(design)
        .zip(offline)
        .is_some_and(|(online, offline)| offline.contains(online.mean) && design.summary.completed.mean == Some(1.0))
}
