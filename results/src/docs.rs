//! The tables of columns in `docs/results.md`, written from the declarations of the rows.

use crate::rows::{
    AnswerRow, ComputeEnergyRow, LatencyRow, LayerRow, PointRow, ProbeRow, ReplicationRow, Table, TimeLineRow,
};
use cospike_sim_core::record::{Field, Kind};

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
    let rows: String = T::fields().iter().map(row).collect();
    format!("### `{}`\n\n{}\n\n| column | type | unit | meaning |\n|---|---|---|---|\n{rows}", T::NAME, T::ABOUT)
}

fn row(field: &Field) -> String {
    let kind = match field.kind {
        Kind::Whole32 => "uint32",
        Kind::Whole64 => "uint64",
        Kind::Real => "double",
        Kind::Text => "string",
    };
    let optional = if field.is_optional { ", optional" } else { "" };
    let cell = |text: &str| text.replace('|', "\\|");
    format!("| `{}` | {kind}{optional} | {} | {} |\n", field.name, cell(field.unit), cell(&field.meaning()))
}
