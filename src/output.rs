//! Output of the commands: tables and numbers for people, JSON for machines.
//!
//! Nobody may be left to read what is printed (`| head`), and there may be no room for it (a full disk). Neither may end a
//! command halfway, as `println` would: [`say`] and [`note`] go on, and what standard output has lost decides the exit code.

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice}; // knows NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM
pub(crate) use comfy_table::CellAlignment;
use comfy_table::{ContentArrangement, LineStyle, Table, presets}; // column widths, and wrapping on a narrow terminal
use console::Term; // the size of a terminal on every system
use cospike_results::summary::Estimate;
use cospike_sim_core::stats::Interval;
use serde::Serialize;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fmt::{self, Arguments, Display, Formatter};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::sync::{Mutex, PoisonError};

/// First error of standard output. What is printed after it is left out.
static LOST: Mutex<Option<io::Error>> = Mutex::new(None);

/// Prints a line on standard output, with the arguments of `println`.
macro_rules! say {
    () => { $crate::output::write_line(format_args!("")) };
    ($($text:tt)*) => { $crate::output::write_line(format_args!($($text)*)) };
}

/// Prints a line on standard error, with the arguments of `eprintln`.
macro_rules! note {
    ($($text:tt)*) => { $crate::output::write_note(format_args!($($text)*)) };
}

/// Prints a paragraph on standard output, wrapped where the width is known, with the arguments of `println`.
macro_rules! say_wrapped {
    ($($text:tt)*) => { $crate::output::say_paragraph(&format!($($text)*), 0) };
}

pub(crate) use {note, say, say_wrapped};

/// Writes a line on standard output, unless an earlier one could not be written.
pub(crate) fn write_line(line: Arguments<'_>) {
    let mut lost = LOST.lock().unwrap_or_else(PoisonError::into_inner);
    if lost.is_none() {
        *lost = writeln!(io::stdout().lock(), "{line}").err();
    }
}

/// Writes a line on standard error, if it can be written. There is no other place to complain.
pub(crate) fn write_note(line: Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// The reason why standard output lacks a part of what was printed; `None` if it is whole, or if its reader has closed it, having
/// seen enough.
pub(crate) fn lost() -> Option<io::Error> {
    let mut lost = LOST.lock().unwrap_or_else(PoisonError::into_inner);
    let error = lost.take().or_else(|| io::stdout().lock().flush().err());
    error.filter(|error| error.kind() != ErrorKind::BrokenPipe)
}

/// Whether what is written to `stream` may have colours. A terminal without a name (`TERM=`) knows none.
pub(crate) fn is_coloured(stream: &impl RawStream) -> bool {
    let is = |name, value: fn(&OsStr) -> bool| std::env::var_os(name).is_some_and(|found| value(&found));
    let is_nameless = is("TERM", OsStr::is_empty) && !is("CLICOLOR_FORCE", |force| force != "0");
    AutoStream::choice(stream) != ColorChoice::Never && !is_nameless
}

/// Environment variable that is `json` where a program reads the errors.
const ERRORS: &str = "COSPIKE_ERRORS";

/// Says an error on standard error: as `text`, or `said` as JSON on one line where a program reads it.
pub(crate) fn say_error(text: &str, said: Value) {
    match std::env::var_os(ERRORS).is_some_and(|form| form == "json") {
        true => note!("{}", json!({ "error": said })),
        false => note!("{text}"),
    }
}

/// Prints what the parser of the command line has to say: help and version on standard output, mistakes on standard error.
pub(crate) fn print_parsed(said: &clap::Error) {
    let is_mistake = said.use_stderr();
    let is_coloured = if is_mistake { is_coloured(&io::stderr()) } else { is_coloured(&io::stdout()) };
    let text = said.render();
    let text = if is_coloured { text.ansi().to_string() } else { text.to_string() };
    let text = text.trim_end_matches('\n');
    match is_mistake {
        true => {
            let text = text.lines().map(shortened).collect::<Vec<_>>().join("\n");
            let plain = said.to_string();
            say_error(&text, json!({ "message": plain.trim_end().trim_start_matches("error: ") }));
        }
        false => say!("{text}"),
    }
}

/// Width of a line where nothing says another.
const WIDTH: usize = 80;

/// Width of the lines that a reader sees: that of `COLUMNS`, or else of the terminal; `None` where there is neither.
fn known_width() -> Option<usize> {
    width_of(&Term::stdout())
}

/// The same of what is written to `terminal`.
fn width_of(terminal: &Term) -> Option<usize> {
    let variable = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let size = || terminal.is_term().then(|| terminal.size_checked()).flatten();
    variable.or_else(|| size().map(|(_, columns)| usize::from(columns))).filter(|columns| *columns > 0)
}

/// Width that a table is made for.
pub(crate) fn width() -> usize {
    known_width().unwrap_or(WIDTH)
}

/// Prints a paragraph, wrapped where the width is known; lines after the first begin with `indent` blanks.
pub(crate) fn say_paragraph(text: &str, indent: usize) {
    say!("{}", wrapped(text, indent, known_width()));
}

/// Says a warning on standard error, wrapped where the width is known.
pub(crate) fn warn(text: &str) {
    note!("{}", wrapped(&format!("warning: {text}"), 2, width_of(&Term::stderr())));
}

/// Each line of `text` in lines of at most `width` characters, but for words that are longer; lines after the first begin with `indent` blanks, or
/// as many as the first.
fn wrapped(text: &str, indent: usize, width: Option<usize>) -> String {
    let Some(width) = width else { return text.to_owned() };
    // What is indented stays so.
    let own = |line: &str| line.chars().take_while(|char| *char == ' ').count();
    text.split('\n').map(|line| wrapped_line(line, indent.max(own(line)), width)).collect::<Vec<_>>().join("\n")
}

fn wrapped_line(text: &str, indent: usize, width: usize) -> String {
    let (mut lines, mut used) = (String::new(), 0);
    for (place, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push('\n');
            lines.extend(std::iter::repeat_n(' ', indent));
            used = indent;
        } else if place > 0 {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += length;
    }
    lines
}

/// A table that is printed with its titles in bold, over a rule, on a terminal that shows such.
pub(crate) struct Lines(Table);

/// An empty table with these column titles. The first column is aligned to the left, the others to the right. Cells are wrapped
/// where the width is known: what is read by another program has one line for each row.
pub(crate) fn table(titles: &[&str]) -> Lines {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(titles);
    if let Some(width) = known_width() {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.min(u16::MAX.into()) as u16);
    }
    if is_coloured(&io::stdout()) {
        table.load_style(presets::NOTHING.header_separator(LineStyle::none().fill(RULE).junction(RULE)));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    Lines(table)
}

/// Character of the rule below the titles.
const RULE: char = '─';

impl std::ops::Deref for Lines {
    type Target = Table;

    fn deref(&self) -> &Table {
        &self.0
    }
}

impl std::ops::DerefMut for Lines {
    fn deref_mut(&mut self) -> &mut Table {
        &mut self.0
    }
}

impl Display for Lines {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        match text.split_once(&format!("\n{RULE}")) {
            Some((titles, rest)) => write!(formatter, "\x1b[1m{titles}\x1b[0m\n{RULE}{rest}"),
            None => formatter.write_str(&text),
        }
    }
}

/// A share and its interval in per cent: `90.1 [88.7, 91.3]`.
pub(crate) fn percent(share: &Interval) -> String {
    format!("{:.1} [{:.1}, {:.1}]", 100.0 * share.estimate, 100.0 * share.low, 100.0 * share.high)
}

/// An offered load in per cent of what a place can do.
pub(crate) fn load_percent(load: f64) -> String {
    match 100.0 * load {
        small if small > 0.0 && small < 0.05 => "<0.1".into(),
        percent => format!("{percent:.1}"),
    }
}

/// What stands in the place of an interval that leaves the order of magnitude open.
pub(crate) const UNRESOLVED_MARK: &str = "(open)";

/// A mean times ten to the power of `shift`, half the width of its interval with as many digits after the point, and the number
/// of replications behind it if not all have a value: `12.3 ±0.4 over 7 of 10`. A dash if none has one.
pub(crate) fn mean(estimate: &Estimate, shift: i32) -> String {
    let Some(mean) = estimate.mean else { return "-".into() };
    let margin = estimate.interval.map(|interval| match is_symmetric(&interval) {
        true => format!(" ±{}", margin(interval.half_width(), mean, shift)),
        false if estimate.is_unresolved() => format!(" {UNRESOLVED_MARK}"),
        false => format!(" [{}, {}]", shifted(interval.low, shift), shifted(interval.high, shift)),
    });
    let some = (estimate.over < estimate.of).then(|| format!(" over {} of {}", estimate.over, estimate.of));
    [Some(shifted(mean, shift)), margin, some].into_iter().flatten().collect()
}

/// Whether an interval reaches as far to either side of its estimate; one of a quantity that cannot be negative, or above 1, may not.
fn is_symmetric(interval: &Interval) -> bool {
    let [below, above] = [interval.estimate - interval.low, interval.high - interval.estimate];
    (below - above).abs() <= 1e-9 * interval.estimate.abs().max(above)
}

/// A number with its noun: `1 sample`, `5 samples`.
pub(crate) fn plural(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A number with three significant digits: without exponent, unless it is very large or very small.
pub(crate) fn significant(value: f64) -> String {
    shifted(value, 0)
}

/// `text` with the replacement character for everything that would control the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter }).collect()
}

/// `line` with the beginning only of words that are longer than any that a reader would want to see whole.
pub(crate) fn shortened(line: &str) -> String {
    const LONGEST: usize = 500;
    const SHOWN: usize = 60;
    let word = |word: &str| match word.chars().nth(LONGEST) {
        Some(_) => word.chars().take(SHOWN).collect::<String>() + "...",
        None => word.into(),
    };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// `value` times ten to the power of `shift`, with `places` digits after the point, unless it is very large or very small.
pub(crate) fn decimal(value: f64, shift: i32, places: usize) -> String {
    let scaled = value * 10_f64.powi(shift);
    if is_plain(scaled) { format!("{scaled:.places$}") } else { with_exponent(value, shift) }
}

/// `value` times ten to the power of `shift`, with three significant digits.
pub(crate) fn shifted(value: f64, shift: i32) -> String {
    let scaled = value * 10_f64.powi(shift);
    match is_plain(scaled) {
        true => format!("{scaled:.*}", decimals(scaled)),
        false => with_exponent(value, shift),
    }
}

/// `half` as a margin of `mean`, both times ten to the power of `shift`: with as many digits after the point as the mean.
fn margin(half: f64, mean: f64, shift: i32) -> String {
    let [half_scaled, mean_scaled] = [half, mean].map(|value| value * 10_f64.powi(shift));
    let decimals = decimals(mean_scaled);
    let last_digit = 10_f64.powi(-(decimals as i32));
    match is_plain(mean_scaled) && is_plain(half_scaled.max(last_digit)) {
        true if half_scaled < last_digit / 2.0 => format!("<{last_digit:.decimals$}"),
        true => format!("{half_scaled:.decimals$}"),
        false => with_exponent(half, shift),
    }
}

/// Whether a number is written without exponent.
fn is_plain(value: f64) -> bool {
    value == 0.0 || (1e-9..1e9).contains(&value.abs())
}

/// `value` times ten to the power of `shift`, which alone may be beyond the largest number.
fn with_exponent(value: f64, shift: i32) -> String {
    let text = format!("{value:.2e}");
    match text.split_once('e').map(|(digits, exponent)| (digits, exponent.parse::<i32>())) {
        Some((digits, Ok(exponent))) => format!("{digits}e{}", exponent + shift),
        _ => text,
    }
}

/// A difference with its sign and so many digits after the point; without a sign where these are all 0.
pub(crate) fn signed(difference: f64, places: usize) -> String {
    if !is_plain(difference) && difference.abs() >= 1.0 {
        return format!("{difference:+.2e}");
    }
    let text = format!("{difference:+.places$}");
    let is_zero = text.chars().all(|letter| matches!(letter, '+' | '-' | '0' | '.'));
    if is_zero { text[1..].to_owned() } else { text }
}

/// Number of digits after the point that make three significant ones.
pub(crate) fn decimals(value: f64) -> usize {
    match value.abs() {
        size if size > 0.0 && size.is_finite() => (2.0 - size.log10().floor()).clamp(0.0, 12.0) as usize,
        _ => 0,
    }
}

/// Prints JSON on standard output.
pub(crate) fn print_json(value: &impl Serialize) {
    let mut lost = LOST.lock().unwrap_or_else(PoisonError::into_inner);
    if lost.is_none() {
        let mut out = BufWriter::new(io::stdout().lock());
        let written = serde_json::to_writer_pretty(&mut out, value).map_err(io::Error::from);
        *lost = written.and_then(|()| writeln!(out)).and_then(|()| out.flush()).err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_long_as_fits_and_a_longer_word_has_one_of_its_own() {
        assert_eq!(wrapped("- aa bb cc", 2, Some(7)), "- aa bb\n  cc");
        assert_eq!(wrapped("- aa bb cc", 2, Some(6)), "- aa\n  bb\n  cc");
        assert_eq!(wrapped("a longerthanthat b", 0, Some(5)), "a\nlongerthanthat\nb");
        assert_eq!(wrapped("  a    b c", 7, Some(8)), "  a    b\n       c", "columns stay");
        assert_eq!(wrapped("aa bb\n  cc dd", 0, Some(5)), "aa bb\n  cc\n  dd", "each line as it is indented");
        assert_eq!(wrapped("µ µ", 0, Some(3)), "µ µ", "characters count, not bytes");
    }

    #[test]
    fn numbers_have_three_digits_and_margins_as_many_as_their_mean() {
        for (value, text) in [
            (0.0, "0"),
            (11.489, "11.5"),
            (-0.000_123_4, "-0.000123"),
            (123_456.0, "123456"),
            (1e300, "1.00e300"),
            (f64::MAX, "1.80e308"),
            (5e-324, "4.94e-324"),
        ] {
            assert_eq!(significant(value), text);
        }
        let estimate = |half: f64, mean: f64, over| Estimate {
            mean: Some(mean),
            interval: Some(Interval { estimate: mean, low: mean - half, high: mean + half }),
            over,
            of: 10,
            is_constant: false,
        };
        for (half, mean_in_seconds, text) in [
            (0.000_4, 0.012_3, "12.3 ±0.4 over 7 of 10"),
            (1e-9, 0.012_3, "12.3 ±<0.1 over 7 of 10"),
            (1e305, 1.5e306, "1.50e309 ±1.00e308 over 7 of 10"),
            (1e-301, 1e-300, "1.00e-297 ±1.00e-298 over 7 of 10"),
        ] {
            assert_eq!(mean(&estimate(half, mean_in_seconds, 7), 3), text);
        }
        let wide = Interval { estimate: 0.825, low: 0.000_151, high: 4506.391 };
        let open = Estimate { mean: Some(0.825), interval: Some(wide), over: 10, of: 10, is_constant: false };
        assert_eq!(mean(&open, 3), "825 (open)");
        let none = Estimate { mean: None, interval: None, over: 0, of: 10, is_constant: false };
        assert_eq!(mean(&none, 3), "-");
        let equal = Estimate { mean: Some(0.012_3), over: 10, is_constant: true, ..none };
        assert_eq!(mean(&equal, 3), "12.3");
        assert_eq!([0.0, 0.000_4, 0.000_5, 1.056].map(load_percent), ["0.0", "<0.1", "0.1", "105.6"]);
        assert_eq!(printable("a\u{1b}[31m\n\0"), "a\u{fffd}[31m\u{fffd}\u{fffd}");
    }
}
