//! Axes: their ranges, their ticks and the labels of these.

use crate::quantity::{PLAIN, Prefix, Quantity, count, fixed};
use plotters::coord::ranged1d::{BoldPoints, Ranged};
use plotters::coord::types::RangedCoordf64;

/// Ratio of the largest to the smallest value above which an axis becomes logarithmic.
const LOG_ABOVE: f64 = 30.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    Linear,
    Log,
    /// Logarithmic, with zero at the start.
    LogAndZero,
}

/// One axis of a plot.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    name: String,
    quantity: Quantity,
    scale: Scale,
    low: f64,
    high: f64,
    /// Ticks, where they are given.
    marks: Vec<Tick>,
}

/// Share of an axis between zero and the smallest other value, where all else is logarithmic.
const BEFORE_LOG: f64 = 0.14;

/// A tick and its label.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    /// Value at which the tick stands, in the unit of the quantity.
    pub(crate) value: f64,
    /// Text at the tick.
    pub(crate) label: String,
}

impl Axis {
    /// A linear axis around `values`, with a margin on both sides.
    pub(crate) fn linear(name: &str, quantity: Quantity, values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = extremes(values).unwrap_or((0.0, 1.0));
        let air = (high / 2.0 - low / 2.0) * 0.12;
        // No quantity but a difference is below zero, and no share above one.
        let bottom = if low >= 0.0 { (low - air).max(0.0) } else { low - air };
        Self::new(name, quantity, Scale::Linear, (bottom, at_most_all(quantity, high, high + air)))
    }

    /// A linear axis from zero to a little more than the largest of `values`.
    pub(crate) fn from_zero(name: &str, quantity: Quantity, values: impl IntoIterator<Item = f64>) -> Self {
        let high = extremes(values).map_or(1.0, |(_, high)| if high > 0.0 { high } else { 1.0 });
        Self::new(name, quantity, Scale::Linear, (0.0, at_most_all(quantity, high, high * 1.03)))
    }

    /// A linear axis from exactly `low` to exactly `high`.
    pub(crate) fn exactly(name: &str, quantity: Quantity, (low, high): (f64, f64)) -> Self {
        Self::new(name, quantity, Scale::Linear, (low, high))
    }

    /// A logarithmic axis around those of `values` that are above zero, at least a decade long.
    pub(crate) fn log(name: &str, quantity: Quantity, values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = extremes(values.into_iter().filter(|value| *value > 0.0)).unwrap_or((1.0, 1.0));
        let ratio = (high / low).min(f64::MAX);
        let air = ratio.powf(0.06).max((12.0 / ratio).sqrt());
        Self::new(name, quantity, Scale::Log, (low / air, at_most_all(quantity, high, high * air)))
    }

    /// A logarithmic axis if `values` spread widely and all are above zero, else a linear one.
    pub(crate) fn fit(name: &str, quantity: Quantity, values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().collect();
        match extremes(values.iter().copied()) {
            Some((low, high)) if low > 0.0 && high / low > LOG_ABOVE => Self::log(name, quantity, values),
            _ => Self::linear(name, quantity, values),
        }
    }

    /// An axis of the `values` of a swept key, with ticks at these: logarithmic where they span a decade, then with a place for
    /// zero before the others.
    pub(crate) fn swept(key: &str, values: &[f64]) -> Self {
        let (low, high) = extremes(values.iter().copied()).unwrap_or((0.0, 1.0));
        let above = extremes(values.iter().copied().filter(|value| *value > 0.0));
        let axis = match above {
            Some((least, _)) if low >= 0.0 && high / least >= 10.0 && values.len() > 2 => {
                let scale = if low == 0.0 { Scale::LogAndZero } else { Scale::Log };
                let air = (high / least).powf(0.05);
                Self::new(key, Quantity::Number, scale, (least / if low == 0.0 { 1.0 } else { air }, high * air))
            }
            _ => {
                let air = (high / 2.0 - low / 2.0) * 0.1;
                Self::new(key, Quantity::Number, Scale::Linear, (low - air, high + air))
            }
        };
        let mark = |value: &f64| Tick { value: *value, label: Quantity::Number.format(*value) };
        Self { marks: values.iter().map(mark).collect(), ..axis }
    }

    /// An axis of words, the first one at 0, the next one at 1.
    pub(crate) fn words(name: &str, words: &[String]) -> Self {
        let axis = Self::new(name, Quantity::Number, Scale::Linear, (-0.5, words.len() as f64 - 0.5));
        let mark = |(place, word): (usize, &String)| Tick { value: place as f64, label: word.clone() };
        Self { marks: words.iter().enumerate().map(mark).collect(), ..axis }
    }

    /// The one place where the range of an axis is made: any two numbers become one that can be divided.
    fn new(name: &str, quantity: Quantity, scale: Scale, range: (f64, f64)) -> Self {
        let (low, high) = match scale {
            Scale::Linear => {
                let (low, high) = divisible(range);
                (low, at_most_all(quantity, range.1, high))
            }
            // A decade from the ends there is room for ticks.
            Scale::Log | Scale::LogAndZero => {
                (range.0.clamp(1.0 / LARGEST, LARGEST / 1e2), range.1.clamp(1e2 / LARGEST, LARGEST))
            }
        };
        Self { name: name.to_owned(), quantity, scale, low, high, marks: Vec::new() }
    }

    /// Position of `value` on the axis: 0 at its start and before it, 1 at its end and behind it.
    pub(crate) fn position(&self, value: f64) -> f64 {
        let position = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => self.decades(value),
            Scale::LogAndZero if value <= 0.0 => 0.03,
            Scale::LogAndZero => BEFORE_LOG + (1.0 - BEFORE_LOG) * self.decades(value),
        };
        if position.is_nan() { 0.0 } else { position.clamp(0.0, 1.0) }
    }

    fn decades(&self, value: f64) -> f64 {
        (value.ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
    }

    /// Title of the axis: its name, and the unit unless the ticks carry it.
    pub(crate) fn title(&self) -> String {
        match (self.scale, self.quantity) {
            (_, Quantity::Number) => self.name.clone(),
            (Scale::Log, Quantity::Joules | Quantity::Watts | Quantity::Seconds) => {
                format!("{} (log scale)", self.name)
            }
            (Scale::Log | Scale::LogAndZero, _) => format!("{} ({}, log scale)", self.name, self.prefix().unit),
            (Scale::Linear, _) => format!("{} ({})", self.name, self.prefix().unit),
        }
    }

    /// Labelled ticks, about `most` of them.
    pub(crate) fn ticks(&self, most: usize) -> Vec<Tick> {
        match self.scale {
            Scale::Linear => self.linear_ticks(most),
            Scale::Log | Scale::LogAndZero => self.log_ticks(most),
        }
    }

    /// Ticks at the values of a swept key, or at words; `None` where the axis has no such marks.
    pub(crate) fn marks(&self) -> Option<Vec<Tick>> {
        (!self.marks.is_empty()).then(|| self.marks.clone())
    }

    /// Unlabelled ticks of a logarithmic axis: 2 to 9 times each power of ten; none where they would be too dense.
    pub(crate) fn minor_ticks(&self) -> Vec<f64> {
        if self.scale == Scale::Linear || !self.marks.is_empty() || (self.high / self.low).log10() > 6.0 {
            return Vec::new();
        }
        self.log_values(&[2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
    }

    fn linear_ticks(&self, most: usize) -> Vec<Tick> {
        // The tick finder compares with absolute numbers, so it gets a range whose larger end is between 1 and 10.
        let exponent = size(self.low, self.high).log10().floor() as i32;
        let unit = power_of_ten(exponent);
        let (low, high) = (self.low / unit, self.high / unit);
        let values = RangedCoordf64::from(low..high).key_points(BoldPoints(most));
        let step = values.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
        let digits = if step.is_finite() { -(step * 1.001).log10().floor() as i32 } else { -exponent };
        // The last bit of a key point may lie outside the range.
        let inside = values.into_iter().filter(|value| (low..=high).contains(value));
        inside.map(|value| Tick { value: value * unit, label: self.linear_label(value, exponent, digits) }).collect()
    }

    /// Label of `value` times ten to the power of `exponent`, with `digits` digits behind the point of `value`.
    fn linear_label(&self, value: f64, exponent: i32, digits: i32) -> String {
        let shift = exponent - self.prefix().factor.log10().round() as i32;
        match shift {
            -3..9 => self.label(value * power_of_ten(shift), (digits - shift).max(0) as usize),
            _ if value == 0.0 => "0".to_owned(),
            _ => format!("{}e{shift}", fixed(value, digits.max(0) as usize)),
        }
    }

    fn label(&self, scaled: f64, decimals: usize) -> String {
        if self.quantity == Quantity::Bits && (0.0..PLAIN).contains(&scaled) && decimals == 0 {
            count(scaled.round() as u64)
        } else {
            fixed(scaled, decimals)
        }
    }

    fn log_ticks(&self, most: usize) -> Vec<Tick> {
        let decades = self.high.log10() - self.low.log10();
        let values = [&[1.0, 2.0, 5.0][..], &[1.0, 3.0], &[1.0]]
            .into_iter()
            .map(|digits| self.log_values(digits))
            .find(|values| values.len() <= most)
            .unwrap_or_else(|| {
                let stride = (decades / most.max(1) as f64).ceil().max(1.0) as usize;
                self.log_values(&[1.0]).into_iter().step_by(stride).collect()
            });
        values.into_iter().map(|value| Tick { value, label: self.log_label(value) }).collect()
    }

    fn log_values(&self, digits: &[f64]) -> Vec<f64> {
        let unit = self.log_unit();
        let decades = (self.low / unit).log10().floor() as i32..=(self.high / unit).log10().ceil() as i32;
        decades
            .flat_map(|decade| digits.iter().map(move |digit| digit * power_of_ten(decade)))
            .map(|value| value * unit)
            .filter(|value| (self.low..=self.high).contains(value))
            .collect()
    }

    /// Unit in which the ticks of a logarithmic axis are round: the hour where all of it is about an hour or more.
    fn log_unit(&self) -> f64 {
        if self.quantity == Quantity::Seconds && self.low >= 900.0 { 3600.0 } else { 1.0 }
    }

    fn log_label(&self, value: f64) -> String {
        let Prefix { factor, unit } = match self.quantity {
            Quantity::Seconds if self.log_unit() > 1.0 => Prefix { factor: 3600.0, unit: "h" },
            Quantity::Seconds if value >= 1.0 => Prefix { factor: 1.0, unit: "s" },
            quantity => quantity.prefix(value),
        };
        let scaled = value / factor;
        let decimals = (-(scaled * 1.001).log10().floor()).max(0.0) as usize;
        let number = match scaled {
            // With its unit, a longer number would reach into the title of the axis.
            1e5.. if self.quantity == Quantity::Seconds => format!("{scaled:.0e}"),
            1e-6..1e6 => self.label(scaled, decimals),
            1e6..PLAIN if self.quantity == Quantity::Bits => self.label(scaled, decimals),
            _ => format!("{scaled:.0e}"),
        };
        match self.quantity {
            Quantity::Joules | Quantity::Watts | Quantity::Seconds => format!("{number}\u{a0}{unit}"),
            Quantity::Bits | Quantity::Bytes | Quantity::Share | Quantity::Number => number,
        }
    }

    fn prefix(&self) -> Prefix {
        self.quantity.prefix(size(self.low, self.high))
    }
}

/// The larger size of two numbers.
fn size(low: f64, high: f64) -> f64 {
    low.abs().max(high.abs())
}

fn power_of_ten(exponent: i32) -> f64 {
    10_f64.powi(exponent)
}

/// Width of a range, as a share of its larger end, below which ticks would need more digits than fit.
const NARROWEST: f64 = 1e-4;
/// Size below which numbers are drawn as zero.
const SMALLEST: f64 = 1e-100;

/// Size from which numbers are drawn at the edge: beyond it neither differences nor per cent are numbers.
const LARGEST: f64 = 1e305;

/// The end `top` of an axis whose largest value is `high`: of shares up to all, not above all.
fn at_most_all(quantity: Quantity, high: f64, top: f64) -> f64 {
    if quantity == Quantity::Share && high <= 1.0 { top.min(1.0) } else { top }
}

/// A finite range around `low` and `high` that is wide enough to be divided by ticks.
fn divisible((low, high): (f64, f64)) -> (f64, f64) {
    let (low, high) = (low.clamp(-LARGEST, LARGEST), high.clamp(-LARGEST, LARGEST));
    let size = size(low, high);
    match size {
        _ if size < SMALLEST && low >= 0.0 => (0.0, 1.0),
        _ if size < SMALLEST => (-0.5, 0.5),
        _ if high - low > size * NARROWEST => (low, high),
        _ => (low - size * 0.05, high + size * 0.05),
    }
}

/// Smallest and largest of the finite values.
fn extremes(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().filter(|value| value.is_finite()).fold(None, |found, value| {
        Some(found.map_or((value, value), |(low, high): (f64, f64)| (low.min(value), high.max(value))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn labels(axis: &Axis, most: usize) -> Vec<String> {
        axis.ticks(most).into_iter().map(|tick| tick.label.replace('\u{a0}', " ")).collect()
    }

    #[test]
    fn ticks_are_round_and_labelled_with_one_unit_or_their_own() {
        let energy = Axis::from_zero("Energy", Quantity::Joules, [0.000_4, 0.002]);
        assert_eq!(labels(&energy, 6), ["0.0", "0.5", "1.0", "1.5", "2.0"]);
        assert_eq!(energy.title(), "Energy (mJ)");
        let wide = Axis::log("Energy", Quantity::Joules, [1e-9, 3e-5]);
        assert_eq!(labels(&wide, 6), ["1 nJ", "10 nJ", "100 nJ", "1 µJ", "10 µJ"]);
        let bits = Axis::log("Payload", Quantity::Bits, [196.0, 12544.0]);
        assert_eq!(labels(&bits, 8), ["200", "500", "1,000", "2,000", "5,000", "10,000"]);
        let accuracy = Axis::linear("Accuracy", Quantity::Share, [0.871, 0.902]);
        assert_eq!(accuracy.title(), "Accuracy (%)");
        assert!(labels(&accuracy, 6).contains(&"88.0".to_owned()) || labels(&accuracy, 6).contains(&"88".to_owned()));
    }

    #[test]
    fn every_axis_has_at_least_two_ticks_and_a_finite_map() {
        let last_bit = 0.1_f64.next_up();
        let (most, least) = (f64::MAX, f64::from_bits(1));
        let sets = [
            &[][..],
            &[0.0],
            &[-0.0],
            &[3.7e-7],
            &[1e-9, 1e3],
            &[0.999, 1.0],
            &[0.1, last_bit],
            &[1e300],
            &[1e300, 1e300_f64.next_up()],
            &[-1e300, 1e300],
            &[most],
            &[-most, most],
            &[least],
            &[0.0, least],
            &[least, most],
            &[-5.0, -5.0_f64.next_up()],
            &[f64::NAN, f64::INFINITY, f64::NEG_INFINITY],
            &[f64::NAN, 2.0],
        ];
        let quantities = [Quantity::Bits, Quantity::Joules, Quantity::Watts, Quantity::Seconds, Quantity::Share];
        for (values, quantity) in sets.iter().flat_map(|values| quantities.map(|quantity| (values.to_vec(), quantity)))
        {
            let name = "x";
            for axis in [
                Axis::linear(name, quantity, values.clone()),
                Axis::log(name, quantity, values.clone()),
                Axis::from_zero(name, quantity, values.clone()),
                Axis::fit(name, quantity, values.clone()),
            ] {
                let ticks = axis.ticks(6);
                assert!((2..=13).contains(&ticks.len()), "{axis:?}: {ticks:?}");
                assert!(ticks.iter().all(|tick| tick.label.chars().count() < 14), "{axis:?}: {ticks:?}");
                let labels: BTreeSet<&str> = ticks.iter().map(|tick| tick.label.as_str()).collect();
                assert_eq!(labels.len(), ticks.len(), "{axis:?}: {ticks:?}");
                assert!(axis.minor_ticks().len() < 60, "{axis:?}");
                assert!(values.iter().all(|value| (0.0..=1.0).contains(&axis.position(*value))), "{axis:?}");
                assert!(axis.ticks(6).iter().all(|tick| (0.0..=1.0).contains(&axis.position(tick.value))), "{axis:?}");
            }
        }
    }

    #[test]
    fn no_axis_goes_where_no_value_can_be() {
        let whole = |values: &[f64]| {
            let of = |make: fn(&str, Quantity, Vec<f64>) -> Axis| make("share", Quantity::Share, values.to_vec());
            [Axis::linear, Axis::from_zero, Axis::fit].map(of)
        };
        for values in [&[1.0][..], &[1.0, 1.0], &[0.0, 1.0], &[0.01, 1.0], &[0.999, 1.0], &[0.97]] {
            for axis in whole(values) {
                let last = axis.ticks(6).last().map_or(f64::NAN, |tick| tick.value);
                assert!(last <= 1.0 && axis.high <= 1.0, "{values:?}: {last}");
            }
        }
        let load = Axis::linear("load", Quantity::Share, [0.5, 1.5]);
        assert!(load.high > 1.5, "what is asked for may be more than all");
        for zero in [Axis::linear("misses", Quantity::Share, [0.0, 0.0]), Axis::fit("time", Quantity::Seconds, [0.0])] {
            assert_eq!((zero.low, zero.high), (0.0, 1.0));
        }
    }
}
