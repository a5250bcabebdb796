//! A drawing as SVG, PDF and PNG of an exact physical size. Its letters are outlines of DejaVu Sans, so it looks alike wherever it is
//! printed, whatever fonts are there.

use super::error::{PublicationError, failed};
use super::pdf::{self, PROGRAM};
use super::size::{INCH, PaperSize};
use crate::figure::FONTS;
// usvg lays text out and turns it into outlines, resvg draws what it gives: one reading of SVG for all three formats.
use resvg::tiny_skia::{Pixmap, Transform};
use std::sync::Arc;
use usvg::fontdb::Database;
use usvg::{Group, Node, Options, Tree, WriteOptions};

/// Pixels of an inch in SVG.
const SVG_PIXELS: f64 = 96.0;
/// Most pixels of an image; more would not fit into the memory of small machines.
const MOST_PIXELS: f64 = 2e8;

/// An SVG document of exactly `size` whose letters are outlines, made of the `drawing` of these `pixels`.
pub(super) fn outlined(
    drawing: &str,
    (title, description): (&str, &str),
    pixels: (f64, f64),
    size: PaperSize,
) -> Result<String, PublicationError> {
    let mut fonts = Database::new();
    fonts.load_font_data(dejavu::sans::regular().to_vec());
    let options = Options { fontdb: Arc::new(fonts), ..Options::default() };
    let tree = Tree::from_str(drawing, &options).map_err(failed)?;
    if let Some(letter) = without_glyph(tree.root()) {
        return Err(PublicationError::Letter(letter));
    }
    let text = tree.to_string(&WriteOptions { coordinates_precision: 3, ..WriteOptions::default() });
    let (_, body) = text.split_once('>').ok_or_else(|| failed("usvg wrote a document without a header"))?;
    let [title, description] = [title, description].map(crate::figure::escape);
    let (PaperSize { width, height }, (across, down)) = (size, pixels);
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" viewBox=\"0 0 {across:.3} {down:.3}\" \
         role=\"img\" font-family=\"{FONTS}\">\n<title>{title}</title>\n<desc>{description}</desc>{}\n",
        body.trim_end()
    ))
}

/// A text that holds a letter which the font lacks.
fn without_glyph(group: &Group) -> Option<String> {
    group.children().iter().find_map(|node| match node {
        Node::Group(group) => without_glyph(group),
        Node::Text(text) => {
            let mut glyphs = text.layouted().iter().flat_map(|span| &span.positioned_glyphs);
            glyphs.find(|glyph| glyph.id.0 == 0).map(|glyph| glyph.text.clone())
        }
        _ => None,
    })
}

fn tree(svg: &str) -> Result<Tree, PublicationError> {
    Tree::from_str(svg, &Options::default()).map_err(failed)
}

/// The figure as a PDF document of one page of its size.
pub(super) fn pdf(svg: &str, title: &str, size: PaperSize) -> Result<Vec<u8>, PublicationError> {
    pdf::document(&tree(svg)?, title, size)
}

/// The figure as a PNG image with `dpi` pixels to the inch, which it says.
pub(super) fn png(svg: &str, size: PaperSize, dpi: f64) -> Result<Vec<u8>, PublicationError> {
    let [width, height] = [size.width, size.height].map(|side| (side / INCH * dpi).round().max(1.0));
    if width * height > MOST_PIXELS {
        return Err(PublicationError::Pixels { width, height });
    }
    let (width, height) = (width as u32, height as u32);
    let mut pixels = Pixmap::new(width, height).ok_or_else(|| failed("there is no room for the image"))?;
    let scale = (dpi / SVG_PIXELS) as f32;
    resvg::render(&tree(svg)?, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    // The paper covers all of the image, so nothing shines through it.
    let colours: Vec<u8> = pixels.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let mut image = Vec::new();
    let mut encoder = png::Encoder::new(&mut image, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let per_metre = (dpi / INCH * 1e3).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }));
    encoder.add_text_chunk("Software".to_owned(), PROGRAM.to_owned()).map_err(failed)?;
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&colours).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(image)
}
