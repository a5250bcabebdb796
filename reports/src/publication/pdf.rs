//! A drawing of outlines as a PDF document. svg2pdf and what is built on it number their resources by hash tables, in another order every
//! time; of outlines there are few things to write, so they are written here, in the order of the drawing.

use super::error::{PublicationError, failed};
use super::size::{INCH, POINTS, PaperSize};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{LineCapStyle, LineJoinStyle};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, TextStr};
use std::collections::BTreeSet;
use std::io::Write;
use usvg::tiny_skia_path::PathSegment;
use usvg::{FillRule, Group, LineCap, LineJoin, Node, Paint, Path, Stroke, Tree};

/// Program that PDF and PNG name; by it a file that may be replaced is told.
pub(crate) const PROGRAM: &str = "figure of CoSpike";

/// One page of exactly `size` with the outlines of `tree`, which cover it.
pub(super) fn document(tree: &Tree, title: &str, size: PaperSize) -> Result<Vec<u8>, PublicationError> {
    let [catalog, pages, page, content, info] = [1, 2, 3, 4, 5].map(Ref::new);
    let [width, height] = [size.width, size.height].map(|side| (side / INCH * POINTS) as f32);
    let mut drawing = Drawing { content: Content::new(), opacities: BTreeSet::new() };
    // Pages of PDF have their origin at the lower left corner.
    drawing.content.transform([width / tree.size().width(), 0.0, 0.0, -height / tree.size().height(), 0.0, height]);
    drawing.group(tree.root(), 1.0)?;
    let mut pdf = Pdf::new();
    // First, so that the kind of the file is told by its beginning.
    pdf.document_info(info).title(TextStr(title)).producer(TextStr(PROGRAM));
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([page]).count(1);
    let mut sheet = pdf.page(page);
    sheet.parent(pages).media_box(Rect::new(0.0, 0.0, width, height)).contents(content);
    let mut resources = sheet.resources();
    let mut states = resources.ext_g_states();
    for &thousandths in &drawing.opacities {
        let opacity = f32::from(thousandths) / 1e3;
        let mut state = states
            .insert(Name(state_name(thousandths).as_bytes()))
            .start::<pdf_writer::writers::ExtGraphicsState<'_>>();
        state.non_stroking_alpha(opacity).stroking_alpha(opacity);
    }
    states.finish();
    resources.finish();
    sheet.finish();
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&drawing.content.finish()).map_err(failed)?;
    let packed = packed.finish().map_err(failed)?;
    pdf.stream(content, &packed).filter(Filter::FlateDecode);
    Ok(pdf.finish())
}

/// Outlines that are drawn, and the opacities that they need, in thousandths.
struct Drawing {
    content: Content,
    opacities: BTreeSet<u16>,
}

fn state_name(thousandths: u16) -> String {
    format!("opacity{thousandths}")
}

impl Drawing {
    /// Draws a group. Its opacity is that of each path: the groups of a figure that have one hold a single path.
    fn group(&mut self, group: &Group, opacity: f32) -> Result<(), PublicationError> {
        let opacity = opacity * group.opacity().get();
        group.children().iter().try_for_each(|node| match node {
            Node::Group(group) => self.group(group, opacity),
            Node::Path(path) => self.path(path, opacity),
            Node::Image(_) | Node::Text(_) => Err(failed("a figure holds outlines only")),
        })
    }

    fn path(&mut self, path: &Path, opacity: f32) -> Result<(), PublicationError> {
        let (fill, stroke) = (path.fill(), path.stroke());
        let own = [fill.map(|fill| fill.opacity()), stroke.map(|stroke| stroke.opacity())];
        // No figure fills and strokes one path.
        let own = own.into_iter().flatten().next().map_or(1.0, |own| own.get());
        let thousandths = (opacity * own * 1e3).round() as u16;
        self.content.save_state();
        if thousandths < 1000 {
            self.opacities.insert(thousandths);
            self.content.set_parameters(Name(state_name(thousandths).as_bytes()));
        }
        let at = path.abs_transform();
        self.content.transform([at.sx, at.ky, at.kx, at.sy, at.tx, at.ty]);
        if let Some(fill) = fill {
            let [red, green, blue] = rgb(fill.paint())?;
            self.content.set_fill_rgb(red, green, blue);
            self.segments(path);
            match fill.rule() {
                FillRule::NonZero => self.content.fill_nonzero(),
                FillRule::EvenOdd => self.content.fill_even_odd(),
            };
        }
        if let Some(stroke) = stroke {
            let [red, green, blue] = rgb(stroke.paint())?;
            self.content.set_stroke_rgb(red, green, blue);
            self.pen(stroke);
            self.segments(path);
            self.content.stroke();
        }
        self.content.restore_state();
        Ok(())
    }

    fn pen(&mut self, stroke: &Stroke) {
        self.content.set_line_width(stroke.width().get()).set_miter_limit(stroke.miterlimit().get());
        self.content.set_line_cap(match stroke.linecap() {
            LineCap::Butt => LineCapStyle::ButtCap,
            LineCap::Round => LineCapStyle::RoundCap,
            LineCap::Square => LineCapStyle::ProjectingSquareCap,
        });
        self.content.set_line_join(match stroke.linejoin() {
            LineJoin::Miter | LineJoin::MiterClip => LineJoinStyle::MiterJoin,
            LineJoin::Round => LineJoinStyle::RoundJoin,
            LineJoin::Bevel => LineJoinStyle::BevelJoin,
        });
        if let Some(dashes) = stroke.dasharray() {
            self.content.set_dash_pattern(dashes.iter().copied(), stroke.dashoffset());
        }
    }

    fn segments(&mut self, path: &Path) {
        let mut last = (0.0, 0.0);
        for segment in path.data().segments() {
            match segment {
                PathSegment::MoveTo(to) => {
                    self.content.move_to(to.x, to.y);
                    last = (to.x, to.y);
                }
                PathSegment::LineTo(to) => {
                    self.content.line_to(to.x, to.y);
                    last = (to.x, to.y);
                }
                PathSegment::QuadTo(by, to) => {
                    // PDF has cubic curves only: the same curve has its corners two thirds of the way.
                    let between = |from: f32, by: f32| from + (by - from) * 2.0 / 3.0;
                    let (first, second) =
                        ((between(last.0, by.x), between(last.1, by.y)), (between(to.x, by.x), between(to.y, by.y)));
                    self.content.cubic_to(first.0, first.1, second.0, second.1, to.x, to.y);
                    last = (to.x, to.y);
                }
                PathSegment::CubicTo(first, second, to) => {
                    self.content.cubic_to(first.x, first.y, second.x, second.y, to.x, to.y);
                    last = (to.x, to.y);
                }
                PathSegment::Close => {
                    self.content.close_path();
                }
            }
        }
    }
}

fn rgb(paint: &Paint) -> Result<[f32; 3], PublicationError> {
    match paint {
        Paint::Color(colour) => Ok([colour.red, colour.green, colour.blue].map(|part| f32::from(part) / 255.0)),
        _ => Err(failed("a figure has plain colours only")),
    }
}
