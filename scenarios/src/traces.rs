//! Traces that a scenario refers to: rates of a link over time, packet-delivery instants, arrivals of requests.

use crate::declarations::grouped;
use crate::diagnostic::{BYTE_ORDER_MARK, Diagnostic, Mistake, Origin, Source, excerpt};
use crate::library;
use crate::located::Located;
use crate::scenario::{MAX_MBPS, MIN_MBPS};
use cospike_sim_core::kernel::{MAX_SECONDS, Number};
use cospike_sim_core::link::RateStep;
use cospike_sim_core::workload::TraceArrival;
use csv::{ReaderBuilder, StringRecord, Trim}; // comments, blank lines and white space follow common practice
use std::ops::Range;
use std::str::FromStr;

/// Greatest size of a trace: several million arrivals.
const MAX_BYTES: u64 = 256 << 20;

/// Resolution of the clock in seconds.
const NANOSECOND: f64 = 1e-9;

/// Most arrivals within a nanosecond.
const MOST_AT_ONCE: u32 = 100_000;

/// Reads the trace `name`, a path relative to `origin`.
fn read(name: &Located<String>, origin: &Origin) -> Result<Source, Mistake> {
    match origin {
        Origin::Shipped => {
            let missing = || Mistake::in_value(name, "there is no such trace among those that ship with CoSpike");
            library::trace(name).ok_or_else(missing)
        }
        Origin::Folder(folder) => {
            let path = folder.join(name.as_str());
            let message = |error| format!("cannot read the trace {}: {error}", path.display());
            Source::read_up_to(MAX_BYTES, &path).map_err(|error| Mistake::in_value(name, message(error)))
        }
    }
}

/// BLAKE3 hash of the trace `name`, in hexadecimal.
pub(crate) fn blake3(name: &Located<String>, origin: &Origin) -> Result<String, Mistake> {
    Ok(blake3::hash(read(name, origin)?.text.as_bytes()).to_hex().to_string())
}

/// The rates of a link over time in `source`, a CSV text of `seconds,mbps`; `repeats` says whether the trace begins again after
/// some time, or its last rate holds.
///
/// # Errors
/// The first mistake in the text.
pub fn decode_rates(source: &Source, repeats: bool) -> Result<Vec<RateStep>, Diagnostic> {
    let (steps, _) = parse_rates(&source.text, repeats).map_err(|mistake| mistake.into_diagnostic(source))?;
    Ok(steps)
}

/// The packet-delivery instants in `source`, in milliseconds, a text in mahimahi's format.
///
/// # Errors
/// The first mistake in the text.
pub fn decode_opportunities(source: &Source) -> Result<Vec<u32>, Diagnostic> {
    parse_opportunities(&source.text).map_err(|mistake| mistake.into_diagnostic(source))
}

/// The arrivals of requests at a fleet of `devices` devices in `source`, a CSV text of `seconds,device`.
///
/// # Errors
/// The first mistake in the text.
pub fn decode_arrivals(source: &Source, devices: u32) -> Result<Vec<TraceArrival>, Diagnostic> {
    parse_arrivals(&source.text, devices).map_err(|mistake| mistake.into_diagnostic(source))
}

/// The records of a CSV text, each with its position in bytes. Lines that are blank or begin with `#` are skipped.
pub(crate) fn records(text: &str) -> impl Iterator<Item = Result<(StringRecord, Range<usize>), Mistake>> {
    let (text, mark) = match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) => (rest, BYTE_ORDER_MARK.len_utf8()),
        None => (text, 0),
    };
    let mut reader = ReaderBuilder::new();
    reader.has_headers(false).flexible(true).comment(Some(b'#')).trim(Trim::All);
    reader.from_reader(text.as_bytes()).into_records().map(move |record| {
        let record = record.map_err(|error| Mistake::in_file(error.to_string()))?;
        let start = record.position().map_or(0, |position| position.byte() as usize);
        // The reported position may be that of white space before the record.
        let start = start + text[start..].len() - text[start..].trim_start().len();
        Ok((record, mark + start..mark + text.len()))
    })
}

/// A row of a table of two columns: its values and its position in bytes.
type Row<A, B> = (A, B, Range<usize>);

/// A value of a trace.
trait Cell: FromStr {
    /// What is accepted, in words.
    const NEEDED: &'static str;
}

impl Cell for f64 {
    const NEEDED: &'static str = "a number, written with a point, as in 0.25";
}

impl Cell for u32 {
    const NEEDED: &'static str = "a whole number from 0 on, as in 12";
}

/// Reads a value of the column `name`; the line is at `span`.
fn cell<T: Cell>(name: &str, text: &str, span: &Range<usize>) -> Result<T, Mistake> {
    text.parse().map_err(|_| {
        let message = format!("`{name}` is `{}`, but must be {}", excerpt(text), T::NEEDED);
        Mistake::at_span(span.clone(), message)
    })
}

/// The rows of a CSV text of two columns, whose first line must be `heading`, the names of the columns.
fn rows<A: Cell, B: Cell>(text: &str, heading: [&str; 2]) -> Result<Vec<Row<A, B>>, Mistake> {
    let mut records = records(text);
    let heading_text = heading.join(",");
    match records.next().transpose()? {
        Some((record, _)) if record.iter().eq(heading) => {}
        other => {
            let span = other.map_or(0..0, |(_, span)| span);
            return Err(Mistake::at_span(span, format!("the first line must be `{heading_text}`")));
        }
    }
    let row = |record: Result<(StringRecord, Range<usize>), Mistake>| {
        let (record, span) = record?;
        match record.iter().collect::<Vec<_>>()[..] {
            [first, second] => Ok((cell(heading[0], first, &span)?, cell(heading[1], second, &span)?, span)),
            ref values => {
                let message = format!("this line has {} values, but must have two, `{heading_text}`", values.len());
                Err(Mistake::at_span(span, message))
            }
        }
    };
    records.map(row).collect()
}

/// Rates of a link over time, from a CSV file of `seconds,mbps`, for a trace that begins again after `period_seconds` or whose
/// last rate holds.
pub(crate) fn rates(
    name: &Located<String>,
    period_seconds: Option<&Located<f64>>,
    origin: &Origin,
) -> Result<Vec<RateStep>, Mistake> {
    let source = read(name, origin)?;
    let (steps, last) =
        parse_rates(&source.text, period_seconds.is_some()).map_err(|mistake| mistake.within(&source))?;
    match period_seconds {
        Some(period) if period.get().is_nan() || period.get() <= last => {
            let message = format!("the trace must not begin again before its last line, which is at {last} s");
            Err(Mistake::in_value(period, message).help("give a greater `rate_trace_period_s`"))
        }
        _ => Ok(steps),
    }
}

/// The steps of a rate trace, and the time of its last line.
fn parse_rates(text: &str, repeats: bool) -> Result<(Vec<RateStep>, f64), Mistake> {
    let rows = rows::<f64, f64>(text, ["seconds", "mbps"])?;
    let mut before = None;
    for (seconds, mbps, span) in &rows {
        let in_order = before.map_or(*seconds == 0.0, |before| *seconds > before);
        if !in_order || !seconds.is_finite() {
            let message = format!("{} s is out of order: times begin at 0 and ascend", Number(*seconds));
            return Err(Mistake::at_span(span.clone(), message));
        }
        check_time(*seconds, span)?;
        if before.is_some_and(|before| *seconds - before < NANOSECOND) {
            let message = "this line is less than a nanosecond after the one before, which the clock cannot tell apart";
            return Err(Mistake::at_span(span.clone(), message));
        }
        if *mbps != 0.0 && !(MIN_MBPS..=MAX_MBPS).contains(mbps) {
            let message = format!("{} Mbit/s is no rate: give 0, or 1e-6 to 1e6", Number(*mbps));
            return Err(Mistake::at_span(span.clone(), message));
        }
        before = Some(*seconds);
    }
    let Some((last, most)) = rows.last().zip(rows.iter().map(|row| row.1).reduce(f64::max)) else {
        return Err(Mistake::in_file("a rate trace needs at least one line with a time and a rate"));
    };
    if most == 0.0 {
        return Err(Mistake::in_file("a rate trace needs a line with a rate above 0"));
    }
    if !repeats && last.1 == 0.0 {
        let message = "the last rate holds to the end of the run, and at 0 Mbit/s nothing is ever sent again";
        let help =
            "add a line with a rate above 0, or give `link.rate_trace_period_s`, after which the trace begins again";
        return Err(Mistake::at_span(last.2.clone(), message).help(help));
    }
    let steps = rows.iter().map(|&(seconds, mbps, _)| RateStep { seconds, bits_per_second: mbps * 1e6 });
    Ok((steps.collect(), last.0))
}

/// Instants, in milliseconds, at which the link can deliver 1,500 bytes, from a file in mahimahi's packet-delivery format:
/// one instant per line.
pub(crate) fn opportunities(name: &Located<String>, origin: &Origin) -> Result<Vec<u32>, Mistake> {
    let source = read(name, origin)?;
    parse_opportunities(&source.text).map_err(|mistake| mistake.within(&source))
}

fn parse_opportunities(text: &str) -> Result<Vec<u32>, Mistake> {
    let mut instants: Vec<u32> = vec![];
    for record in records(text) {
        let (record, span) = record?;
        let Some(instant) = record.get(0).filter(|_| record.len() == 1).and_then(|field| field.parse().ok()) else {
            let message = format!("this line must have a whole number of milliseconds, from 0 to {}", u32::MAX);
            return Err(Mistake::at_span(span, message));
        };
        if instants.last().is_some_and(|&last| instant < last) {
            return Err(Mistake::at_span(span, format!("{instant} ms is out of order: times must not descend")));
        }
        instants.push(instant);
    }
    match instants.last() {
        Some(&last) if last > 0 => Ok(instants),
        _ => Err(Mistake::in_file("a packet-delivery trace needs an instant after 0 ms")),
    }
}

/// Refuses times that are too long for the clock.
fn check_time(seconds: f64, span: &Range<usize>) -> Result<(), Mistake> {
    if seconds <= MAX_SECONDS {
        return Ok(());
    }
    let (found, most) = (Number(seconds), Number(MAX_SECONDS));
    Err(Mistake::at_span(span.clone(), format!("{found} s is too late: a trace can have {most} s at most")))
}

/// Arrivals of requests at a fleet of `devices` devices, from a CSV file of `seconds,device`.
pub(crate) fn arrivals(name: &Located<String>, devices: u32, origin: &Origin) -> Result<Vec<TraceArrival>, Mistake> {
    let source = read(name, origin)?;
    parse_arrivals(&source.text, devices).map_err(|mistake| mistake.within(&source))
}

fn parse_arrivals(text: &str, devices: u32) -> Result<Vec<TraceArrival>, Mistake> {
    let mut before = 0.0;
    let mut together = 0;
    let mut arrivals = vec![];
    for (seconds, device, span) in rows::<f64, u32>(text, ["seconds", "device"])? {
        if !seconds.is_finite() || seconds < before {
            let message =
                format!("{} s is out of order: times begin at 0 or later and must not descend", Number(seconds));
            return Err(Mistake::at_span(span, message));
        }
        check_time(seconds, &span)?;
        together = if seconds - before < NANOSECOND { together + 1 } else { 1 };
        if together > MOST_AT_ONCE {
            let most = grouped(MOST_AT_ONCE.into());
            let message =
                format!("more than {most} requests arrive within a nanosecond, so the clock would stand still");
            return Err(Mistake::at_span(span, message));
        }
        if device >= devices {
            let message =
                format!("there is no device {device}: the fleet has devices 0 to {}", devices.saturating_sub(1));
            return Err(Mistake::at_span(span, message));
        }
        before = seconds;
        arrivals.push(TraceArrival { seconds, device });
    }
    if arrivals.is_empty() {
        return Err(Mistake::in_file(
            "this trace has no arrival: give at least one line of `seconds,device` after the heading",
        ));
    }
    Ok(arrivals)
}
