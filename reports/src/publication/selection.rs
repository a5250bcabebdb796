//! What a figure shows: the design points that pass its filters, as lines or as cells.

use super::error::PublicationError;
use super::request::{Form, Publication};
use crate::column::{Column, distinct};
use crate::digest::{Design, Digest};
use crate::figure::{Axis, LINES, LineStyle, Marker, line_style};
use crate::figures::{Cells, Series, SeriesPoint};
use crate::metric::{NOT_STEADY, Reading, Spread};

/// Most lines of a figure.
const MOST_LINES: usize = 12;
/// Share of the distance between two words within which the dots of one stand.
const DODGE: f64 = 0.6;

/// Design points with the columns that are drawn.
pub(super) struct Selection<'d, 'a> {
    x: Column,
    y: Column,
    by: Vec<Column>,
    designs: Vec<&'d Design<'a>>,
}

/// The drawn values.
pub(super) enum Content {
    /// Lines or dots.
    Lines(Lines),
    /// Cells of a heat map.
    Cells(Cells),
}

/// Lines with their axes.
pub(super) struct Lines {
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) names: Vec<String>,
    pub(super) series: Vec<Series>,
    /// Indices of the design points of each line.
    members: Vec<Vec<usize>>,
}

impl<'d, 'a> Selection<'d, 'a> {
    /// The design points of `digest` that `asked` selects.
    ///
    /// # Errors
    /// Unknown columns and filters, and a selection of nothing.
    pub(super) fn new(digest: &'d Digest<'a>, asked: &Publication) -> Result<Self, PublicationError> {
        let (x, y) = (Column::find(digest, &asked.x)?, Column::find(digest, &asked.y)?);
        let by = asked.by.iter().map(|name| Column::find(digest, name)).collect::<Result<Vec<_>, _>>()?;
        let mut designs: Vec<&Design<'_>> = digest.designs.iter().collect();
        for filter in &asked.filters {
            designs = filter.apply(digest, designs)?;
        }
        if designs.is_empty() {
            return Err(PublicationError::Nothing("passes the filters"));
        }
        let by =
            if by.is_empty() && asked.form != Form::HeatMap { Column::others(digest, &designs, &[&x, &y]) } else { by };
        Ok(Self { x, y, by, designs })
    }

    /// What the figure shows, in words.
    pub(super) fn title(&self) -> String {
        let by = self.by.iter().map(Column::label).collect::<Vec<_>>().join(", ");
        let by = if by.is_empty() { by } else { format!(" by {by}") };
        format!("{} over {}{by}", self.y.label(), self.x.label())
    }

    /// The values in the form that `asked` names.
    ///
    /// # Errors
    /// Words where numbers are needed, several design points at one place, and too many lines.
    pub(super) fn content(&self, digest: &Digest<'_>, asked: &Publication) -> Result<Content, PublicationError> {
        match asked.form {
            Form::HeatMap => self.cells(asked).map(Content::Cells),
            form => self.lines(digest, asked, form == Form::Line).map(Content::Lines),
        }
    }

    fn lines(&self, digest: &Digest<'_>, asked: &Publication, is_joined: bool) -> Result<Lines, PublicationError> {
        let words = |column: &Column, place, help| {
            let column = column.name().to_owned();
            Err(PublicationError::Words { column, place, help })
        };
        if !self.y.is_numeric(&self.designs) {
            let has_none = self.designs.iter().all(|design| self.y.text(design).is_none());
            return if has_none {
                Err(PublicationError::Nothing("has a value to draw"))
            } else {
                words(&self.y, "the vertical axis", "")
            };
        }
        let is_numeric = self.x.is_numeric(&self.designs);
        if is_joined && !is_numeric {
            return words(&self.x, "a line", ": draw it with `--kind dots`");
        }
        let groups = self.groups();
        if groups.len() > MOST_LINES {
            return Err(PublicationError::Lines { lines: groups.len(), most: MOST_LINES });
        }
        let words = if is_numeric {
            Vec::new()
        } else {
            distinct(self.designs.iter().filter_map(|design| self.x.text(design)))
        };
        let styles = self.styles(digest, &groups);
        let count = groups.len();
        let (mut series, mut members, mut names) = (Vec::new(), Vec::new(), Vec::new());
        for (place, ((name, group), style)) in groups.into_iter().zip(styles).enumerate() {
            let shift = if count > 1 { DODGE * (place as f64 / (count - 1) as f64 - 0.5) } else { 0.0 };
            let x = |design: &Design<'_>| match is_numeric {
                true => self.x.spread(design),
                false => {
                    let text = self.x.text(design)?;
                    let at = words.iter().position(|word| *word == text)? as f64 + shift;
                    Some(Spread { mean: at, low: at, high: at })
                }
            };
            let mut points: Vec<(Spread, usize)> =
                group.iter().filter_map(|index| Some((x(self.designs[*index])?, *index))).collect();
            points.sort_by(|(a, _), (b, _)| a.mean.total_cmp(&b.mean));
            if is_joined && let Some(pair) = points.windows(2).find(|pair| pair[0].0.mean == pair[1].0.mean) {
                return Err(self.same_place([pair[0].1, pair[1].1], format!("line `{name}`")));
            }
            let point = |(x, index): &(Spread, usize)| {
                let design = self.designs[*index];
                SeriesPoint { x: *x, y: self.y.reading(design) }
            };
            series.push(Series { points: points.iter().map(point).collect(), style, is_joined });
            members.push(points.into_iter().map(|(_, index)| index).collect());
            names.push(name);
        }
        let drawn = || series.iter().flat_map(|line| &line.points).filter_map(|point| point.y.shown());
        if drawn().next().is_none() {
            return Err(PublicationError::Nothing("has values in both columns"));
        }
        let (x_label, y_label) = (asked.x_label.as_deref(), asked.y_label.as_deref());
        let all = || series.iter().flat_map(|line| &line.points).map(|point| point.x);
        let x = match is_numeric {
            true => axis(&self.x, x_label, all().flat_map(|x| [x.mean, x.low, x.high])),
            false => Axis::words(x_label.unwrap_or(self.x.label()), &words),
        };
        let ends = drawn().flat_map(|y| [y.mean, y.low, y.high]);
        let y = Axis::fit(y_label.unwrap_or(self.y.label()), self.y.quantity(), ends);
        Ok(Lines { x, y, names, series, members })
    }

    /// Indices of the design points of every line, in order of appearance, with its name.
    fn groups(&self) -> Vec<(String, Vec<usize>)> {
        let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
        for (index, design) in self.designs.iter().enumerate() {
            let name = Column::line_name(&self.by, design);
            match groups.iter_mut().find(|(other, _)| *other == name) {
                Some((_, members)) => members.push(index),
                None => groups.push((name, vec![index])),
            }
        }
        groups
    }

    /// Lines of one kind of networks have its colour; where a line holds several kinds, each has a colour of its own.
    fn styles(&self, digest: &Digest<'_>, groups: &[(String, Vec<usize>)]) -> Vec<LineStyle> {
        let kind = |(_, group): &(String, Vec<usize>)| {
            let mut kinds = group.iter().map(|index| self.designs[*index].row.kind.as_str());
            let first = kinds.next()?;
            kinds.all(|kind| kind == first).then_some(first)
        };
        let kinds: Option<Vec<&str>> = groups.iter().map(kind).collect();
        let Some(kinds) = kinds else {
            let markers = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond];
            let style = |place: usize| LineStyle {
                colour: LINES[place % LINES.len()],
                marker: markers[place % markers.len()],
                is_dashed: place >= LINES.len(),
            };
            return (0..groups.len()).map(style).collect();
        };
        let place = |index: usize| kinds[..index].iter().filter(|kind| **kind == kinds[index]).count();
        (0..kinds.len()).map(|index| line_style(kinds[index], &digest.kinds, place(index))).collect()
    }

    fn cells(&self, asked: &Publication) -> Result<Cells, PublicationError> {
        let [colour] = &self.by[..] else { return Err(PublicationError::Colours(self.by.len())) };
        if !colour.is_numeric(&self.designs) {
            let column = colour.name().to_owned();
            return Err(PublicationError::Words { column, place: "the colour of a heat map", help: "" });
        }
        let cells = Cells::new(&self.designs, [&self.x, &self.y], colour);
        let cells = cells.map_err(|designs| self.same_place(designs, "a heat map".to_owned()))?;
        if cells.cells.is_empty() {
            return Err(PublicationError::Nothing("has values in all three columns"));
        }
        let (across, upwards) = (asked.x_label.clone(), asked.y_label.clone());
        Ok(Cells { across: across.unwrap_or(cells.across), upwards: upwards.unwrap_or(cells.upwards), ..cells })
    }

    fn same_place(&self, designs: [usize; 2], place: String) -> PublicationError {
        let [first, second] = designs.map(|index| self.designs[index]);
        let keys = first.parameters.keys().chain(second.parameters.keys());
        let drawn = [self.x.name(), self.y.name()];
        let differ = keys.filter(|key| first.parameters.get(*key) != second.parameters.get(*key));
        let differ = distinct(differ.filter(|key| !drawn.contains(&key.as_str())).map(|key| format!("`{key}`")));
        let [first, second] = [first, second].map(|design| design.row.label.clone());
        PublicationError::SamePlace { first, second, place, differ: differ.join(", ") }
    }

    /// A row for every design point.
    pub(super) fn csv(&self, content: &Content) -> String {
        let mut columns = vec![&self.x, &self.y];
        let lines: Vec<(String, usize)> = match content {
            Content::Lines(lines) => {
                let rows = lines.names.iter().zip(&lines.members);
                rows.flat_map(|(name, members)| members.iter().map(|index| (name.clone(), *index))).collect()
            }
            Content::Cells(_) => {
                columns.extend(&self.by);
                (0..self.designs.len()).map(|index| (String::new(), index)).collect()
            }
        };
        let mut header = vec!["line".to_owned(), "design_point".to_owned(), "label".to_owned()];
        for column in &columns {
            header.push(column.name().to_owned());
            if has_interval(column) {
                header.extend(["low", "high"].map(|end| format!("{}_{end}", column.name())));
            }
        }
        let values = columns.clone();
        // What is drawn with a mark is told by one in the data, too.
        let remark = |design: &Design<'_>| {
            let readings = || values.iter().map(|column| column.reading(design));
            match () {
                () if readings().any(|reading| reading == Reading::Overloaded) => "overloaded",
                () if readings().any(|reading| matches!(reading, Reading::Unsteady(_))) => NOT_STEADY,
                () => "",
            }
        };
        header.push("remark".to_owned());
        let row = |(line, index): &(String, usize)| {
            let design = self.designs[*index];
            let mut row = vec![line.clone(), design.row.point.to_string(), design.row.label.clone()];
            for column in &columns {
                row.push(column.text(design).unwrap_or_default());
                if has_interval(column) {
                    // Empty where there is no interval: where a longer run would change the mean, and where nothing random moved it.
                    let ends = column.reading(design).holds().filter(|of| of.low < of.high).map(|of| [of.low, of.high]);
                    row.extend(ends.map_or([String::new(), String::new()], |ends| ends.map(|end| end.to_string())));
                }
            }
            row.push(remark(design).to_owned());
            row
        };
        let mut all = vec![header];
        all.extend(lines.iter().map(row));
        all.iter().map(|row| row.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\n").collect()
    }
}

fn has_interval(column: &Column) -> bool {
    matches!(column, Column::Metric(_) | Column::OfflineAccuracy)
}

/// A cell of a CSV file (RFC 4180).
fn quoted(cell: &str) -> String {
    match cell.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}

/// An axis of a column, whose numbers are `values`.
fn axis(column: &Column, label: Option<&str>, values: impl Iterator<Item = f64>) -> Axis {
    let label = label.unwrap_or(column.label());
    match column {
        Column::Key(_) => {
            let mut values: Vec<f64> = values.collect();
            values.sort_by(f64::total_cmp);
            values.dedup();
            Axis::swept(label, &values)
        }
        _ => Axis::fit(label, column.quantity(), values),
    }
}
