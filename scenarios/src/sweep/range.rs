//! Ranges: the values between two ends, in the place of a list.
//!
//! Numbers are decimal here, as they are written: steps of 0.1 from 0 give 0.3, not the sum of three binary fractions.

use super::value::plain;
use crate::declarations::{Key, grouped, is_text};
use crate::diagnostic::{Mistake, did_you_mean, excerpt};
use crate::located::Located;
use crate::shape::{check_scalar, found, in_order};
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use rust_decimal::{Decimal, RoundingStrategy}; // exact sums and quotients of decimal numbers
use serde_json::{Map, Value};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Greatest number of design points of a study: each is decoded and checked on its own, is held in memory with all its values,
/// and has a row in each table and a place in each chart.
pub const MAX_POINTS: usize = 1_000_000;

/// Keys of a range.
pub(crate) const RANGE_KEYS: [&str; 5] = ["from", "to", "step", "count", "scale"];
/// Words of `scale`.
pub(crate) const SCALES: [&str; 2] = ["linear", "log"];
/// Significant digits of values that have no short decimal form.
const DIGITS: usize = 6;

/// Spacing of values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// Equal differences.
    Linear,
    /// Equal ratios.
    Log,
}

/// The numbers between two ends.
#[derive(Clone)]
pub(super) struct Interval {
    key: &'static Key,
    schema: &'static Map<String, Value>,
    /// Position of the range.
    span: Range<usize>,
    from: Decimal,
    to: Decimal,
    scale: Scale,
    /// Whether the key takes whole numbers only.
    is_whole: bool,
    /// Whether an end or the step is written with a point.
    is_float: bool,
}

/// A range as it is given in the place of a list.
pub(super) enum Given {
    /// Its values.
    List(Vec<Located<Value>>),
    /// Its ends only, between which a sample is drawn.
    Interval(Interval),
}

/// Reads the range `table` at `span`, given for a key and its schema. Both ends belong to it.
///
/// # Errors
/// A key that is no number; a range without ends or values, or with values that the key does not accept.
pub(super) fn read(
    key: &'static Key,
    schema: &'static Map<String, Value>,
    table: &DeTable<'_>,
    span: Range<usize>,
) -> Result<Given, Mistake> {
    check_keys(&key.name, schema, table)?;
    let interval = Interval::read(key, schema, table, span)?;
    let values = match (table.get("step"), table.get("count")) {
        (Some(step), None) => interval.by_step(step, table.get("scale"))?,
        (None, Some(count)) => interval.by_count(count)?,
        (Some(_), Some(count)) => {
            let message = "a range has `step` or `count`, not both";
            return Err(Mistake::at_span(count.span(), message).help("leave one out"));
        }
        (None, None) => {
            [interval.from, interval.to]
                .iter()
                .try_for_each(|&end| interval.checked(&written(end, false)).map(drop))?;
            return Ok(Given::Interval(interval));
        }
    };
    let ends = values.first().zip(values.last()).map(|(first, last)| format!("{first} to {last}"));
    let values = values.iter().map(|text| interval.checked(text)).collect::<Result<_, _>>();
    values.map(Given::List).map_err(|mistake: Mistake| match ends {
        Some(ends) => mistake.help(format!("the values of this range are {ends}")),
        None => mistake,
    })
}

/// Refuses a range of a key that is no number, and keys that a range does not have.
fn check_keys(name: &str, schema: &Map<String, Value>, table: &DeTable<'_>) -> Result<(), Mistake> {
    for (key, _) in in_order(table) {
        let is_known = RANGE_KEYS.contains(&key.get_ref().as_ref());
        if !is_number(schema) {
            let message = format!("`{name}` is no number, so it has neither a range nor keys of its own");
            return Err(Mistake::at_span(key.span(), message).help("list its values in brackets"));
        }
        if !is_known {
            let message = format!("unknown key `{}` of a range", excerpt(key.get_ref()));
            return Err(Mistake::at_span(key.span(), message).help(did_you_mean(key.get_ref(), RANGE_KEYS)));
        }
    }
    Ok(())
}

/// Whether a key takes numbers, so that it can have a range.
pub(crate) fn is_number(schema: &Map<String, Value>) -> bool {
    !is_text(schema) && matches!(schema.get("type").and_then(Value::as_str), Some("integer" | "number"))
}

fn read_number(key: &str, value: &Spanned<DeValue<'_>>) -> Result<Decimal, Mistake> {
    let text = match value.get_ref() {
        DeValue::Integer(integer) if integer.radix() == 10 => Some(integer.as_str()),
        DeValue::Float(float) => Some(float.as_str()),
        _ => None,
    };
    let decimal = |text: &str| match text.contains(['e', 'E']) {
        true => Decimal::from_scientific(text).ok(),
        false => Decimal::from_str_exact(text).ok(),
    };
    text.and_then(|text| decimal(text.trim_start_matches('+'))).ok_or_else(|| {
        let kind = if text.is_some() { "a finite number of at most 28 digits" } else { "a number" };
        let message = format!("`{key}` is {}, but must be {kind}", found(value.get_ref()));
        Mistake::at_span(value.span(), message)
    })
}

/// A number of values, points or replications.
pub(super) fn read_count(key: &str, value: &Spanned<DeValue<'_>>) -> Result<u32, Mistake> {
    let whole = matches!(value.get_ref(), DeValue::Integer(_)).then(|| read_number(key, value).ok()).flatten();
    let count = whole.and_then(|count| count.to_u32());
    count.filter(|&count| (2..=MAX_POINTS as u32).contains(&count)).ok_or_else(|| {
        let most = grouped(MAX_POINTS as u128);
        let message = format!("`{key}` is {}, but must be a whole number from 2 to {most}", found(value.get_ref()));
        Mistake::at_span(value.span(), message)
    })
}

fn read_scale(value: &Spanned<DeValue<'_>>) -> Result<Scale, Mistake> {
    match value.get_ref().as_str() {
        Some("linear") => Ok(Scale::Linear),
        Some("log") => Ok(Scale::Log),
        word => {
            let message = format!("`scale` is {}, which is no scale", found(value.get_ref()));
            Err(Mistake::at_span(value.span(), message).help(did_you_mean(word.unwrap_or_default(), SCALES)))
        }
    }
}

impl Interval {
    fn read(
        key: &'static Key,
        schema: &'static Map<String, Value>,
        table: &DeTable<'_>,
        span: Range<usize>,
    ) -> Result<Self, Mistake> {
        let end = |key: &str| {
            let missing = || Mistake::at_span(span.clone(), format!("this range has no `{key}`"));
            let value = table.get(key).ok_or_else(missing)?;
            read_number(key, value).map(|number| (value, number))
        };
        let ((first, from), (last, to)) = (end("from")?, end("to")?);
        if from >= to {
            let message = format!("this range ends at {to}, but begins at {from}");
            return Err(Mistake::at_span(last.span(), message).help("give a `to` that is larger than `from`"));
        }
        if to.checked_sub(from).is_none() {
            return Err(Mistake::at_span(span, "the ends of this range are too far apart"));
        }
        let scale = table.get("scale").map_or(Ok(Scale::Linear), read_scale)?;
        if scale == Scale::Log && from <= Decimal::ZERO {
            let message = format!("a range with `scale = \"log\"` begins above 0, but this one at {from}");
            return Err(Mistake::at_span(first.span(), message).help("its values have equal ratios: 1, 10, 100"));
        }
        let is_whole = schema.get("type").and_then(Value::as_str) == Some("integer");
        let numbers = [Some(first), Some(last), table.get("step")];
        let is_float = numbers.iter().flatten().any(|value| value.get_ref().is_float());
        Ok(Self { key, schema, span, from, to, scale, is_whole, is_float })
    }

    /// The mistake of a range that has ends only where values are needed.
    pub(super) fn without_values(&self) -> Mistake {
        Mistake::at_span(self.span.clone(), "this range has neither `step` nor `count`")
            .help("give the distance of its values as `step`, or their number as `count`")
    }

    /// A value of this range, given as it would be written.
    fn checked(&self, text: &str) -> Result<Located<Value>, Mistake> {
        let value = DeValue::parse(text).map_err(|error| Mistake::at_span(self.span.clone(), error.message()))?;
        let value = Spanned::new(self.span.clone(), value.into_inner());
        check_scalar(&self.key.name, self.schema, &value)?;
        plain(&value)
    }

    /// The value at `share` of the way, from 0 (included) to 1 (excluded). Of a whole-number key each number has an equal part of
    /// the way, or of its logarithm.
    ///
    /// # Errors
    /// A value that the key does not accept.
    pub(super) fn draw(&self, share: f64) -> Result<Located<Value>, Mistake> {
        let value = match self.is_whole {
            true => Decimal::from_f64(self.along(self.to + Decimal::ONE, share)).map(|value| value.floor()),
            false => self.rounded(self.along(self.to, share), self.to - self.from),
        };
        let value = value.unwrap_or(self.from).clamp(self.from, self.to);
        self.checked(&written(value, !self.is_whole))
    }

    /// Values at equal distances, from the first end on; the last one is the second end or the last before it.
    fn by_step(
        &self,
        step: &Spanned<DeValue<'_>>,
        scale: Option<&Spanned<DeValue<'_>>>,
    ) -> Result<Vec<String>, Mistake> {
        if self.scale == Scale::Log {
            let span = scale.map_or(step.span(), Spanned::span);
            let message = "the values of a range with `scale = \"log\"` have no equal distances";
            return Err(Mistake::at_span(span, message).help("give their number as `count` in the place of `step`"));
        }
        let distance = read_number("step", step)?;
        if distance <= Decimal::ZERO {
            let message = format!("`step` is {distance}, but must be larger than 0");
            return Err(Mistake::at_span(step.span(), message).help("a range goes up from `from` to `to`"));
        }
        let steps = self.to.checked_sub(self.from).and_then(|width| width.checked_div(distance)?.floor().to_u64());
        let most = MAX_POINTS as u64;
        let Some(steps) = steps.filter(|&steps| steps < most) else {
            let number = steps.map_or_else(|| "more than 10^19".into(), |steps| grouped(u128::from(steps) + 1));
            let message =
                format!("this range has {number} values, but a sweep can have {} at most", grouped(most.into()));
            return Err(
                Mistake::at_span(step.span(), message).help("give a larger `step`, or the number of values as `count`")
            );
        };
        let value = |number| distance.checked_mul(Decimal::from(number)).and_then(|sum| self.from.checked_add(sum));
        let values = (0..=steps).map(value).collect::<Option<Vec<_>>>();
        let values =
            values.ok_or_else(|| Mistake::at_span(step.span(), "the values of this range have more than 28 digits"))?;
        let is_float = self.is_float || values.iter().any(|value| !value.is_integer());
        Ok(values.into_iter().map(|value| written(value, is_float && !self.is_whole)).collect())
    }

    /// `count` values from one end to the other. Of a whole-number key they are rounded, and equal ones are left out.
    fn by_count(&self, count: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Mistake> {
        let number = read_count("count", count)?;
        let mut values: Vec<Decimal> = (0..number).map(|place| self.value(place, number - 1)).collect();
        if self.is_whole {
            values.iter_mut().for_each(|value| *value = value.round_dp_with_strategy(0, HALF_UP));
        }
        values.dedup();
        if !self.is_whole && values.len() < number as usize {
            let message =
                format!("the values of this range are closer than the {DIGITS} digits to which they are rounded");
            return Err(Mistake::at_span(count.span(), message).help("give a smaller `count`"));
        }
        let is_float = !self.is_whole && (self.is_float || values.iter().any(|value| !value.is_integer()));
        Ok(values.into_iter().map(|value| written(value, is_float)).collect())
    }

    /// The value at `place` of the places from 0 to `last`, each end exactly.
    fn value(&self, place: u32, last: u32) -> Decimal {
        let width = self.to - self.from;
        let part = width.checked_mul(place.into()).map(|part| part / Decimal::from(last));
        match (self.scale, part) {
            _ if place == 0 => self.from,
            _ if place == last => self.to,
            // A quotient that does not end fills all 28 digits.
            (Scale::Linear, Some(part)) if part.normalize().scale() <= 20 => self.from + part,
            _ => self.between(f64::from(place) / f64::from(last), width / Decimal::from(last)),
        }
    }

    fn between(&self, share: f64, distance: Decimal) -> Decimal {
        self.rounded(self.along(self.to, share), distance).unwrap_or(self.from).clamp(self.from, self.to)
    }

    /// The value at `share` of the way, 0 to 1, from the first end to `to`.
    fn along(&self, to: Decimal, share: f64) -> f64 {
        let [from, to] = [self.from, to].map(|end| end.to_f64().unwrap_or_default());
        match self.scale {
            Scale::Linear => from + share * (to - from),
            Scale::Log => from * (to / from).powf(share),
        }
    }

    /// A value with six digits: with equal ratios its own, with equal distances those of `distance`.
    fn rounded(&self, value: f64, distance: Decimal) -> Option<Decimal> {
        let unit = match self.scale {
            Scale::Linear => distance.to_f64()?,
            Scale::Log => value,
        };
        let places = (DIGITS as f64 - 1.0 - unit.log10().floor()).clamp(0.0, 27.0);
        Decimal::from_f64(value).map(|value| value.round_dp_with_strategy(places as u32, HALF_UP))
    }
}

/// Rounding as a person does it.
const HALF_UP: RoundingStrategy = RoundingStrategy::MidpointAwayFromZero;

/// A number as it is written in a scenario.
fn written(value: Decimal, is_float: bool) -> String {
    let text = value.normalize().to_string();
    if is_float && !text.contains('.') { text + ".0" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declarations::KeyValue;
    use serde_json::json;

    fn range(kind: &str, text: &str) -> Given {
        let schema = json!({ "type": kind, "minimum": 0, "maximum": 1e9 }).as_object().unwrap().clone();
        let (name, description, value) = ("key".into(), String::new(), KeyValue::Scalar(schema));
        let key: &'static Key =
            Box::leak(Box::new(Key { name, description, is_required: false, default: None, value }));
        let KeyValue::Scalar(schema) = &key.value else { unreachable!() };
        read(key, schema, DeTable::parse(text).unwrap().get_ref(), 0..0).unwrap_or_else(|_| panic!("{text} is a range"))
    }

    fn values(kind: &str, text: &str) -> String {
        let Given::List(values) = range(kind, text) else { panic!("{text} has values") };
        values.iter().map(|value| value.to_string()).collect::<Vec<_>>().join(" ")
    }

    /// Each whole number has an equal part of the way; with equal ratios, of its logarithm.
    #[test]
    fn values_are_drawn_over_the_whole_range() {
        for (kind, text, expected) in [
            ("integer", "from = 1\nto = 4", "1 1 3 4 4"),
            ("integer", "from = 1\nto = 7\nscale = 'log'", "1 1 2 4 7"),
            ("number", "from = 0\nto = 3", "0.0 0.75 1.5 2.25 3.0"),
            ("number", "from = 0.01\nto = 100\nscale = 'log'", "0.01 0.1 1.0 10.0 100.0"),
        ] {
            let Given::Interval(interval) = range(kind, text) else { panic!("{text} has no values") };
            let values = [0.0, 0.2499999, 0.5, 0.75, 0.9999999].map(|share| match kind {
                "integer" => interval.draw(share).unwrap().to_string(),
                _ => interval.draw((share * 4.0).round() / 4.0).unwrap().to_string(),
            });
            assert_eq!(values.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn values_are_what_a_person_would_write() {
        for (kind, range, expected) in [
            ("number", "from = 0\nto = 0.5\nstep = 0.1", "0.0 0.1 0.2 0.3 0.4 0.5"),
            ("number", "from = 0.1\nto = 0.75\nstep = 0.2", "0.1 0.3 0.5 0.7"),
            ("number", "from = 1e-6\nto = 3e-6\nstep = 1e-6", "1e-6 2e-6 3e-6"),
            ("number", "from = 10\nto = 30\nstep = 10", "10 20 30"),
            ("number", "from = 0\nto = 1\ncount = 4", "0.0 0.333333 0.666667 1.0"),
            ("number", "from = 1000000\nto = 1000010\ncount = 4", "1000000.0 1000003.33333 1000006.66667 1000010.0"),
            ("number", "from = 0.001\nto = 1000\ncount = 7\nscale = 'log'", "0.001 0.01 0.1 1.0 10.0 100.0 1000.0"),
            ("number", "from = 1\nto = 10\ncount = 3\nscale = 'log'", "1.0 3.16228 10.0"),
            ("integer", "from = 100\nto = 1_000\nstep = 300", "100 400 700 1000"),
            ("integer", "from = 1\nto = 10\ncount = 3", "1 6 10"),
            ("integer", "from = 1\nto = 16\ncount = 9\nscale = 'log'", "1 2 3 4 6 8 11 16"),
        ] {
            assert_eq!(values(kind, range), expected, "{range}");
        }
    }
}
