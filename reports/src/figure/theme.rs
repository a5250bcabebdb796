//! Colours, marker shapes and font sizes, the same in every figure.

use plotters::style::RGBColor;

/// What a figure is drawn on. Letters are as large on every paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Paper {
    /// Width of the figure, in pixels of the page.
    pub(crate) width: f64,
}

impl Paper {
    /// Wide enough for panels beside each other.
    pub(crate) const PAGE: Self = Self { width: 720.0 };
    /// As wide as the page is on a phone; panels stand below each other.
    pub(crate) const PHONE: Self = Self { width: 360.0 };

    /// Whether there is room for one panel only.
    pub(crate) fn is_narrow(self) -> bool {
        self.width < 500.0
    }

    /// Width of the longest name of a row, in pixels.
    pub(crate) fn longest_name(self) -> f64 {
        if self.is_narrow() { 120.0 } else { 210.0 }
    }
}

/// Empty space around a figure, in pixels.
pub(crate) const MARGIN: f64 = 14.0;

/// Fonts in order of preference; the first that the viewer has is used.
pub(crate) const FONTS: &str = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";
/// Font size of a figure's title, in pixels.
pub(crate) const TITLE: f64 = 15.0;
/// Font size of axis titles, legends and notes, in pixels.
pub(crate) const LABEL: f64 = 11.5;
/// Font size of ticks and of labels within the data, in pixels.
pub(crate) const TICK: f64 = 10.5;
/// Ratio of the height of a line of text to its font size.
pub(crate) const LEADING: f64 = 1.35;

/// Colour of text and axes.
pub(crate) const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
/// Colour of notes and minor labels, with a contrast of 7:1 against white.
pub(crate) const GREY: RGBColor = RGBColor(0x55, 0x55, 0x55);
/// Colour of grid lines.
pub(crate) const GRID: RGBColor = RGBColor(0xE3, 0xE3, 0xE3);
/// Colour of bands behind headings, and of empty cells.
pub(crate) const BAND: RGBColor = RGBColor(0xF2, 0xF2, 0xF2);
/// Colour of the background.
pub(crate) const PAPER: RGBColor = RGBColor(0xFF, 0xFF, 0xFF);

// The palette of Okabe and Ito, Color Universal Design (2008), which the common kinds of colour blindness can tell apart.
pub(crate) const ORANGE: RGBColor = RGBColor(0xE6, 0x9F, 0x00);
pub(crate) const SKY: RGBColor = RGBColor(0x56, 0xB4, 0xE9);
pub(crate) const GREEN: RGBColor = RGBColor(0x00, 0x9E, 0x73);
pub(crate) const YELLOW: RGBColor = RGBColor(0xF0, 0xE4, 0x42);
pub(crate) const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xB2);
pub(crate) const VERMILLION: RGBColor = RGBColor(0xD5, 0x5E, 0x00);
pub(crate) const PURPLE: RGBColor = RGBColor(0xCC, 0x79, 0xA7);

/// Colours of the lines of one plot, in the order in which they are drawn: the palette without yellow, which is too light for a line.
pub(crate) const LINES: [RGBColor; 8] =
    [BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, RGBColor(0x00, 0x00, 0x00), RGBColor(0x99, 0x99, 0x99)];

/// Shape of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    /// Disc.
    Circle,
    /// Square with horizontal sides.
    Square,
    /// Triangle standing on its base.
    Triangle,
    /// Square standing on a corner.
    Diamond,
}

/// Colour and marker of a kind of networks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Style {
    /// Colour of markers, lines and labels.
    pub(crate) colour: RGBColor,
    /// Shape of the markers.
    pub(crate) marker: Marker,
}

/// The style of `kind`, given all kinds of the study: spiking, float, binary and quantised look the same in every study.
pub(crate) fn kind_style(kind: &str, kinds: &[String]) -> Style {
    let others = [(ORANGE, Marker::Circle), (SKY, Marker::Square), (INK, Marker::Triangle), (GREY, Marker::Diamond)];
    let (colour, marker) = match kind {
        "spiking" => (BLUE, Marker::Circle),
        "float" => (VERMILLION, Marker::Square),
        "binary" => (GREEN, Marker::Triangle),
        "quantised" => (PURPLE, Marker::Diamond),
        _ => {
            let is_known = |name: &str| matches!(name, "spiking" | "float" | "binary" | "quantised");
            let rest = kinds.iter().filter(|name| !is_known(name));
            others[rest.take_while(|name| *name != kind).count() % others.len()]
        }
    };
    Style { colour, marker }
}

/// Colour, marker and stroke of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LineStyle {
    /// Colour of the line.
    pub(crate) colour: RGBColor,
    /// Shape of its markers.
    pub(crate) marker: Marker,
    /// Whether the line is dashed.
    pub(crate) is_dashed: bool,
}

/// The style of the `place`-th line of a kind: its colour, and for all but the first another shade, marker and stroke.
pub(crate) fn line_style(kind: &str, kinds: &[String], place: usize) -> LineStyle {
    let Style { colour, marker } = kind_style(kind, kinds);
    let colour = match place % 3 {
        0 => colour,
        1 => mixed(colour, INK, 0.45),
        _ => mixed(colour, PAPER, 0.35),
    };
    let markers = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond];
    let first = markers.iter().position(|other| *other == marker).unwrap_or(0);
    LineStyle { colour, marker: markers[(first + place) % markers.len()], is_dashed: place % 2 == 1 }
}

/// `colour` with a share of `other`.
fn mixed(RGBColor(red, green, blue): RGBColor, other: RGBColor, share: f64) -> RGBColor {
    let mix = |a: u8, b: u8| (f64::from(a) * (1.0 - share) + f64::from(b) * share).round() as u8;
    RGBColor(mix(red, other.0), mix(green, other.1), mix(blue, other.2))
}

/// Width of `text`, in pixels at font size `size`, from the widths of DejaVu Sans. That is the widest of
/// [`FONTS`], so text never needs more.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    let em = |letter: char| match letter {
        'i' | 'j' | 'l' | '\'' => 0.28,
        '.' | ',' | ' ' | '\u{a0}' | 'I' | ':' | ';' | '|' => 0.34,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '-' => 0.41,
        'm' | 'W' | 'M' | '%' | '@' => 0.98,
        'w' | '<' | '>' | '+' | '=' | '×' | '−' | '±' => 0.84,
        letter if letter.is_ascii_uppercase() => 0.72,
        letter if letter.is_ascii() => 0.64,
        _ => 1.0,
    };
    text.chars().map(em).sum::<f64>() * size
}

/// Breaks `text` at spaces into lines no wider than `width`; a longer word gets a line of its own.
pub(crate) fn wrap(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if text_width(&format!("{line} {word}"), size) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// `text`, of which an ellipsis replaces the middle where it is wider than `width`: what tells names apart often stands at
/// their end.
pub(crate) fn shorten(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let half = (width - text_width("…", size)) / 2.0;
    let fitting = |letters: &mut dyn Iterator<Item = char>| {
        let mut room = half;
        let fits = |letter: &char| {
            room -= text_width(letter.encode_utf8(&mut [0; 4]), size);
            room >= 0.0
        };
        letters.take_while(fits).collect::<Vec<char>>()
    };
    let (first, last) = (fitting(&mut text.chars()), fitting(&mut text.chars().rev()));
    first.into_iter().chain(['…']).chain(last.into_iter().rev()).collect()
}
