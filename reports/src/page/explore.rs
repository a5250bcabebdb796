//! The data of the figure that the page's script draws: columns that vary, to be chosen as axes and colours.

use crate::column::{Column, distinct};
use crate::digest::{Design, Digest};
use crate::figure::{LINES, RGBColor, kind_style};
use crate::quantity::Quantity;
use cospike_results::summary::Standing;
use maud::{Markup, html};
use serde_json::{Value, json};

/// Number of design points above which intervals are left out, so that the page stays small.
const MOST_INTERVALS: usize = 1_000;

/// The section "Explore", which the script shows and fills; empty where nothing varies that could be drawn.
pub(super) fn section(digest: &Digest<'_>) -> Markup {
    let designs: Vec<&Design<'_>> = digest.designs.iter().collect();
    let columns: Vec<Column> = Column::all(digest).into_iter().filter(|column| varies(column, &designs)).collect();
    let is_drawn = columns.iter().any(|column| matches!(column, Column::Metric(_)));
    html! {
        @if designs.len() > 1 && is_drawn {
            section #explore hidden data-explore=(data(digest, &columns, &designs)) {
                h2 { "Explore" }
                p {
                    "Any column over any other. Lines join design points that differ in the horizontal axis alone. The filter is that of the "
                    "table of design points. In the figure, arrow keys go from point to point."
                }
            }
        }
    }
}

/// Whether the column has several values, or one and none.
fn varies(column: &Column, designs: &[&Design<'_>]) -> bool {
    let mut texts = designs.iter().map(|design| column.text(design));
    let first = texts.next().flatten();
    texts.any(|text| text != first)
}

fn data(digest: &Digest<'_>, columns: &[Column], designs: &[&Design<'_>]) -> String {
    let kinds: Vec<String> = digest.kinds.iter().map(|kind| colour(kind_style(kind, &digest.kinds).colour)).collect();
    let palette: Vec<String> = LINES.into_iter().map(colour).collect();
    let columns: Vec<Value> = columns.iter().map(|of| column(of, designs)).collect();
    let kind = |design: &&Design<'_>| digest.kinds.iter().position(|kind| *kind == design.row.kind);
    json!({
        "columns": columns,
        "points": designs.iter().map(|design| design.row.point).collect::<Vec<_>>(),
        "labels": designs.iter().map(|design| &design.row.label).collect::<Vec<_>>(),
        "kind": designs.iter().map(kind).collect::<Vec<_>>(),
        "kinds": digest.kinds,
        "colours": kinds,
        "palette": palette,
    })
    .to_string()
}

/// Whether a longer run would change the value of a column at a design point.
fn is_unsteady(of: &Column, design: &Design<'_>) -> bool {
    matches!(of, Column::Metric(metric) if design.summary.standing(metric) != Standing::Holds)
}

/// A column: numbers with the ends of their intervals, or places in a list of words; null where there is no value.
fn column(of: &Column, designs: &[&Design<'_>]) -> Value {
    let (name, label) = (of.name(), of.label());
    let is_key = matches!(of, Column::Key(_) | Column::Kind);
    if !of.is_numeric(designs) {
        let words = distinct(designs.iter().filter_map(|design| of.text(design)));
        let place = |design: &&Design<'_>| words.iter().position(|word| Some(word) == of.text(design).as_ref());
        let values: Vec<Option<usize>> = designs.iter().map(place).collect();
        return json!({ "name": name, "label": label, "key": is_key, "words": words, "values": values });
    }
    let spreads = || designs.iter().map(|design| of.spread(design));
    let mut column = json!({
        "name": name,
        "label": label,
        "key": is_key,
        "unsteady": (0..designs.len()).filter(|index| is_unsteady(of, designs[*index])).collect::<Vec<_>>(),
        "unit": unit(of.quantity()),
        "values": spreads().map(|spread| spread.map(|of| short(of.mean))).collect::<Vec<_>>(),
    });
    let has_intervals = spreads().flatten().any(|spread| spread.low < spread.high);
    if has_intervals && designs.len() <= MOST_INTERVALS {
        column["low"] = spreads().map(|spread| spread.map(|of| short(of.low))).collect();
        column["high"] = spreads().map(|spread| spread.map(|of| short(of.high))).collect();
    }
    column
}

/// Unit as the script writes it.
fn unit(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Share => "%",
        Quantity::Seconds => "s",
        Quantity::Joules => "J",
        Quantity::Watts => "W",
        Quantity::Bits => "bits",
        Quantity::Bytes => "B",
        Quantity::Number => "",
    }
}

/// A number with the six digits that a figure can show.
fn short(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

fn colour(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_six_digits_and_colours_six_too() {
        assert_eq!([short(0.123_456_78), short(1e300), short(-0.0)], [0.123_457, 1e300, 0.0]);
        assert_eq!(colour(RGBColor(0, 0x72, 0xb2)), "#0072b2");
    }
}
