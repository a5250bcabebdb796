//! Physical sizes of figures.

use std::str::FromStr;

/// Millimetres of an inch.
pub(super) const INCH: f64 = 25.4;
/// Points of an inch.
pub(super) const POINTS: f64 = 72.0;
/// Smallest and largest side of a figure, in millimetres.
const SIDES: std::ops::RangeInclusive<f64> = 10.0..=2000.0;

/// Width and height of a figure on paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PaperSize {
    /// Width in millimetres.
    pub(super) width: f64,
    /// Height in millimetres.
    pub(super) height: f64,
}

/// A size that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no size of a figure: give width and height from 10 to 2000 mm with their unit, mm, cm or in, such as `84x60mm`"
)]
pub struct SizeError(String);

impl PaperSize {
    /// A size in millimetres.
    pub const fn millimetres(width: f64, height: f64) -> Self {
        Self { width, height }
    }
}

impl FromStr for PaperSize {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let units = [("mm", 1.0), ("cm", 10.0), ("in", INCH)];
        let wrong = || SizeError(text.to_owned());
        let (sides, unit) =
            units.into_iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit))).ok_or_else(wrong)?;
        let (width, height) = sides.split_once('x').ok_or_else(wrong)?;
        let side = |text: &str| {
            text.trim()
                .parse::<f64>()
                .ok()
                .map(|side| (side * unit * 1e6).round() / 1e6)
                .filter(|side| SIDES.contains(side))
        };
        side(width).zip(side(height)).map(|(width, height)| Self { width, height }).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_two_sides_and_a_unit() {
        assert_eq!("84x60mm".parse(), Ok(PaperSize::millimetres(84.0, 60.0)));
        assert_eq!("8.4 x 6cm".parse(), Ok(PaperSize::millimetres(84.0, 60.0)));
        assert_eq!("3.5x2in".parse(), Ok(PaperSize::millimetres(88.9, 50.8)));
        for wrong in
            ["", "84x60", "84mm", "84x60pt", "9x60mm", "84x2001mm", "-84x60mm", "NaNx60mm", "infx60mm", "84×60mm"]
        {
            assert!(wrong.parse::<PaperSize>().is_err(), "{wrong}");
        }
    }
}
