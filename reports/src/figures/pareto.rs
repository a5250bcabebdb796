//! Cost of accuracy in energy and in latency.

use super::draft::{Draft, Figure, Undrawn, kind_legend, left_out, replications_note};
use crate::digest::{Design, Digest};
use crate::figure::{
    Axis, Drawn, Entry, Font, Frame, GREY, HPos, INK, Key, Labels, MARGIN, Paper, Plot, Sheet, Stroke, TICK, VPos,
    kind_style,
};
use crate::metric::{Metric, MetricOfDesigns};
use crate::quantity::Quantity;
use cospike_results::metrics::{CORRECT, ENERGY, LATENCY};
use cospike_sim_core::stats::Interval;

const NAME: &str = "pareto";
/// Height of the panels with their axes, in pixels.
const HEIGHT: f64 = 330.0;
/// Distance between the panels, in pixels.
const GAP: f64 = 18.0;

/// Number of points above which they are dots without intervals.
const MOST_MARKERS: usize = 400;

/// Costs, a panel each.
const COSTS: [Metric; 2] = [ENERGY, LATENCY];

/// Draws the share of correct answers against energy and latency.
pub(super) fn draw(digest: &Digest<'_>, paper: Paper) -> Result<Option<Figure>, Undrawn> {
    let drawn = COSTS.each_ref().map(|cost| Point::all(digest, cost));
    if drawn.iter().all(|points| points.len() < 2) {
        return Ok(None);
    }
    let mut legend = kind_legend(digest);
    legend.push(Entry {
        key: Key::Ring(INK),
        text: match paper.is_narrow() {
            true => "Pareto-optimal".to_owned(),
            false => "Pareto-optimal: no other point is at least as good in both respects and better in one".to_owned(),
        },
    });
    let replications = replications_note(digest, |summary| &summary.energy_j);
    let absent = drawn.each_ref().map(|points| digest.designs.len() - points.len());
    let left_out = match absent {
        [left, right] if left == right => {
            left_out(left, "design point", "without energy or latency, overloaded or not steady")
        }
        [left, right] => format!(
            "{}{}",
            left_out(left, "design point", "without an energy that holds"),
            left_out(right, "design point", "without a latency that holds")
        ),
    };
    let note =
        format!("Correct answers of all requests asked, lost and unanswered ones included; {replications}.{left_out}");
    let caption = format!(
        "Correct answers as a share of all requests asked, against the energy of the edge devices per answered \
         request and the mean latency: {replications}. The intervals cover the randomness of \
         arrivals, sample order and link, and those of correct answers that of the finite set of samples too, which all \
         replications share. Ringed points, joined, are those that no other design point beats in both respects by its means; \
         neighbours whose intervals overlap may change places. Labels are left out where they \
         would cover something, or stand nearer to another point.{left_out}"
    );
    let title = "What accuracy costs";
    let rows = if paper.is_narrow() { COSTS.len() } else { 1 };
    let draft = Draft { name: NAME, title, note: &note, legend: &legend, caption, height: rows as f64 * HEIGHT, paper };
    draft.draw(|sheet, top| {
        let beside = COSTS.len() / rows;
        let between = (beside - 1) as f64 * (GAP + Frame::LEFT);
        let width = (paper.width - 2.0 * MARGIN - Frame::LEFT - between) / beside as f64;
        COSTS.iter().zip(&drawn).enumerate().try_for_each(|(index, (cost, points))| {
            let (row, column) = ((index / beside) as f64, (index % beside) as f64);
            let (left, top) = (MARGIN + Frame::LEFT + column * (width + GAP + Frame::LEFT), top + row * HEIGHT);
            let frame = Frame { left, top, right: left + width, bottom: top + HEIGHT - Frame::BELOW };
            panel(digest, points, cost, sheet, frame)
        })
    })
}

/// Design point with a cost and an accuracy.
struct Point<'d, 'a> {
    design: &'d Design<'a>,
    cost: Mean,
    accuracy: Mean,
}

/// Mean with its interval, if it has one.
type Mean = (f64, Option<Interval>);

impl<'d, 'a> Point<'d, 'a> {
    /// The design points that have both, each for longer runs, too.
    fn all(digest: &'d Digest<'a>, cost: &Metric) -> Vec<Self> {
        let mean = |metric: &Metric, design: &Design<'_>| {
            metric.spread(design).map(|spread| (spread.mean, metric.mean(&design.summary).interval))
        };
        let point = |design: &'d Design<'a>| {
            let (cost, accuracy) = (mean(cost, design)?, mean(&CORRECT, design)?);
            Some(Self { design, cost, accuracy })
        };
        digest.designs.iter().filter_map(point).collect()
    }

    fn place(&self) -> (f64, f64) {
        (self.cost.0, self.accuracy.0)
    }
}

/// Both ends of an interval, or the mean alone.
fn ends((mean, interval): Mean) -> [f64; 2] {
    interval.map_or([mean, mean], |interval| [interval.low, interval.high])
}

fn panel(digest: &Digest<'_>, points: &[Point<'_, '_>], cost: &Metric, sheet: &Sheet<'_>, frame: Frame) -> Drawn {
    let plot = Plot {
        sheet,
        frame,
        x: Axis::fit(cost.label, cost.quantity(), points.iter().flat_map(|point| ends(point.cost))),
        y: Some(Axis::linear(CORRECT.label, Quantity::Share, points.iter().flat_map(|point| ends(point.accuracy)))),
    };
    plot.axes()?;
    if points.is_empty() {
        let middle = ((frame.left + frame.right) / 2.0, (frame.top + frame.bottom) / 2.0);
        let font = Font::new(TICK).colour(GREY).anchor(HPos::Center, VPos::Center);
        return sheet.text("no design point has a value", middle, font);
    }
    let mut labels = Labels::within(frame);
    let front = not_dominated(points, Point::place);
    let staircase = staircase(&front.iter().map(|index| points[*index].place()).collect::<Vec<_>>());
    if staircase.len() > 1 {
        plot.line(&staircase, Stroke { colour: INK, width: 1.0 })?;
        labels.avoid_path(&staircase.iter().map(|point| plot.pixel(*point)).collect::<Vec<_>>());
    }
    if points.len() > MOST_MARKERS {
        for kind in &digest.kinds {
            let own = points.iter().filter(|point| point.design.row.kind == *kind);
            let dots: Vec<_> = own.map(|point| plot.pixel(point.place())).collect();
            sheet.dots(&dots, 1.8, kind_style(kind, &digest.kinds).colour);
        }
    }
    for point in points.iter().filter(|_| points.len() <= MOST_MARKERS) {
        let (x, y) = point.place();
        let style = kind_style(&point.design.row.kind, &digest.kinds);
        if let (_, Some(interval)) = point.cost {
            plot.horizontal_bar((interval.low, interval.high), y, style.colour)?;
            labels.avoid_path(&[plot.pixel((interval.low, y)), plot.pixel((interval.high, y))]);
        }
        if let (_, Some(interval)) = point.accuracy {
            plot.vertical_bar(x, (interval.low, interval.high), style.colour)?;
            labels.avoid_path(&[plot.pixel((x, interval.low)), plot.pixel((x, interval.high))]);
        }
        sheet.marker(plot.pixel((x, y)), style.marker, 3.6, style.colour)?;
        let (x_written, y_written) = (cost.quantity().format(x), Quantity::Share.format(y));
        let label = &point.design.row.label;
        sheet.hint(plot.pixel((x, y)), &format!("{label}: {} {x_written}, {} {y_written}", cost.label, CORRECT.label));
        labels.avoid_marker(plot.pixel((x, y)), 5.0);
    }
    for index in front.into_iter().filter(|_| points.len() <= MOST_MARKERS) {
        let (design, at) = (points[index].design, plot.pixel(points[index].place()));
        sheet.ring(at, 6.5, Stroke { colour: INK, width: 1.2 })?;
        // Without room the label is left out, as the caption says.
        labels.place(sheet, design.short_label(), at, Font::new(TICK))?;
    }
    Ok(())
}

/// Indices of the points that no other dominates, sorted by cost. A point dominates another if it is at least as good in
/// both respects and better in one.
fn not_dominated<T>(points: &[T], place: impl Fn(&T) -> (f64, f64)) -> Vec<usize> {
    let dominates = |(cost, accuracy): (f64, f64), (other_cost, other_accuracy): (f64, f64)| {
        cost <= other_cost && accuracy >= other_accuracy && (cost < other_cost || accuracy > other_accuracy)
    };
    let free = |index: &usize| !points.iter().any(|point| dominates(place(point), place(&points[*index])));
    let mut front: Vec<usize> = (0..points.len()).filter(free).collect();
    front.sort_by(|a, b| place(&points[*a]).0.total_cmp(&place(&points[*b]).0));
    front
}

/// Corners of the front: between two of its points it attains the accuracy of the cheaper one.
fn staircase(front: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let corners = front.windows(2).flat_map(|pair| [(pair[1].0, pair[0].1), pair[1]]);
    front.first().copied().into_iter().chain(corners).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_holds_exactly_the_points_that_nothing_beats() {
        let points = [(1.0, 0.5), (2.0, 0.4), (2.0, 0.9), (3.0, 0.9), (0.5, 0.1), (1.0, 0.5)];
        assert_eq!(not_dominated(&points, |point| *point), [4, 0, 5, 2]);
        assert_eq!(staircase(&[(0.5, 0.1), (1.0, 0.5)]), [(0.5, 0.1), (1.0, 0.1), (1.0, 0.5)]);
    }
}
