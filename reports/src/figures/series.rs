//! A line through design points, broken where there is no value that holds.

use crate::figure::{DrawError, Drawn, LineStyle, Plot, Stroke};
use crate::metric::{Reading, Spread};

/// Number of points above which a line is drawn as dots, without intervals.
pub(super) const MOST_MARKERS: usize = 60;

/// Design points of one line, in ascending order of what they are drawn over.
pub(crate) struct Series {
    /// Its points.
    pub(crate) points: Vec<SeriesPoint>,
    /// How it looks.
    pub(crate) style: LineStyle,
    /// Whether neighbours belong together: else they are not joined.
    pub(crate) is_joined: bool,
}

/// Design point on a line.
pub(crate) struct SeriesPoint {
    /// What it is drawn over, with its interval.
    pub(crate) x: Spread,
    /// What is known there.
    pub(crate) y: Reading,
}

impl Series {
    /// Draws the line, with a hollow marker beside it for every point that is not steady, and a cross at the upper edge for every
    /// overloaded one; returns whether any point has a value.
    pub(crate) fn draw(&self, plot: &Plot<'_, '_>) -> Result<bool, DrawError> {
        let stroke = Stroke { colour: self.style.colour, width: 1.6 };
        for SeriesPoint { x, y } in &self.points {
            match y {
                Reading::Overloaded => {
                    plot.sheet.cross((plot.column(x.mean), plot.frame.top + 6.0), 3.5, stroke)?;
                }
                Reading::Unsteady(y) => plot.sheet.ring(plot.pixel((x.mean, *y)), 3.4, stroke)?,
                Reading::Holds(_) | Reading::Missing => {}
            }
        }
        let values: Vec<Option<(Spread, Spread)>> =
            self.points.iter().map(|point| Some((point.x, point.y.holds()?))).collect();
        let known = values.iter().flatten().count();
        if known > MOST_MARKERS {
            let dots: Vec<_> = values.iter().flatten().map(|(x, y)| plot.pixel((x.mean, y.mean))).collect();
            plot.sheet.dots(&dots, 1.8, self.style.colour);
        } else if self.is_joined {
            let mut stretches = values.split(Option::is_none);
            stretches
                .try_for_each(|stretch| self.stretch(plot, &stretch.iter().copied().flatten().collect::<Vec<_>>()))?;
        } else {
            values.iter().flatten().try_for_each(|point| self.bars(plot, *point))?;
            self.markers(plot, &values.iter().flatten().copied().collect::<Vec<_>>())?;
        }
        Ok(self.points.iter().any(|point| point.y.shown().is_some()))
    }

    /// Draws neighbouring points with their band.
    fn stretch(&self, plot: &Plot<'_, '_>, points: &[(Spread, Spread)]) -> Drawn {
        if let [point] = points {
            self.bars(plot, *point)?;
        } else if !points.is_empty() {
            let upper = points.iter().map(|(x, y)| plot.pixel((x.mean, y.high)));
            let lower = points.iter().rev().map(|(x, y)| plot.pixel((x.mean, y.low)));
            plot.sheet.area(&upper.chain(lower).collect::<Vec<_>>(), self.style.colour)?;
            let means: Vec<_> = points.iter().map(|(x, y)| plot.pixel((x.mean, y.mean))).collect();
            self.style.path(plot.sheet, &means)?;
        }
        self.markers(plot, points)
    }

    /// Draws the intervals of a point.
    fn bars(&self, plot: &Plot<'_, '_>, (x, y): (Spread, Spread)) -> Drawn {
        if y.low < y.high {
            plot.vertical_bar(x.mean, (y.low, y.high), self.style.colour)?;
        }
        if x.low < x.high {
            plot.horizontal_bar((x.low, x.high), y.mean, self.style.colour)?;
        }
        Ok(())
    }

    fn markers(&self, plot: &Plot<'_, '_>, points: &[(Spread, Spread)]) -> Drawn {
        let markers = points.iter().map(|(x, y)| plot.pixel((x.mean, y.mean)));
        markers.into_iter().try_for_each(|at| plot.sheet.marker(at, self.style.marker, 3.4, self.style.colour))
    }
}
