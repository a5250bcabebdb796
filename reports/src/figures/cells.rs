//! Cells of a heat map over two columns.

use crate::column::Column;
use crate::digest::Design;
use crate::figure::{
    Axis, BAND, ColourBar, Drawn, Font, Frame, GREY, HPos, LABEL, Sheet, Stroke, TICK, VPos, readable_on, shorten,
    text_width,
};
use crate::metric::Reading;
use crate::quantity::Quantity;
use std::collections::BTreeMap;

/// Room between the names of the rows and the title beside them, in pixels.
const TITLE_ROOM: f64 = LABEL + 8.0;
/// Most of the width that the names of the rows take, in pixels.
const MOST_NAME: f64 = 120.0;
/// Room below the cells for the names of the columns and their title, in pixels.
const BELOW: f64 = 42.0;
/// Width of the colour bar with its distance from the cells, in pixels.
const BAR: f64 = 26.0;

/// Heat map with a cell for every pair of a column and a row that there is.
pub(crate) struct Cells {
    /// Title below the columns.
    pub(crate) across: String,
    /// Names of the columns, from left to right.
    pub(crate) columns: Vec<String>,
    /// Title beside the rows.
    pub(crate) upwards: String,
    /// Names of the rows, from the lowest one.
    pub(crate) rows: Vec<String>,
    /// What is known, by column and row; nothing where there is no value.
    pub(crate) cells: BTreeMap<(usize, usize), Reading>,
    /// Name of what they show.
    pub(crate) label: String,
    /// What they measure.
    pub(crate) quantity: Quantity,
}

impl Cells {
    /// A cell for every pair of values of the columns `across` and `upwards`, coloured by the column `colour`.
    ///
    /// # Errors
    /// The indices of two design points at the same place.
    pub(crate) fn new(
        designs: &[&Design<'_>],
        [across, upwards]: [&Column; 2],
        colour: &Column,
    ) -> Result<Self, [usize; 2]> {
        let [columns, rows] = [across, upwards].map(|column| column.steps(designs));
        let mut cells: BTreeMap<(usize, usize), (Reading, usize)> = BTreeMap::new();
        for (index, design) in designs.iter().enumerate() {
            let step = |column: &Column, steps: &[String]| {
                let text = column.text(design)?;
                steps.iter().position(|step| *step == text)
            };
            let reading = colour.reading(design);
            let place = step(across, &columns).zip(step(upwards, &rows));
            let Some(place) = place.filter(|_| reading != Reading::Missing) else { continue };
            if let Some((_, other)) = cells.insert(place, (reading, index)) {
                return Err([other, index]);
            }
        }
        let named = |column: &Column, steps: Vec<String>| {
            let name = |step: String| step.parse().map_or(step, |number| column.quantity().format(number));
            steps.into_iter().map(name).collect()
        };
        Ok(Self {
            across: across.label().to_owned(),
            columns: named(across, columns),
            upwards: upwards.label().to_owned(),
            rows: named(upwards, rows),
            cells: cells.into_iter().map(|(place, (reading, _))| (place, reading)).collect(),
            label: colour.label().to_owned(),
            quantity: colour.quantity(),
        })
    }

    /// Colours of the means.
    fn bar(&self) -> ColourBar {
        let means = self.cells.values().filter_map(|reading| Some(reading.holds()?.mean));
        ColourBar { axis: Axis::linear(&self.label, self.quantity, means) }
    }

    fn names(&self) -> f64 {
        self.rows.iter().map(|name| text_width(name, TICK)).fold(0.0, f64::max).min(MOST_NAME)
    }

    /// The part of `area` in which the cells stand.
    pub(crate) fn frame(&self, area: Frame) -> Frame {
        let Frame { left, top, right, bottom } = area;
        Frame {
            left: left + TITLE_ROOM + self.names() + 8.0,
            top,
            right: right - BAR - ColourBar::RIGHT,
            bottom: bottom - BELOW,
        }
    }

    /// Draws the cells with their names, titles and the colour bar into `area`.
    pub(crate) fn draw(&self, sheet: &Sheet<'_>, area: Frame) -> Drawn {
        let (frame, bar) = (self.frame(area), self.bar());
        let width = (frame.right - frame.left) / self.columns.len() as f64;
        let height = (frame.bottom - frame.top) / self.rows.len() as f64;
        let unit = self.unit();
        for column in 0..self.columns.len() {
            for row in 0..self.rows.len() {
                let (left, bottom) = (frame.left + column as f64 * width, frame.bottom - row as f64 * height);
                let place = Frame { left, top: bottom - height, right: left + width, bottom };
                let reading = self.cells.get(&(column, row)).copied().unwrap_or(Reading::Missing);
                self.cell(sheet, reading, &bar, place, unit)?;
            }
        }
        self.titles(sheet, area, frame)?;
        bar.draw(sheet, Frame { left: frame.right + 12.0, right: frame.right + BAR, ..frame })
    }

    /// End of the written means that all have in common, such as ` %`.
    fn unit(&self) -> &'static str {
        if self.quantity == Quantity::Share { "\u{a0}%" } else { "" }
    }

    fn cell(&self, sheet: &Sheet<'_>, reading: Reading, bar: &ColourBar, place: Frame, unit: &str) -> Drawn {
        let Frame { left, top, right, bottom } = place;
        let middle = ((left + right) / 2.0, (top + bottom) / 2.0);
        let centred = |colour| Font::new(TICK).colour(colour).anchor(HPos::Center, VPos::Center);
        let fill = reading.holds().map_or(BAND, |spread| bar.colour(spread.mean));
        sheet.rectangle((left, top), (right, bottom), fill)?;
        let written = |mean| {
            let text = self.quantity.format(mean);
            text.strip_suffix(unit).unwrap_or(&text).to_owned()
        };
        // Where there is no room, the colour is all there is.
        let fits = |text: &str| text_width(text, TICK) + 4.0 <= right - left && TICK * 1.2 <= bottom - top;
        match reading {
            Reading::Holds(spread) => match written(spread.mean) {
                text if fits(&text) => sheet.text(&text, middle, centred(readable_on(fill))),
                _ => Ok(()),
            },
            Reading::Unsteady(mean) => {
                let text = Some(format!("{}?", written(mean))).filter(|text| fits(text));
                sheet.text(text.as_deref().unwrap_or("?"), middle, centred(GREY))
            }
            Reading::Overloaded => sheet.cross(middle, 4.0, Stroke { colour: GREY, width: 1.6 }),
            Reading::Missing => sheet.text("–", middle, centred(GREY)),
        }
    }

    fn titles(&self, sheet: &Sheet<'_>, area: Frame, frame: Frame) -> Drawn {
        let width = (frame.right - frame.left) / self.columns.len() as f64;
        let height = (frame.bottom - frame.top) / self.rows.len() as f64;
        let mut free = f64::NEG_INFINITY;
        for (column, name) in self.columns.iter().enumerate() {
            let (name, middle) = (shorten(name, TICK, width.max(40.0)), frame.left + (column as f64 + 0.5) * width);
            let half = text_width(&name, TICK) / 2.0;
            if middle - half >= free {
                sheet.text(&name, (middle, frame.bottom + 5.0), Font::new(TICK).anchor(HPos::Center, VPos::Top))?;
                free = middle + half + 4.0;
            }
        }
        let every = (TICK * 1.2 / height).ceil().max(1.0) as usize;
        for (row, name) in self.rows.iter().enumerate().step_by(every) {
            let at = (frame.left - 6.0, frame.bottom - (row as f64 + 0.5) * height);
            sheet.text(&shorten(name, TICK, MOST_NAME), at, Font::new(TICK).anchor(HPos::Right, VPos::Center))?;
        }
        let (x, y) = ((frame.left + frame.right) / 2.0, (frame.top + frame.bottom) / 2.0);
        let title = Font::new(LABEL).anchor(HPos::Center, VPos::Top);
        sheet.text(&self.across, (x, frame.bottom + 21.0), title)?;
        sheet.text(&self.upwards, (area.left + 2.0, y), title.upwards())
    }
}
