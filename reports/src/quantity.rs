//! Numbers as people read them: three significant digits, a prefix and a unit.

use cospike_sim_core::stats::Interval;

/// Quantity that a number measures; it decides on the unit and the digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// Information in bits, with thousands separators and without a prefix.
    Bits,
    /// Energy in joules.
    Joules,
    /// Power in watts.
    Watts,
    /// Time in seconds.
    Seconds,
    /// A share from 0 to 1, written in per cent.
    Share,
    /// Information in bytes, without a prefix.
    Bytes,
    /// A plain number, such as the value of a key.
    Number,
}

/// A unit with the prefix of a power of ten.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Prefix {
    /// Size of the prefixed unit in plain units, such as 0.001.
    pub(crate) factor: f64,
    /// Name of the unit with its prefix, such as `mJ`.
    pub(crate) unit: &'static str,
}

/// Exponents of ten and names of the units of energy, in ascending order.
const JOULES: [(i32, &str); 9] =
    [(-15, "fJ"), (-12, "pJ"), (-9, "nJ"), (-6, "µJ"), (-3, "mJ"), (0, "J"), (3, "kJ"), (6, "MJ"), (9, "GJ")];
/// Exponents of ten and names of the units of power, in ascending order.
const WATTS: [(i32, &str); 7] = [(-12, "pW"), (-9, "nW"), (-6, "µW"), (-3, "mW"), (0, "W"), (3, "kW"), (6, "MW")];
/// Seconds from which times are written in hours.
const HOURS_FROM: f64 = 7200.0;
/// Exponents of ten and names of the units of time, in ascending order.
const SECONDS: [(i32, &str); 4] = [(-9, "ns"), (-6, "µs"), (-3, "ms"), (0, "s")];

/// Ratio from which on a factor is easier to read than per cent, and that up to which a fraction is.
const FACTOR_FROM: f64 = 2.0;
const FRACTION_TO: f64 = 0.1;

/// A ratio in words: `+3 %` with this many decimals, and where that is more than +100 % or less than -90 %, `14 times as much` or
/// `1/12 as much`.
pub(crate) fn relation(ratio: f64, decimals: usize) -> String {
    let factor = |ratio: f64| if ratio < 9.95 { format!("{ratio:.1}") } else { count(ratio.round() as u64) };
    match ratio {
        ratio if ratio > FACTOR_FROM => format!("{}\u{a0}times as much", factor(ratio)),
        ratio if ratio < FRACTION_TO && ratio > 0.0 => format!("1/{} as much", factor(1.0 / ratio)),
        _ => format!("{:+.decimals$}\u{a0}%", 100.0 * (ratio - 1.0)).replace('-', "−"),
    }
}

impl Quantity {
    /// The unit in which `value` has one to three digits before the point; the smallest or the largest beyond the range of prefixes.
    pub(crate) fn prefix(self, value: f64) -> Prefix {
        let (table, plain): (&[(i32, &'static str)], _) = match self {
            Self::Bits => return Prefix { factor: 1.0, unit: "bits" },
            Self::Share => return Prefix { factor: 0.01, unit: "%" },
            Self::Number => return Prefix { factor: 1.0, unit: "" },
            Self::Bytes => return Prefix { factor: 1.0, unit: "B" },
            Self::Seconds if value.abs() >= HOURS_FROM => return Prefix { factor: 3600.0, unit: "h" },
            Self::Joules => (&JOULES, "J"),
            Self::Watts => (&WATTS, "W"),
            Self::Seconds => (&SECONDS, "s"),
        };
        let size = rounded(value.abs());
        // A hair below the power of ten, because 1e-9 as the nearest double may be below ten to the minus nine.
        let fits = |&&(power, _): &&(i32, &str)| size >= 10_f64.powi(power) * (1.0 - 1e-12);
        let found =
            if size == 0.0 { Some((0, plain)) } else { table.iter().rev().find(fits).or(table.first()).copied() };
        let (power, unit) = found.unwrap_or((0, plain));
        Prefix { factor: 10_f64.powi(power), unit }
    }

    /// `value` with its unit, such as `1.23 mJ`, `91.5 %`, `12,544 bits`.
    pub(crate) fn format(self, value: f64) -> String {
        let prefix = self.prefix(value);
        match self {
            Self::Number => number(value),
            _ => format!("{}\u{a0}{}", self.digits(value, prefix), prefix.unit),
        }
    }

    /// `mean` and the half-width of its interval in the unit of the larger of them: `426 ± 8 µJ`; at most one digit more than
    /// that alone would have, so `25.49 ± <0.01 µJ`.
    pub(crate) fn format_margin(self, mean: f64, half_width: f64) -> String {
        let prefix = self.prefix(mean.abs().max(half_width));
        let [mean, half_width] = [mean, half_width].map(|value| self.scaled(value, prefix));
        let decimals = self.decimals(mean.abs().max(half_width));
        let decimals = if half_width < 0.5 * 10_f64.powi(-(decimals as i32)) { decimals + 1 } else { decimals };
        let smallest = 10_f64.powi(-(decimals as i32));
        let margin = match fixed(half_width, decimals) {
            _ if half_width < smallest / 2.0 => format!("<{}", fixed(smallest, decimals)),
            margin => margin,
        };
        format!("{} ± {margin}\u{a0}{}", fixed(mean, decimals), prefix.unit)
    }

    /// The interval, both ends in one unit: `1.20 to 1.26 mJ`.
    pub(crate) fn format_range(self, low: f64, high: f64) -> String {
        let prefix = self.prefix(low.abs().max(high.abs()));
        format!("{} to {}\u{a0}{}", self.digits(low, prefix), self.digits(high, prefix), prefix.unit)
    }

    /// `value` in prefixed units, the largest number where that would be beyond it. Of shares, dividing by 0.01 would round
    /// 0.9365 down to 93.6 %, and the terminal up.
    fn scaled(self, value: f64, prefix: Prefix) -> f64 {
        let scaled = if self == Self::Share { value * 100.0 } else { value / prefix.factor };
        scaled.clamp(-f64::MAX, f64::MAX)
    }

    fn digits(self, value: f64, prefix: Prefix) -> String {
        let scaled = self.scaled(value, prefix);
        match self {
            Self::Bits if self.decimals(scaled) == 0 && (0.0..PLAIN).contains(&scaled) => count(scaled.round() as u64),
            Self::Joules | Self::Watts | Self::Seconds if scaled != 0.0 && scaled.abs() < 1e-3 => {
                format!("{scaled:.2e}")
            }
            _ => fixed(scaled, self.decimals(scaled)),
        }
    }

    /// Number of decimals with which `scaled`, in prefixed units, is written.
    fn decimals(self, scaled: f64) -> usize {
        match self {
            Self::Share => 1,
            // Mean payloads may be fractions of bits: below a hundred the fraction is worth showing.
            Self::Bits => usize::from(scaled.fract() != 0.0 && scaled < 100.0),
            Self::Joules | Self::Watts | Self::Seconds | Self::Bytes | Self::Number => significant_decimals(scaled),
        }
    }
}

/// A difference of shares in percentage points with its sign: `+1.2 points`.
pub(crate) fn signed_points(difference: f64) -> String {
    format!("{}\u{a0}points", signed(difference))
}

/// Both ends of the interval of a difference of shares: `-0.3 to +2.7 points`.
pub(crate) fn points_range(difference: &Interval) -> String {
    format!("{} to {}\u{a0}points", signed(difference.low), signed(difference.high))
}

fn signed(share: f64) -> String {
    let text = fixed(share * 100.0, 1);
    if text.starts_with('−') || text == "0.0" { text } else { format!("+{text}") }
}

/// A count with thousands separators: `12,544`.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 replication`, `5 replications`.
pub(crate) fn plural(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", count(number as u64), if number == 1 { "" } else { "s" })
}

/// The value of a key as a person would type it: `2,000`, `0.03`, `1e-9`; four digits where it has more.
fn number(value: f64) -> String {
    let exact = format!("{value}").replace('-', "−");
    match value.abs() {
        // Millions and more that are round are read sooner by their exponent.
        size if size >= 1e7 && format!("{size:e}").len() <= 5 => format!("{value:e}").replace('-', "−"),
        size if value.fract() == 0.0 && size < PLAIN => {
            format!("{}{}", if value < 0.0 { "−" } else { "" }, count(size as u64))
        }
        1e-4..1e6 if exact.chars().filter(char::is_ascii_digit).count() <= 6 => exact,
        1e-4..1e6 => fixed(value, significant_decimals(value).max(1)),
        _ if format!("{value:e}").len() <= 8 => format!("{value:e}"),
        _ => format!("{value:.2e}"),
    }
}

/// A ratio as a factor: `32×`, `4.57×`.
pub(crate) fn times(ratio: f64) -> String {
    let number = match ratio {
        1000.0..PLAIN => count(ratio.round() as u64),
        _ => fixed(ratio, significant_decimals(ratio)),
    };
    format!("{number}×")
}

/// Size from which numbers are written with an exponent.
pub(crate) const PLAIN: f64 = 1e12;

/// `value` with `decimals` decimals, a true minus sign and no negative zero; with three digits and an exponent from
/// [`PLAIN`] on.
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    let text = if value.abs() < PLAIN { format!("{value:.decimals$}") } else { format!("{value:.2e}") };
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

/// Decimals that leave three significant digits, or three where there would be more.
fn significant_decimals(value: f64) -> usize {
    match rounded(value.abs()) {
        0.0 => 0,
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    }
}

/// `value` rounded to three significant digits, so that 999.6 becomes 1000 before a prefix is chosen.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_ratios_are_factors() {
        let said = |ratio| relation(ratio, 0).replace('\u{a0}', " ");
        assert_eq!([1.03, 2.0, 0.96, 0.1].map(said), ["+3 %", "+100 %", "−4 %", "−90 %"]);
        assert_eq!(
            [2.04, 14.19, 13_190.0].map(said),
            ["2.0 times as much", "14 times as much", "13,190 times as much"]
        );
        assert_eq!([0.099, 1.0 / 12.0, 1.0 / 140.0].map(said), ["1/10 as much", "1/12 as much", "1/140 as much"]);
    }

    #[test]
    fn numbers_carry_three_digits_and_the_nearest_prefix() {
        for (quantity, value, text) in [
            (Quantity::Joules, 0.001_234, "1.23 mJ"),
            (Quantity::Joules, 999.6e-6, "1.00 mJ"),
            (Quantity::Joules, 1e-9, "1.00 nJ"),
            (Quantity::Joules, 0.0, "0 J"),
            (Quantity::Joules, 2.5e-17, "0.025 fJ"),
            (Quantity::Seconds, 75.0, "75.0 s"),
            (Quantity::Seconds, 4500.0, "4500 s"),
            (Quantity::Seconds, 736_220.0, "205 h"),
            (Quantity::Bytes, 119.6, "120 B"),
            (Quantity::Number, 2000.0, "2,000"),
            (Quantity::Number, 0.03, "0.03"),
            (Quantity::Number, 1e9, "1e9"),
            (Quantity::Number, 12_345_678.0, "12,345,678"),
            (Quantity::Number, -1e-9, "-1e-9"),
            (Quantity::Share, 0.915, "91.5 %"),
            (Quantity::Share, 0.9365, "93.7 %"),
            (Quantity::Bits, 12544.0, "12,544 bits"),
            (Quantity::Bits, 99.55, "99.5 bits"),
            (Quantity::Bits, 1e300, "1.00e300 bits"),
            (Quantity::Joules, f64::MAX, "1.80e299 GJ"),
            (Quantity::Joules, -1e300, "−1.00e291 GJ"),
            (Quantity::Seconds, 5e-324, "4.94e-315 ns"),
            (Quantity::Share, 1e300, "1.00e302 %"),
        ] {
            assert_eq!(quantity.format(value).replace('\u{a0}', " "), text);
        }
        assert_eq!(Quantity::Joules.format_margin(426e-6, 8.16e-6).replace('\u{a0}', " "), "426 ± 8 µJ");
        assert_eq!(Quantity::Joules.format_margin(426e-6, 0.2e-6).replace('\u{a0}', " "), "426.0 ± 0.2 µJ");
        assert_eq!(Quantity::Joules.format_margin(426e-6, 0.04e-6).replace('\u{a0}', " "), "426.0 ± <0.1 µJ");
        assert_eq!(Quantity::Joules.format_margin(426e-6, 1.2e-3).replace('\u{a0}', " "), "0.43 ± 1.20 mJ");
        assert_eq!(Quantity::Joules.format_margin(1e-300, f64::MAX).replace('\u{a0}', " "), "0 ± 1.80e299 GJ");
        assert_eq!(Quantity::Share.format_margin(0.0, f64::MAX).replace('\u{a0}', " "), "0.0 ± 1.80e308 %");
        assert_eq!(Quantity::Joules.format_range(0.9e-3, 1.2e-3).replace('\u{a0}', " "), "0.900 to 1.20 mJ");
        let difference = Interval { estimate: -0.012, low: -0.03, high: 0.000_2 };
        assert_eq!(signed_points(0.012).replace('\u{a0}', " "), "+1.2 points");
        assert_eq!(points_range(&difference).replace('\u{a0}', " "), "−3.0 to 0.0 points");
        assert_eq!(count(1_234_567), "1,234,567");
    }
}
