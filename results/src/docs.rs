//! The tables of columns in `docs/results.md`, written from the declarations of the rows.

use crate::comparisons::ComparisonRow;
use crate::rows::{
    AnswerRow, ComputeEnergyRow, LatencyRow, LayerRow, PointRow, ProbeRow, ReplicationRow, Table, TimeLineRow,
};
use crate::runs::{self, RunRow, metric_fields};
use cospike_sim_core::record::{Field, Kind, Record};

/// Line of `docs/results.md` before the generated text.
const BEGIN: &str = "<!-- generated: columns -->\n";
/// Line of `docs/results.md` after the generated text.
const END: &str = "<!-- end of generated text -->\n";

/// The page `docs/results.md` with the text between its two markers written anew; `None` if a marker is missing.
pub fn page_with_columns(page: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{}\n{END}{after}", columns_page()))
}

/// The columns of all tables, in Markdown.
pub fn columns_page() -> String {
    [
        section_of(runs::NAME, runs::ABOUT, RunRow::fields().into_iter().chain(metric_fields())),
        section::<ComparisonRow>(),
        section::<PointRow>(),
        section::<LayerRow>(),
        section::<ComputeEnergyRow>(),
        section::<ReplicationRow>(),
        section::<LatencyRow>(),
        section::<TimeLineRow>(),
        section::<AnswerRow>(),
        section::<ProbeRow>(),
    ]
    .join("\n")
}

fn section<T: Table>() -> String {
    section_of(T::NAME, T::ABOUT, T::fields())
}

fn section_of(name: &str, about: &str, fields: impl IntoIterator<Item = Field>) -> String {
    let rows: String = fields.into_iter().map(|field| row(&field)).collect();
    format!("### `{name}`\n\n{about}\n\n| column | type | unit | meaning |\n|---|---|---|---|\n{rows}")
}

fn row(field: &Field) -> String {
    let kind = match field.kind {
        Kind::Whole32 => "uint32",
        Kind::Whole64 => "uint64",
        Kind::Real => "double",
        Kind::Text => "string",
        Kind::Truth => "boolean",
    };
    let optional = if field.is_optional { ", optional" } else { "" };
    let cell = |text: &str| text.replace('|', "\\|");
    format!("| `{}` | {kind}{optional} | {} | {} |\n", field.name, cell(field.unit), cell(&field.meaning()))
}
