//! The sheet on which figures are drawn: lines, rectangles, markers and text at pixel coordinates. Nothing outside this file
//! knows plotters' backend.

use super::theme::{self, Marker};
use plotters::coord::Shift;
use plotters::element::{DashedPathElement, Drawable, PointCollection};
use plotters::prelude::{
    Circle, DrawingArea, IntoDrawingArea, IntoFont, IntoTextStyle, PathElement, Polygon, RGBColor, Rectangle,
    SVGBackend, ShapeStyle,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, FontTransform, TextStyle};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Enlargement of the drawing, which the header undoes: plotters places everything on whole pixels.
const SCALE: f64 = 4.0;
/// Radius around a marker within which it is pointed at, in pixels.
const HINT: f64 = 7.0;
/// Divisor that plotters applies to every font size before it writes it.
const FONT_SIZE_DIVISOR: f64 = 1.24;

/// Point, in pixels from the upper left corner: x to the right, y downwards.
pub(crate) type Pixel = (f64, f64);

/// Failure to draw, with the message of plotters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct DrawError(String);

/// Result of drawing.
pub(crate) type Drawn = Result<(), DrawError>;

/// Colour and width of a line.
#[derive(Clone, Copy)]
pub(crate) struct Stroke {
    /// Colour of the line.
    pub(crate) colour: RGBColor,
    /// Width of the line, in pixels.
    pub(crate) width: f64,
}

/// Size, colour and placement of a text.
#[derive(Clone, Copy)]
pub(crate) struct Font {
    /// Font size, in pixels.
    pub(crate) size: f64,
    /// Colour of the letters.
    pub(crate) colour: RGBColor,
    /// Whether the letters are bold.
    pub(crate) bold: bool,
    /// Side of the text that lies at its point.
    pub(crate) anchor: (HPos, VPos),
    /// Whether the text reads upwards.
    pub(crate) upwards: bool,
}

impl Font {
    /// A font in ink, for a text that starts at its point and is centred vertically on it.
    pub(crate) fn new(size: f64) -> Self {
        Self { size, colour: theme::INK, bold: false, anchor: (HPos::Left, VPos::Center), upwards: false }
    }

    /// This font in another colour.
    pub(crate) fn colour(self, colour: RGBColor) -> Self {
        Self { colour, ..self }
    }

    /// This font with another side of the text at its point.
    pub(crate) fn anchor(self, horizontal: HPos, vertical: VPos) -> Self {
        Self { anchor: (horizontal, vertical), ..self }
    }

    /// This font in bold.
    pub(crate) fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// This font for a text that reads upwards.
    pub(crate) fn upwards(self) -> Self {
        Self { upwards: true, ..self }
    }
}

/// Sheet of one figure.
pub(crate) struct Sheet<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
    /// Elements that plotters does not have, drawn above all others.
    above: RefCell<String>,
}

/// Identity of a figure, for screen readers and links.
pub(crate) struct Identity<'a> {
    /// Identifier, unique among the figures of a page; letters and hyphens only.
    pub(crate) id: &'a str,
    /// Title of the figure.
    pub(crate) title: &'a str,
    /// Description of the figure in a sentence or two.
    pub(crate) description: &'a str,
}

/// Draws a figure of `width` x `height` pixels and returns it as an SVG document. Equal calls give equal bytes.
pub(crate) fn draw(
    identity: &Identity<'_>,
    (width, height): (f64, f64),
    figure: impl FnOnce(&Sheet<'_>) -> Drawn,
) -> Result<String, DrawError> {
    let size = (whole(width) as u32, whole(height) as u32);
    let mut svg = String::new();
    let above = {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        let sheet = Sheet { area, above: RefCell::default() };
        sheet.rectangle((0.0, 0.0), (width, height), theme::PAPER)?;
        figure(&sheet)?;
        sheet.area.present().map_err(|error| DrawError(error.to_string()))?;
        sheet.above.take()
    };
    let svg = svg.trim_end().strip_suffix("</svg>").map_or(svg.clone(), |body| format!("{body}{above}</svg>\n"));
    finish(&svg, identity, (width, height))
}

/// Gives plotters' document the size, fonts and descriptions that it cannot express.
fn finish(svg: &str, identity: &Identity<'_>, (width, height): (f64, f64)) -> Result<String, DrawError> {
    let (header, body) =
        svg.split_once('\n').ok_or_else(|| DrawError("plotters wrote a document without a header".to_owned()))?;
    if !header.starts_with("<svg ") {
        return Err(DrawError(format!("plotters wrote an unknown header: {header}")));
    }
    let [title, description] = [identity.title, identity.description].map(|text| escape(&printable(text)));
    let id = identity.id;
    // Rectangles are bars, cells and colour bars: without crisp edges their neighbours show white seams when scaled.
    let body =
        body.replace(" font-family=\"sans-serif\"", "").replace("<rect ", "<rect shape-rendering=\"crispEdges\" ");
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {} {}\" \
         role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" font-family=\"{}\">\n\
         <title id=\"{id}-title\">{title}</title>\n<desc id=\"{id}-desc\">{description}</desc>\n{body}",
        whole(width),
        whole(height),
        theme::FONTS,
    ))
}

impl Sheet<'_> {
    /// Draws a line through `points`.
    pub(crate) fn path(&self, points: &[Pixel], stroke: Stroke) -> Drawn {
        self.put(&PathElement::new(scaled(points), stroke.shape()))
    }

    /// Draws a dashed line through `points`.
    pub(crate) fn dashes(&self, points: &[Pixel], stroke: Stroke) -> Drawn {
        self.put(&DashedPathElement::new(scaled(points), whole(6.0), whole(4.0), stroke.shape()))
    }

    /// Fills a rectangle between two corners.
    pub(crate) fn rectangle(&self, from: Pixel, to: Pixel, fill: RGBColor) -> Drawn {
        self.put(&Rectangle::new([device(from), device(to)], fill.filled()))
    }

    /// Draws a filled marker of the given radius, in pixels, with a thin border in the colour of the paper.
    pub(crate) fn marker(&self, centre: Pixel, marker: Marker, radius: f64, fill: RGBColor) -> Drawn {
        self.shape(centre, marker, radius + 0.8, theme::PAPER)?;
        self.shape(centre, marker, radius, fill)
    }

    fn shape(&self, (x, y): Pixel, marker: Marker, radius: f64, fill: RGBColor) -> Drawn {
        // The factors give all shapes about the area of the disc.
        let polygon = |corners: &[Pixel], factor: f64| {
            let corners: Vec<Pixel> =
                corners.iter().map(|(dx, dy)| (x + dx * radius * factor, y + dy * radius * factor)).collect();
            self.put(&Polygon::new(scaled(&corners), fill.filled()))
        };
        match marker {
            Marker::Circle => self.put(&Circle::new(device((x, y)), whole(radius), fill.filled())),
            Marker::Square => polygon(&[(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)], 0.88),
            Marker::Triangle => polygon(&[(0.0, -1.0), (0.92, 0.7), (-0.92, 0.7)], 1.3),
            Marker::Diamond => polygon(&[(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)], 1.25),
        }
    }

    /// Fills the area around which `corners` stand with a light tint, through which what lies below is seen.
    pub(crate) fn area(&self, corners: &[Pixel], fill: RGBColor) -> Drawn {
        self.put(&Polygon::new(scaled(corners), fill.mix(0.16).filled()))
    }

    /// Draws a diagonal cross.
    pub(crate) fn cross(&self, (x, y): Pixel, radius: f64, stroke: Stroke) -> Drawn {
        self.path(&[(x - radius, y - radius), (x + radius, y + radius)], stroke)?;
        self.path(&[(x - radius, y + radius), (x + radius, y - radius)], stroke)
    }

    /// Draws many equal dots as one element, so that thousands are small and fast; those on the same pixel are one.
    pub(crate) fn dots(&self, centres: &[Pixel], radius: f64, fill: RGBColor) {
        let places: BTreeSet<(i32, i32)> = scaled(centres).into_iter().collect();
        let path: String = places.into_iter().map(|(x, y)| format!("M{x} {y}h0")).collect();
        let RGBColor(red, green, blue) = fill;
        let width = whole(2.0 * radius);
        self.above.borrow_mut().push_str(&format!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"#{red:02X}{green:02X}{blue:02X}\" stroke-width=\"{width}\" \
             stroke-linecap=\"round\" opacity=\"0.7\"/>\n"
        ));
    }

    /// Gives the marker at `centre` a text that a reader sees who points at it.
    pub(crate) fn hint(&self, centre: Pixel, text: &str) {
        let (x, y) = device(centre);
        let (radius, text) = (whole(HINT), escape(&printable(text)));
        self.above.borrow_mut().push_str(&format!(
            "<circle class=\"hint\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"transparent\"><title>{text}</title></circle>\n"
        ));
    }

    /// Draws a circle, as around a marker.
    pub(crate) fn ring(&self, centre: Pixel, radius: f64, stroke: Stroke) -> Drawn {
        self.put(&Circle::new(device(centre), whole(radius), stroke.shape()))
    }

    /// Writes one line of text.
    pub(crate) fn text(&self, text: &str, point: Pixel, font: Font) -> Drawn {
        let style = if font.bold { FontStyle::Bold } else { FontStyle::Normal };
        let transform = if font.upwards { FontTransform::Rotate270 } else { FontTransform::None };
        let description =
            ("sans-serif", font.size * SCALE * FONT_SIZE_DIVISOR).into_font().style(style).transform(transform);
        let style: TextStyle<'_> = description.into_text_style(&self.area).color(&font.colour);
        let style = style.pos(Pos::new(font.anchor.0, font.anchor.1));
        self.area.draw_text(&printable(text), &style, device(point)).map_err(|error| DrawError(error.to_string()))
    }

    fn put<'e, E>(&self, element: &'e E) -> Drawn
    where
        for<'b> E: Drawable<SVGBackend<'b>>,
        &'e E: PointCollection<'e, (i32, i32)>,
    {
        self.area.draw(element).map_err(|error| DrawError(error.to_string()))
    }
}

impl Stroke {
    fn shape(self) -> ShapeStyle {
        self.colour.stroke_width(whole(self.width) as u32)
    }
}

fn whole(pixels: f64) -> i32 {
    (pixels * SCALE).round() as i32
}

/// Pixel of the drawing library, which places everything on whole pixels.
fn device((x, y): Pixel) -> (i32, i32) {
    (whole(x), whole(y))
}

fn scaled(points: &[Pixel]) -> Vec<(i32, i32)> {
    points.iter().copied().map(device).collect()
}

/// Whether XML 1.0, and HTML, can hold `letter`, if only escaped, and it is none that controls a terminal.
pub(crate) fn is_printable(letter: char) -> bool {
    !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}')
}

/// `text` with the replacement character for what is not printable.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if is_printable(letter) { letter } else { '\u{fffd}' }).collect()
}

/// `text` as it stands in an XML document.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
