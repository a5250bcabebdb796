//! A thin layer over plotters: theme, axes, legend, labels and colour bar.
//!
//! plotters' own charts are not used: their logarithmic labels, legends over the data and byte-counted text widths are
//! not fit for print. Its elements, colour maps, tick finder and SVG writer are.

mod axis;
mod colour_bar;
mod heading;
mod labels;
mod line;
mod plot;
mod sheet;
mod theme;

pub(crate) use axis::Axis;
pub(crate) use colour_bar::{ColourBar, readable_on};
pub(crate) use heading::{Entry, Heading, Key, Legend};
pub(crate) use labels::Labels;
pub(crate) use plot::{Frame, Plot};
pub(crate) use plotters::style::RGBColor;
pub(crate) use plotters::style::text_anchor::{HPos, VPos};
pub(crate) use sheet::{DrawError, Drawn, Font, Identity, Sheet, Stroke, draw, escape, is_printable};
pub(crate) use theme::*;
