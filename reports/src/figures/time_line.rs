//! Design points over time, where switching or autoscaling decide something while they run.

use super::draft::{Draft, Figure, Undrawn, left_out};
use super::panels::Layout;
use crate::digest::{Design, Digest};
use crate::figure::{Axis, Drawn, Entry, LABEL, LineStyle, Paper, Plot, Sheet, line_style};
use crate::quantity::Quantity;
use cospike_results::index::PointIndex;
use cospike_sim_core::cosim::TimeSlice;
use std::collections::BTreeMap;

const NAME: &str = "time-line";
/// Largest number of lines that can be told apart where they cross often.
const MOST: usize = 5;
/// Number of intervals between two markers of a line.
const MARKED: usize = 20;
/// Mean number that waits from which a queue is worth a panel.
const LEAST_WAITING: f64 = 0.5;

/// A number of every interval, over time.
struct Panel {
    name: &'static str,
    quantity: Quantity,
    value: fn(&TimeSlice) -> Option<f64>,
    /// Value that one of the intervals must reach; below it the number says nothing.
    least: f64,
}

const PANELS: [Panel; 7] = [
    Panel { name: "Requests asked per second", quantity: Quantity::Number, value: asked, least: 0.0 },
    Panel { name: "Servers", quantity: Quantity::Number, value: |slice| Some(slice.servers), least: 0.0 },
    Panel { name: "Requests of another design", quantity: Quantity::Share, value: switched, least: 0.0 },
    Panel { name: "Mean latency", quantity: Quantity::Seconds, value: |slice| slice.latency_mean_s, least: 0.0 },
    Panel {
        name: "Waiting at the edge",
        quantity: Quantity::Number,
        value: |slice| Some(slice.edge_waiting),
        least: LEAST_WAITING,
    },
    Panel {
        name: "Waiting for the uplink",
        quantity: Quantity::Number,
        value: |slice| Some(slice.uplink_waiting),
        least: LEAST_WAITING,
    },
    Panel {
        name: "Waiting in the cloud",
        quantity: Quantity::Number,
        value: |slice| Some(slice.cloud_waiting),
        least: LEAST_WAITING,
    },
];

fn asked(slice: &TimeSlice) -> Option<f64> {
    let seconds = slice.to_s - slice.from_s;
    (seconds > 0.0).then(|| slice.asked as f64 / seconds)
}

fn switched(slice: &TimeSlice) -> Option<f64> {
    (slice.begun > 0).then(|| slice.switched as f64 / slice.begun as f64)
}

/// A design point over time.
struct Line<'a> {
    slices: Vec<&'a TimeSlice>,
    style: LineStyle,
}

/// Draws what varies over time.
pub(super) fn draw(digest: &Digest<'_>, paper: Paper) -> Result<Option<Figure>, Undrawn> {
    let mut slices: BTreeMap<PointIndex, Vec<&TimeSlice>> = BTreeMap::new();
    for row in &digest.results.time_line {
        slices.entry(row.point).or_default().push(&row.slice);
    }
    let has_line = |design: &&Design<'_>| slices.get(&design.row.point).is_some_and(|slices| slices.len() > 1);
    let designs: Vec<&Design<'_>> = digest.designs.iter().filter(has_line).collect();
    let absent = left_out(designs.len().saturating_sub(MOST), "design point", "that change over time as well");
    let shown = &designs[..designs.len().min(MOST)];
    let line = |(place, design): (usize, &&Design<'_>)| {
        let is_alike = |other: &&&Design<'_>| other.row.kind == design.row.kind;
        let before = shown[..place].iter().filter(is_alike).count();
        Line { slices: slices[&design.row.point].clone(), style: line_style(&design.row.kind, &digest.kinds, before) }
    };
    let lines: Vec<Line<'_>> = shown.iter().enumerate().map(line).collect();
    let panels: Vec<&Panel> = PANELS.iter().filter(|panel| panel.varies(&lines)).collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let names = digest.names(LABEL, paper.width / 2.0);
    let entry = |(design, line): (&&Design<'_>, &Line<'_>)| {
        let index = digest.designs.iter().position(|other| other.row.point == design.row.point);
        let text = index.map_or(&design.row.label, |index| &names[index]).clone();
        Entry { key: line.style.key(), text }
    };
    let legend: Vec<Entry> = shown.iter().zip(&lines).map(entry).collect();
    let note =
        format!("One replication of each design point, the first, as means over intervals of equal length.{absent}");
    let caption = format!(
        "How the design points that switch or scale do so: their first replication over time. Each value is that of an interval, at \
         most 128 for the whole run; the latency is that of the requests answered in it. Other replications see other \
         arrivals.{absent}"
    );
    let layout = Layout { panels: panels.len(), paper };
    let draft =
        Draft { name: NAME, title: "Over time", note: &note, legend: &legend, caption, height: layout.height(), paper };
    draft.draw(|sheet, top| {
        let end = lines.iter().flat_map(|line| line.slices.last()).map(|slice| slice.to_s);
        let x = Axis::from_zero("Time", Quantity::Seconds, end);
        panels.iter().enumerate().try_for_each(|(place, panel)| {
            let y = Some(panel.axis(&lines));
            panel.draw(&Plot { sheet, frame: layout.frame(place, top), x: x.clone(), y }, &lines, sheet)
        })
    })
}

impl Panel {
    fn values<'l>(&self, lines: &'l [Line<'_>]) -> impl Iterator<Item = f64> + 'l {
        let value = self.value;
        lines.iter().flat_map(|line| &line.slices).filter_map(move |slice| value(slice))
    }

    fn varies(&self, lines: &[Line<'_>]) -> bool {
        let (low, high) = (self.values(lines).reduce(f64::min), self.values(lines).reduce(f64::max));
        low < high && high >= Some(self.least)
    }

    fn axis(&self, lines: &[Line<'_>]) -> Axis {
        match self.quantity {
            Quantity::Share => Axis::exactly(self.name, self.quantity, (0.0, 1.0)),
            Quantity::Seconds => Axis::fit(self.name, self.quantity, self.values(lines)),
            _ => Axis::from_zero(self.name, self.quantity, self.values(lines)),
        }
    }

    /// Draws the lines, broken where an interval has no value.
    fn draw(&self, plot: &Plot<'_, '_>, lines: &[Line<'_>], sheet: &Sheet<'_>) -> Drawn {
        plot.axes()?;
        for (number, Line { slices, style }) in lines.iter().enumerate() {
            let middle = |slice: &TimeSlice| f64::midpoint(slice.from_s, slice.to_s);
            let points = slices.iter().map(|slice| Some((middle(slice), (self.value)(slice)?)));
            let points: Vec<Option<(f64, f64)>> = points.collect();
            for stretch in points.split(Option::is_none).filter(|stretch| !stretch.is_empty()) {
                let pixels: Vec<_> = stretch.iter().flatten().map(|point| plot.pixel(*point)).collect();
                style.path(sheet, &pixels)?;
            }
            // Some markers tell lines apart, each line at other times.
            for point in points.iter().skip(number * MARKED / MOST).step_by(MARKED).flatten() {
                sheet.marker(plot.pixel(*point), style.marker, 3.0, style.colour)?;
            }
        }
        Ok(())
    }
}
