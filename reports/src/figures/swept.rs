//! Metrics against a swept key: one figure per key, one small panel per metric, one line per combination of the rest.

use super::draft::{Draft, Figure, Undrawn, left_out, replications_note, samples_note};
use super::marks::{HOLLOW, Marks};
use super::panels::Layout;
use super::series::{MOST_MARKERS, Series, SeriesPoint};
use crate::digest::{Design, Digest};
use crate::figure::{
    Axis, DrawError, Drawn, Entry, Font, GREY, HPos, Key, LABEL, LineStyle, Paper, Plot, Stroke, TICK, VPos,
    line_style, shorten,
};
use crate::metric::{Metric, MetricOfDesigns, Reading, Spread, prominent};
use crate::quantity::Quantity;
use crate::sweep::{Line, Swept};
use std::collections::{BTreeMap, BTreeSet};

/// Most panels of one figure.
const MOST_PANELS: usize = 6;
/// Most lines of a panel before the panels are split by another key.
const MOST_LINES: usize = 6;
/// Most lines of a panel that can be told apart.
const MOST_LINES_AT_ALL: usize = 12;
/// Most design points without the key that are drawn as horizontal lines.
const MOST_LEVELS: usize = 4;
/// Name of the figure of `key`, and of its file without the ending.
pub(crate) fn name(key: &str) -> String {
    format!("swept-{}", in_file_name(key))
}

/// A key as a part of the name of a file.
pub(super) fn in_file_name(key: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
    key.chars().take(100).map(|letter| if plain(letter) { letter } else { '-' }).collect()
}

/// Draws a figure for every swept key against which something varies.
pub(super) fn draw_all(digest: &Digest<'_>, paper: Paper) -> Result<Vec<Figure>, Undrawn> {
    let mut names = BTreeSet::new();
    let swept = Swept::all(digest).into_iter().filter(|swept| names.insert(name(&swept.key)));
    let figures: Vec<Option<Figure>> = swept.map(|swept| draw(digest, &swept, paper)).collect::<Result<_, _>>()?;
    Ok(figures.into_iter().flatten().collect())
}

fn draw(digest: &Digest<'_>, swept: &Swept, paper: Paper) -> Result<Option<Figure>, Undrawn> {
    let facets = Facets::new(swept);
    let values = facets.by.as_ref().map_or(1, |(_, values)| values.len());
    let reacts = |metric: &&Metric| swept.lines.iter().any(|line| metric.varies(designs(digest, line)));
    let metrics: Vec<&Metric> = prominent().filter(reacts).take((MOST_PANELS / values).max(1)).collect();
    if metrics.is_empty() {
        return Ok(None);
    }
    let panels = facets.panels(&metrics);
    let graph = Graph::new(digest, swept, &facets);
    let readings = panels.iter().flat_map(|&(facet, metric)| graph.readings(facet, metric));
    let marks = Marks::needed(readings);
    let layout = Layout { panels: panels.len(), paper };
    let replications = replications_note(digest, |summary| &summary.latency_mean_s);
    let remarks = format!("{}{}", samples_note(metrics.iter().copied()), graph.remarks(&facets, marks));
    let note = format!("Bands and bars: {replications}.{remarks}");
    let caption = format!(
        "What reacts to {}, each panel with its own scale: {replications}. One line per combination of everything else that \
         varies.{remarks}",
        swept.key
    );
    let (name, title, legend) = (name(&swept.key), format!("Against {}", swept.key), graph.legend(marks));
    let draft =
        Draft { name: &name, title: &title, note: &note, legend: &legend, caption, height: layout.height(), paper };
    draft.draw(|sheet, top| {
        panels.iter().enumerate().try_for_each(|(place, &(facet, metric))| {
            let spreads = graph.readings(facet, metric).into_iter().filter_map(Reading::shown);
            let ends = spreads.flat_map(|Spread { mean, low, high }| [mean, low, high]);
            let x = Axis::swept(&swept.key, &swept.values);
            let y = Some(Axis::fit(metric.label, metric.quantity(), ends));
            graph.panel(&Plot { sheet, frame: layout.frame(place, top), x, y }, metric, facet)
        })
    })
}

/// Design points of a line.
fn designs<'d, 'a>(digest: &'d Digest<'a>, line: &'d Line) -> impl Iterator<Item = &'d Design<'a>> {
    line.points.iter().map(|(_, index)| &digest.designs[*index])
}

/// Places of at most `most` of `all` things, from the first to the last.
fn spread(all: usize, most: usize) -> impl Iterator<Item = usize> {
    let shown = all.min(most);
    (0..shown).map(move |place| if shown < 2 { 0 } else { place * (all - 1) / (shown - 1) })
}

/// Key and value that the lines of a panel have in common.
type Facet<'f> = Option<(&'f str, &'f str)>;

/// Values of another key by which panels are split.
struct Facets {
    /// The other key with its values; `None` where one panel per metric holds all lines.
    by: Option<(String, Vec<String>)>,
    /// Number of lines without a panel.
    left_out: usize,
}

impl Facets {
    /// All lines together, or split by the key that leaves the fewest lines in a panel, with the fewest panels.
    fn new(swept: &Swept) -> Self {
        let mut keys: BTreeMap<&String, BTreeMap<&String, usize>> = BTreeMap::new();
        for (key, value) in swept.lines.iter().flat_map(|line| &line.others) {
            *keys.entry(key).or_default().entry(value).or_default() += 1;
        }
        let most = |values: &BTreeMap<&String, usize>| values.values().copied().max().unwrap_or(0).max(MOST_LINES);
        // Splitting by kind would part what is to be compared.
        let is_kind = |key: &str| crate::digest::KIND.contains(&key);
        let all_have = |values: &BTreeMap<&String, usize>| values.values().sum::<usize>() == swept.lines.len();
        let keys = keys.into_iter().filter(|(key, values)| values.len() > 1 && !is_kind(key) && all_have(values));
        let best = keys.min_by_key(|(_, values)| (most(values), values.len()));
        let Some((key, _)) = best.filter(|_| swept.lines.len() > MOST_LINES) else {
            return Self { by: None, left_out: swept.lines.len().saturating_sub(MOST_LINES_AT_ALL) };
        };
        let mut seen = BTreeSet::new();
        let values = swept.lines.iter().filter_map(|line| line.others.get(key));
        let values: Vec<&String> = values.filter(|value| seen.insert(*value)).collect();
        let shown: Vec<String> = spread(values.len(), MOST_PANELS).map(|place| values[place].clone()).collect();
        let of = |value: &String| swept.lines.iter().filter(|line| line.others.get(key) == Some(value)).count();
        let drawn: usize = shown.iter().map(|value| of(value).min(MOST_LINES_AT_ALL)).sum();
        Self { by: Some((key.clone(), shown)), left_out: swept.lines.len() - drawn }
    }

    /// Every panel: what its lines have in common, and its metric.
    fn panels<'f>(&'f self, metrics: &[&'f Metric]) -> Vec<(Facet<'f>, &'f Metric)> {
        let Some((key, values)) = &self.by else { return metrics.iter().map(|metric| (None, *metric)).collect() };
        let facets = values.iter().map(|value| (key.as_str(), value.as_str()));
        facets.flat_map(|facet| metrics.iter().map(move |metric| (Some(facet), *metric))).collect()
    }
}

/// Everything that the panels of one figure share.
struct Graph<'f, 'a> {
    digest: &'f Digest<'a>,
    swept: &'f Swept,
    /// Names and styles of the lines; equal names have equal styles.
    names: Vec<String>,
    styles: Vec<LineStyle>,
    /// Design points without the key, if they are few.
    levels: Vec<Level>,
}

/// Design point without the key, drawn as a horizontal line.
struct Level {
    index: usize,
    name: String,
    style: LineStyle,
}

impl<'f, 'a> Graph<'f, 'a> {
    /// Lines have the colour of their kind; those of one kind differ in shade, marker and dashes.
    fn new(digest: &'f Digest<'a>, swept: &'f Swept, facets: &Facets) -> Self {
        let [names, without] = swept.names(digest, facets.by.as_ref().map(|(key, _)| key.as_str()));
        let mut known: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut style = |kind: &'a str, name: &str| {
            let names = known.entry(kind).or_default();
            let place = names.iter().position(|other| other == name).unwrap_or_else(|| {
                names.push(name.to_owned());
                names.len() - 1
            });
            line_style(kind, &digest.kinds, place)
        };
        let styles = swept.lines.iter().zip(&names).map(|(line, name)| style(line.kind(digest), name)).collect();
        let few = facets.by.is_none() && swept.without.len() <= MOST_LEVELS;
        let levels = swept.without.iter().zip(without).filter(|_| few).map(|(&index, name)| Level {
            index,
            style: style(&digest.designs[index].row.kind, &name),
            name,
        });
        let levels = levels.collect();
        Self { digest, swept, names, styles, levels }
    }

    /// The lines of a panel, with their styles and names.
    fn lines(&self, facet: Facet<'_>) -> impl Iterator<Item = (&Line, LineStyle, &str)> {
        let belongs =
            move |line: &Line| facet.is_none_or(|(key, value)| line.others.get(key).is_some_and(|of| of == value));
        let named = self.styles.iter().copied().zip(self.names.iter().map(String::as_str));
        let lines = self.swept.lines.iter().zip(named).map(|(line, (style, name))| (line, style, name));
        lines.filter(move |(line, ..)| belongs(line)).take(MOST_LINES_AT_ALL)
    }

    /// What is known of a metric at the design points that a panel shows.
    fn readings(&self, facet: Facet<'_>, metric: &Metric) -> Vec<Reading> {
        let lines = self.lines(facet).flat_map(|(line, ..)| line.points.iter().map(|(_, index)| *index));
        let drawn = lines.chain(self.levels.iter().map(|level| level.index));
        drawn.map(|index| metric.reading(&self.digest.designs[index])).collect()
    }

    /// Sentences on what is not drawn as one might expect, each with a space in front.
    fn remarks(&self, facets: &Facets, marks: Marks) -> String {
        let scattered = " Other keys vary along with this one.";
        let without = self.swept.without.len() - self.levels.len();
        [
            marks.note(HOLLOW).as_str(),
            if self.swept.is_scattered { scattered } else { "" },
            &left_out(facets.left_out, "line", "for which there is no room"),
            &left_out(without, "design point", "that do not vary this key"),
        ]
        .concat()
    }

    fn legend(&self, marks: Marks) -> Vec<Entry> {
        let mut legend: Vec<Entry> = Vec::new();
        if self.swept.lines.len() + self.levels.len() > 1 {
            for (name, style) in self.names.iter().zip(&self.styles) {
                if legend.len() < MOST_LINES_AT_ALL && !legend.iter().any(|entry| entry.text == *name) {
                    legend.push(Entry { key: style.key(), text: name.clone() });
                }
            }
        }
        let level = |level: &Level| Entry { key: Key::Dashes(level.style.colour), text: level.name.clone() };
        legend.extend(self.levels.iter().map(level));
        legend.extend(marks.legend());
        legend
    }

    fn panel(&self, plot: &Plot<'_, '_>, metric: &Metric, facet: Facet<'_>) -> Drawn {
        let frame = plot.frame;
        plot.axes()?;
        if let Some((key, value)) = facet {
            let font = Font::new(LABEL).bold().anchor(HPos::Left, VPos::Bottom);
            let text = shorten(&format!("{key} = {value}"), LABEL * 1.1, frame.right - frame.left);
            plot.sheet.text(&text, (frame.left, frame.top - 3.0), font)?;
        }
        for Level { index, style, .. } in &self.levels {
            if let Some(spread) = metric.spread(&self.digest.designs[*index]) {
                let (_, y) = plot.pixel((0.0, spread.mean));
                let stroke = Stroke { colour: style.colour, width: 1.4 };
                plot.sheet.dashes(&[(frame.left, y), (frame.right, y)], stroke)?;
            }
        }
        let drawn = self.lines(facet).map(|(line, style, name)| {
            self.hints(plot, metric, line, name);
            self.series(metric, line, style).draw(plot)
        });
        if drawn.collect::<Result<Vec<bool>, DrawError>>()?.contains(&true) {
            return Ok(());
        }
        let middle = ((frame.left + frame.right) / 2.0, (frame.top + frame.bottom) / 2.0);
        let font = Font::new(TICK).colour(GREY).anchor(HPos::Center, VPos::Center);
        plot.sheet.text("no design point has a value", middle, font)
    }

    /// Gives the markers of a line their names and values.
    fn hints(&self, plot: &Plot<'_, '_>, metric: &Metric, line: &Line, name: &str) {
        let points = line.points.iter().filter(|_| line.points.len() <= MOST_MARKERS && !self.swept.is_scattered);
        for (x, index) in points {
            let reading = metric.reading(&self.digest.designs[*index]);
            if let Some((shown, value)) = reading.shown().zip(metric.describe(reading)) {
                let at = Quantity::Number.format(*x);
                let text = format!("{name}, {} = {at}: {value}", self.swept.key);
                plot.sheet.hint(plot.pixel((*x, shown.mean)), &text);
            }
        }
    }

    /// A line of a panel.
    fn series(&self, metric: &Metric, line: &Line, style: LineStyle) -> Series {
        let point = |(x, index): &(f64, usize)| SeriesPoint {
            x: Spread { mean: *x, low: *x, high: *x },
            y: metric.reading(&self.digest.designs[*index]),
        };
        Series { points: line.points.iter().map(point).collect(), style, is_joined: !self.swept.is_scattered }
    }
}
