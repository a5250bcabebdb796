//! Heat map of accuracy over split point and width.

use super::draft::{Draft, Figure, Undrawn, count_range, unexecuted_note};
use crate::digest::{Digest, Executed};
use crate::figure::{
    Axis, BAND, ColourBar, Drawn, Font, Frame, GREY, HPos, LABEL, MARGIN, Paper, Sheet, TICK, VPos, readable_on,
    shorten, text_width,
};
use crate::names;
use crate::quantity::Quantity;
use cospike_results::rows::PointRow;
use std::collections::BTreeSet;

const NAME: &str = "split-width";
/// Height of a cell, in pixels.
const CELL_HEIGHT: f64 = 40.0;
/// Font size of the payload in a cell, in pixels.
const SMALL: f64 = 10.0;
/// Width of the colour bar, in pixels.
const BAR_WIDTH: f64 = 14.0;
/// Room above the cells of a panel for its title, in pixels.
const ABOVE: f64 = 22.0;
/// Room below the cells of a panel for the widths, in pixels.
const BELOW: f64 = 44.0;
/// Distance between panels, in pixels.
const GAP: f64 = 18.0;

/// Split points and widths of a study, and the panels that show them.
struct Grid<'d, 'a> {
    panels: Vec<(String, Vec<Executed<'d, 'a>>)>,
    splits: Vec<&'a str>,
    widths: Vec<u32>,
}

/// Draws one panel per kind, and per swept value in which its networks differ.
pub(super) fn draw(digest: &Digest<'_>, paper: Paper) -> Result<Option<Figure>, Undrawn> {
    let grid = Grid::new(digest);
    if grid.splits.len() * grid.widths.len() < 2 {
        return Ok(None);
    }
    let samples = count_range(grid.networks().map(|of| u64::from(of.design.row.samples)));
    let half_widths = grid.networks().map(|of| of.accuracy.half_width());
    let failed = unexecuted_note(digest);
    let half_width = Quantity::Share.format(half_widths.fold(0.0, f64::max)).replace('%', "points");
    let note = format!(
        "In each cell: accuracy in % and, below, the mean payload in bits. {samples} samples per cell; 95 % Wilson \
         intervals are ± {half_width} or less.{failed}"
    );
    let caption = format!(
        "Accuracy by split point and width of the bottleneck unit, nothing lost; the second number is the mean \
         payload in bits. {samples} samples per cell; the 95 % Wilson intervals are ± {half_width} or narrower, so \
         cells that differ by less may not differ at all.{failed}"
    );
    let layout = Layout::new(&grid, paper);
    let title = "Where to cut, and how narrow";
    let draft = Draft { name: NAME, title, note: &note, legend: &[], caption, height: layout.height(&grid), paper };
    draft.draw(|sheet, top| body(&grid, &layout, sheet, top))
}

impl<'d, 'a> Grid<'d, 'a> {
    fn new(digest: &'d Digest<'a>) -> Self {
        let mut panels: Vec<(String, Vec<Executed<'_, '_>>)> = Vec::new();
        let mut splits: Vec<&str> = Vec::new();
        let mut widths = BTreeSet::new();
        for of in digest.executed() {
            let design = of.design;
            let Some(width) = design.row.width else { continue };
            widths.insert(width);
            let split = design.row.split.as_str();
            if !splits.contains(&split) {
                splits.push(split);
            }
            let title = digest.panel(design);
            match panels.iter_mut().find(|(other, _)| *other == title) {
                Some((_, networks)) => networks.push(of),
                None => panels.push((title, vec![of])),
            }
        }
        Self { panels, splits, widths: widths.into_iter().collect() }
    }

    fn networks(&self) -> impl Iterator<Item = Executed<'d, 'a>> {
        self.panels.iter().flat_map(|(_, networks)| networks.iter().copied())
    }
}

/// Arrangement of the panels.
struct Layout {
    columns: usize,
    names: f64,
    cell: f64,
}

impl Layout {
    fn new(grid: &Grid<'_, '_>, paper: Paper) -> Self {
        let texts = grid.networks().map(|of| text_width(&payload(&of), SMALL));
        let needed = texts.fold(text_width("100.0", LABEL), f64::max) + 8.0;
        let names = grid.splits.iter().map(|split| text_width(split, TICK)).fold(0.0, f64::max).min(120.0) + 8.0;
        let room = paper.width - 2.0 * MARGIN - BAR_WIDTH - ColourBar::RIGHT - 8.0;
        let cell = |columns: usize| (room / columns as f64 - names - GAP) / grid.widths.len() as f64;
        let columns = if grid.panels.len() > 1 && cell(2) >= needed { 2 } else { 1 };
        Self { columns, names, cell: cell(columns).min(96.0) }
    }

    fn panel_height(grid: &Grid<'_, '_>) -> f64 {
        ABOVE + grid.splits.len() as f64 * CELL_HEIGHT + BELOW
    }

    fn height(&self, grid: &Grid<'_, '_>) -> f64 {
        // The colour bar needs room for its title, however few cells there are.
        let rows = grid.panels.len().div_ceil(self.columns);
        (rows as f64 * Self::panel_height(grid)).max(ABOVE + 120.0 + MARGIN)
    }

    fn panel(&self, grid: &Grid<'_, '_>, index: usize, top: f64) -> Frame {
        let width = grid.widths.len() as f64 * self.cell;
        let left = MARGIN + self.names + (index % self.columns) as f64 * (self.names + width + GAP);
        let top = top + (index / self.columns) as f64 * Self::panel_height(grid) + ABOVE;
        Frame { left, top, right: left + width, bottom: top + grid.splits.len() as f64 * CELL_HEIGHT }
    }
}

fn payload(of: &Executed<'_, '_>) -> String {
    Quantity::Bits.format(of.payload_bits.round()).replace("\u{a0}bits", "")
}

fn body(grid: &Grid<'_, '_>, layout: &Layout, sheet: &Sheet<'_>, top: f64) -> Drawn {
    let accuracies = grid.networks().map(|of| of.accuracy.estimate);
    let bar = ColourBar { axis: Axis::linear(names::ACCURACY, Quantity::Share, accuracies) };
    for (index, (title, networks)) in grid.panels.iter().enumerate() {
        panel(grid, (title, networks), &bar, sheet, layout.panel(grid, index, top))?;
    }
    let across = layout.columns.min(grid.panels.len());
    let right = layout.panel(grid, across - 1, top).right;
    let (left, top) = (right + GAP, top + ABOVE);
    let height = (grid.splits.len() as f64 * CELL_HEIGHT).clamp(120.0, 260.0);
    bar.draw(sheet, Frame { left, top, right: left + BAR_WIDTH, bottom: top + height })
}

fn panel(
    grid: &Grid<'_, '_>,
    (title, networks): (&str, &[Executed<'_, '_>]),
    bar: &ColourBar,
    sheet: &Sheet<'_>,
    frame: Frame,
) -> Drawn {
    let cell = (frame.right - frame.left) / grid.widths.len() as f64;
    let title_font = Font::new(LABEL).bold().anchor(HPos::Left, VPos::Bottom);
    sheet.text(
        &shorten(title, LABEL * 1.1, frame.right - frame.left + GAP),
        (frame.left, frame.top - 4.0),
        title_font,
    )?;
    for (row, split) in grid.splits.iter().enumerate() {
        let top = frame.top + row as f64 * CELL_HEIGHT;
        let name = Font::new(TICK).anchor(HPos::Right, VPos::Center);
        sheet.text(&shorten(split, TICK, 120.0), (frame.left - 6.0, top + CELL_HEIGHT / 2.0), name)?;
        for (column, width) in grid.widths.iter().enumerate() {
            let left = frame.left + column as f64 * cell;
            let is_here = |row: &PointRow| row.split == *split && row.width == Some(*width);
            let found = networks.iter().find(|of| is_here(of.design.row));
            let area = Frame { left, top, right: left + cell, bottom: top + CELL_HEIGHT };
            draw_cell(found.copied(), bar, sheet, area)?;
        }
    }
    for (column, width) in grid.widths.iter().enumerate() {
        let x = frame.left + (column as f64 + 0.5) * cell;
        let font = Font::new(TICK).anchor(HPos::Center, VPos::Top);
        sheet.text(&width.to_string(), (x, frame.bottom + 5.0), font)?;
    }
    let middle = (frame.left + frame.right) / 2.0;
    let font = Font::new(LABEL).anchor(HPos::Center, VPos::Top);
    sheet.text("Width (channels)", (middle, frame.bottom + 20.0), font)
}

fn draw_cell(of: Option<Executed<'_, '_>>, bar: &ColourBar, sheet: &Sheet<'_>, area: Frame) -> Drawn {
    let (x, y) = ((area.left + area.right) / 2.0, (area.top + area.bottom) / 2.0);
    let centred = |size, colour| Font::new(size).colour(colour).anchor(HPos::Center, VPos::Center);
    let Some(of) = of else {
        sheet.rectangle((area.left, area.top), (area.right, area.bottom), BAND)?;
        return sheet.text("–", (x, y), centred(LABEL, GREY));
    };
    let fill = bar.colour(of.accuracy.estimate);
    sheet.rectangle((area.left, area.top), (area.right, area.bottom), fill)?;
    let ink = readable_on(fill);
    let accuracy = Quantity::Share.format(of.accuracy.estimate).replace("\u{a0}%", "");
    sheet.text(&accuracy, (x, y - 7.5), centred(LABEL, ink).bold())?;
    sheet.text(&payload(&of), (x, y + 8.0), centred(SMALL, ink))
}
