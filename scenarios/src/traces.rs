//! Recordings: rates of a link over time, packet-delivery instants, arrivals.

use crate::diagnostic::{Mistake, Origin, Source};
use crate::library;
use crate::located::Located;
use cospike_sim_core::link::RateStep;
use cospike_sim_core::workload::TraceArrival;
use csv::{ReaderBuilder, StringRecord, Trim}; // comments, blank lines and white space as every CSV reader takes them
use std::ops::Range;

/// Reads the file `name` of a scenario whose paths begin at `origin`.
fn read(name: &Located<String>, origin: &Origin) -> Result<Source, Mistake> {
    match origin {
        Origin::Shipped => {
            let missing = || Mistake::in_value(name, "no trace that ships with CoSpike lies there");
            library::trace(name).ok_or_else(missing)
        }
        Origin::Folder(folder) => {
            let path = folder.join(name.as_str());
            let message = |error| format!("cannot read the trace {}: {error}", path.display());
            Source::read(&path).map_err(|error| Mistake::in_value(name, message(error)))
        }
    }
}

/// BLAKE3 hash of the file, hexadecimal.
pub(crate) fn blake3(name: &Located<String>, origin: &Origin) -> Result<String, Mistake> {
    Ok(blake3::hash(read(name, origin)?.text.as_bytes()).to_hex().to_string())
}

/// The records of a CSV text, each with its position. Lines that are blank or begin with `#` are skipped.
fn records(text: &str) -> impl Iterator<Item = Result<(StringRecord, Range<usize>), Mistake>> {
    let mut reader = ReaderBuilder::new();
    reader.has_headers(false).flexible(true).comment(Some(b'#')).trim(Trim::All);
    reader.from_reader(text.as_bytes()).into_records().map(move |record| {
        let record = record.map_err(|error| Mistake::in_file(error.to_string()))?;
        let start = record.position().map_or(0, |position| position.byte() as usize);
        // A reader's position may be that of the white space before the record.
        let start = start + text[start..].len() - text[start..].trim_start().len();
        Ok((record, start..text.len()))
    })
}

/// One row of a table of two columns, and its position.
type Row<A, B> = (A, B, Range<usize>);

/// The rows of a CSV text with the heading `heading`, the names of two columns.
fn rows<A: std::str::FromStr, B: std::str::FromStr>(text: &str, heading: [&str; 2]) -> Result<Vec<Row<A, B>>, Mistake> {
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
        let values = match record.iter().collect::<Vec<_>>()[..] {
            [first, second] => first.parse().ok().zip(second.parse().ok()),
            _ => None,
        };
        let wrong = || Mistake::at_span(span.clone(), format!("expected two numbers, `{heading_text}`"));
        values.map(|(first, second)| (first, second, span.clone())).ok_or_else(wrong)
    };
    records.map(row).collect()
}

/// Rates over time from a CSV file of `seconds,mbps`. The time of the last line ends the trace, which then begins again; its
/// rate is not used.
pub(crate) fn rates(name: &Located<String>, origin: &Origin) -> Result<(Vec<RateStep>, f64), Mistake> {
    let source = read(name, origin)?;
    parse_rates(&source.text).map_err(|mistake| mistake.within(&source))
}

fn parse_rates(text: &str) -> Result<(Vec<RateStep>, f64), Mistake> {
    let rows = rows::<f64, f64>(text, ["seconds", "mbps"])?;
    let mut before = None;
    for (seconds, mbps, span) in &rows {
        let in_order = before.map_or(*seconds == 0.0, |before| *seconds > before);
        if !in_order || !seconds.is_finite() {
            let message = format!("{seconds} s is out of order: times begin at 0 and ascend");
            return Err(Mistake::at_span(span.clone(), message));
        }
        if !mbps.is_finite() || *mbps < 0.0 {
            return Err(Mistake::at_span(span.clone(), format!("{mbps} Mbit/s is no rate")));
        }
        before = Some(*seconds);
    }
    match rows.split_last().filter(|(_, steps)| steps.iter().any(|(_, mbps, _)| *mbps > 0.0)) {
        Some(((end, ..), steps)) => {
            let steps = steps.iter().map(|&(seconds, mbps, _)| RateStep { seconds, bits_per_second: mbps * 1e6 });
            Ok((steps.collect(), *end))
        }
        None => Err(Mistake::in_file("a rate trace needs a rate above 0, and a last line that says when it ends")),
    }
}

/// Instants in milliseconds at which a packet of 1,500 bytes can pass, one per line: mahimahi's format.
pub(crate) fn opportunities(name: &Located<String>, origin: &Origin) -> Result<Vec<u32>, Mistake> {
    let source = read(name, origin)?;
    parse_opportunities(&source.text).map_err(|mistake| mistake.within(&source))
}

fn parse_opportunities(text: &str) -> Result<Vec<u32>, Mistake> {
    let mut instants: Vec<u32> = vec![];
    for record in records(text) {
        let (record, span) = record?;
        let Some(instant) = record.get(0).filter(|_| record.len() == 1).and_then(|field| field.parse().ok()) else {
            return Err(Mistake::at_span(span, "expected a whole number of milliseconds"));
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

/// Arrivals at a fleet of `devices` from a CSV file of `seconds,device`.
pub(crate) fn arrivals(name: &Located<String>, devices: u32, origin: &Origin) -> Result<Vec<TraceArrival>, Mistake> {
    let source = read(name, origin)?;
    parse_arrivals(&source.text, devices).map_err(|mistake| mistake.within(&source))
}

fn parse_arrivals(text: &str, devices: u32) -> Result<Vec<TraceArrival>, Mistake> {
    let mut before = 0.0;
    let mut arrivals = vec![];
    for (seconds, device, span) in rows::<f64, u32>(text, ["seconds", "device"])? {
        if !seconds.is_finite() || seconds < before {
            let message = format!("{seconds} s is out of order: times begin at 0 or later and must not descend");
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
        return Err(Mistake::in_file("there is no arrival in this trace"));
    }
    Ok(arrivals)
}
