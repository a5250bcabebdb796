//! Heading of a figure, above its data: title, note and legend.

use super::sheet::{Drawn, Font, Sheet, Stroke};
use super::theme::{GREY, LABEL, LEADING, MARGIN, Marker, Paper, TITLE, shorten, text_width, wrap};
use plotters::style::RGBColor;
use plotters::style::text_anchor::{HPos, VPos};

/// Width of the key of a legend entry, in pixels.
const KEY_WIDTH: f64 = 24.0;
/// Distance between two legend entries, in pixels.
const GAP: f64 = 16.0;
/// Height of a line of the note or the legend, in pixels.
const LINE: f64 = LABEL * LEADING;

/// Key of a legend entry: the mark before its text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Key {
    /// Marker of a single point.
    Marker(Marker, RGBColor),
    /// Ring, as it is drawn around a marker.
    Ring(RGBColor),
    /// Line with markers.
    Line(Marker, RGBColor),
    /// Dashed line with markers.
    DashedLine(Marker, RGBColor),
    /// Dashed line.
    Dashes(RGBColor),
    /// Cross, as it stands for a value that does not hold.
    Cross(RGBColor),
    /// Filled rectangle, for bars.
    Swatch(RGBColor),
}

/// One entry of a legend.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Mark that stands for the series in the figure.
    pub(crate) key: Key,
    /// Text beside the key.
    pub(crate) text: String,
}

/// Entries of a legend in as many rows as they need.
pub(crate) struct Legend<'a> {
    /// The entries; may be empty.
    pub(crate) entries: &'a [Entry],
    /// Width of the sheet, in pixels.
    pub(crate) width: f64,
}

/// Title, note and legend of a figure, across its whole width and outside the data.
pub(crate) struct Heading<'a> {
    /// Title: the subject of the figure.
    pub(crate) title: &'a str,
    /// Note to the reader: samples, intervals, and what is left out.
    pub(crate) note: &'a str,
    /// Entries of the legend; may be empty.
    pub(crate) legend: &'a [Entry],
    /// What the figure is drawn on.
    pub(crate) paper: Paper,
}

impl Heading<'_> {
    /// Height of the heading with the gap below it, in pixels.
    pub(crate) fn height(&self) -> f64 {
        let lines = self.note_lines().len() as f64 * LINE + self.rows().height();
        let between = if self.legend.is_empty() { 0.0 } else { 5.0 };
        MARGIN + self.title_lines().len() as f64 * TITLE * LEADING + 3.0 + lines + between + 12.0
    }

    /// Draws the heading at the top of the sheet.
    pub(crate) fn draw(&self, sheet: &Sheet<'_>) -> Drawn {
        let mut y = MARGIN;
        for line in self.title_lines() {
            sheet.text(&line, (MARGIN, y), Font::new(TITLE).bold().anchor(HPos::Left, VPos::Top))?;
            y += TITLE * LEADING;
        }
        y += 3.0;
        for line in self.note_lines() {
            sheet.text(&line, (MARGIN, y), Font::new(LABEL).colour(GREY).anchor(HPos::Left, VPos::Top))?;
            y += LINE;
        }
        self.rows().draw(sheet, y + 5.0)
    }

    fn rows(&self) -> Legend<'_> {
        Legend { entries: self.legend, width: self.paper.width }
    }

    fn title_lines(&self) -> Vec<String> {
        // Bold is about a tenth wider.
        let room = self.paper.width - 2.0 * MARGIN;
        wrap(self.title, TITLE * 1.1, room).iter().map(|line| shorten(line, TITLE * 1.1, room)).collect()
    }

    fn note_lines(&self) -> Vec<String> {
        wrap(self.note, LABEL, self.paper.width - 2.0 * MARGIN)
    }
}

impl Legend<'_> {
    /// Height of all rows, in pixels.
    pub(crate) fn height(&self) -> f64 {
        self.places().last().map_or(0.0, |(row, _)| (row + 1) as f64 * LINE)
    }

    /// Draws the rows from the height `top` on.
    pub(crate) fn draw(&self, sheet: &Sheet<'_>, top: f64) -> Drawn {
        self.entries
            .iter()
            .zip(self.places())
            .try_for_each(|(entry, (row, x))| entry.draw(sheet, (x, top + (row as f64 + 0.5) * LINE), self.room()))
    }

    /// Room for the text of an entry.
    fn room(&self) -> f64 {
        self.width - 2.0 * MARGIN - KEY_WIDTH
    }

    /// Row and left edge of every entry.
    fn places(&self) -> Vec<(usize, f64)> {
        let (mut row, mut x) = (0, MARGIN);
        let mut places = Vec::new();
        for entry in self.entries {
            let width = KEY_WIDTH + text_width(&entry.shown(self.room()), LABEL);
            if x > MARGIN && x + width > self.width - MARGIN {
                (row, x) = (row + 1, MARGIN);
            }
            places.push((row, x));
            x += width + GAP;
        }
        places
    }
}

impl Entry {
    /// The text as far as a line has room for it.
    fn shown(&self, room: f64) -> String {
        shorten(&self.text, LABEL, room)
    }

    fn draw(&self, sheet: &Sheet<'_>, (x, y): (f64, f64), room: f64) -> Drawn {
        let (centre, left, right) = (x + KEY_WIDTH / 2.0 - 2.0, x + 1.0, x + KEY_WIDTH - 5.0);
        let line = |colour| Stroke { colour, width: 2.0 };
        match self.key {
            Key::Marker(marker, colour) => sheet.marker((centre, y), marker, 4.0, colour),
            Key::Ring(colour) => sheet.ring((centre, y), 6.0, Stroke { colour, width: 1.2 }),
            Key::Line(marker, colour) => sheet
                .path(&[(left, y), (right, y)], line(colour))
                .and_then(|()| sheet.marker((centre, y), marker, 3.5, colour)),
            Key::DashedLine(marker, colour) => sheet
                .dashes(&[(left, y), (right, y)], line(colour))
                .and_then(|()| sheet.marker((centre, y), marker, 3.5, colour)),
            Key::Cross(colour) => sheet.cross((centre, y), 3.5, Stroke { colour, width: 1.6 }),
            Key::Dashes(colour) => sheet.dashes(&[(left, y), (right, y)], line(colour)),
            Key::Swatch(colour) => sheet.rectangle((left + 3.0, y - 5.0), (right, y + 5.0), colour),
        }?;
        sheet.text(&self.shown(room), (x + KEY_WIDTH, y), Font::new(LABEL))
    }
}
