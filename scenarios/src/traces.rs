//! Files of what was recorded: rates of a link, packet-delivery instants, arrivals.

use crate::diagnostic::{Diagnostic, Source};
use crate::library;
use cospike_sim_core::link::RateStep;
use cospike_sim_core::workload::TraceArrival;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;

/// A line of a file that is neither empty nor a comment (`#`), and where it stands.
struct Line<'a> {
    text: &'a str,
    span: Range<usize>,
}

/// Reads the file `name`, which is asked for in `asked_in`: a path relative to that file, which for a shipped scenario is
/// that of a shipped trace.
fn read(name: &Spanned<String>, asked_in: &Source) -> Result<Source, Diagnostic> {
    let Some(folder) = &asked_in.folder else {
        let missing = || asked_in.error_at(name, "no trace that ships with CoSpike lies there");
        return library::trace(name.get_ref()).ok_or_else(missing);
    };
    let path = folder.join(Path::new(name.get_ref()));
    Source::read(&path)
        .map_err(|error| asked_in.error_at(name, format!("cannot read the trace {}: {error}", path.display())))
}

/// BLAKE3 of the file, hexadecimal.
pub(crate) fn blake3(name: &Spanned<String>, asked_in: &Source) -> Result<String, Diagnostic> {
    Ok(blake3::hash(read(name, asked_in)?.text.as_bytes()).to_hex().to_string())
}

fn lines(source: &Source) -> impl Iterator<Item = Line<'_>> {
    let mut at = 0;
    let all = source.text.split_inclusive('\n').map(move |raw| {
        let text = raw.trim();
        let start = at + (raw.len() - raw.trim_start().len());
        at += raw.len();
        Line { text, span: start..start + text.len() }
    });
    all.filter(|line| !line.text.is_empty() && !line.text.starts_with('#'))
}

/// The two columns of a CSV file with the heading `first,second`.
fn columns<A: std::str::FromStr, B: std::str::FromStr>(
    source: &Source,
    heading: &str,
) -> Result<Vec<(A, B, Range<usize>)>, Diagnostic> {
    let mut lines = lines(source);
    match lines.next() {
        Some(line) if line.text.split(',').map(str::trim).eq(heading.split(',')) => {}
        line => {
            let message = format!("the first line must be `{heading}`");
            return Err(source.error(line.map_or(0..0, |line| line.span), message));
        }
    }
    lines
        .map(|line| {
            let values =
                line.text.split_once(',').and_then(|(a, b)| Some((a.trim().parse().ok()?, b.trim().parse().ok()?)));
            let wrong = || source.error(line.span.clone(), format!("expected two numbers, `{heading}`"));
            values.map(|(a, b)| (a, b, line.span.clone())).ok_or_else(wrong)
        })
        .collect()
}

/// Rates over time from a CSV file of `seconds,mbps`. The last line's time ends the trace, which then begins again; its
/// rate is not used and may be anything.
pub(crate) fn rates(name: &Spanned<String>, asked_in: &Source) -> Result<(Vec<RateStep>, f64), Diagnostic> {
    let source = read(name, asked_in)?;
    let rows = columns::<f64, f64>(&source, "seconds,mbps")?;
    let mut before = None;
    for (seconds, mbps, span) in &rows {
        let in_order = before.map_or(*seconds == 0.0, |before| *seconds > before);
        if !in_order || !seconds.is_finite() {
            let message = format!("{seconds} s is out of order: times begin at 0 and ascend");
            return Err(source.error(span.clone(), message));
        }
        if !mbps.is_finite() || *mbps < 0.0 {
            return Err(source.error(span.clone(), format!("{mbps} Mbit/s is no rate")));
        }
        before = Some(*seconds);
    }
    let Some(((end, ..), steps)) = rows.split_last().filter(|(_, steps)| steps.iter().any(|(_, mbps, _)| *mbps > 0.0))
    else {
        return Err(source.error(0..0, "a rate trace needs a rate above 0, and a last line that says when it ends"));
    };
    let steps = steps.iter().map(|&(seconds, mbps, _)| RateStep { seconds, bits_per_second: mbps * 1e6 });
    Ok((steps.collect(), *end))
}

/// Milliseconds at which a packet of 1,500 bytes can pass, one per line: mahimahi's format.
pub(crate) fn opportunities(name: &Spanned<String>, asked_in: &Source) -> Result<Vec<u32>, Diagnostic> {
    let source = read(name, asked_in)?;
    let mut instants: Vec<u32> = vec![];
    for line in lines(&source) {
        let Ok(instant) = line.text.parse() else {
            return Err(source.error(line.span, "expected a whole number of milliseconds"));
        };
        if instants.last().is_some_and(|&last| instant < last) {
            return Err(source.error(line.span, format!("{instant} ms is out of order: times must not descend")));
        }
        instants.push(instant);
    }
    match instants.last() {
        Some(&last) if last > 0 => Ok(instants),
        _ => Err(source.error(0..0, "a packet-delivery trace needs an instant after 0 ms")),
    }
}

/// Arrivals from a CSV file of `seconds,device`.
pub(crate) fn arrivals(
    name: &Spanned<String>,
    devices: u32,
    asked_in: &Source,
) -> Result<Vec<TraceArrival>, Diagnostic> {
    let source = read(name, asked_in)?;
    let mut before = 0.0;
    let mut arrivals = vec![];
    for (seconds, device, span) in columns::<f64, u32>(&source, "seconds,device")? {
        if !seconds.is_finite() || seconds < before {
            let message = format!("{seconds} s is out of order: times begin at 0 or later and must not descend");
            return Err(source.error(span, message));
        }
        if device >= devices {
            let message =
                format!("there is no device {device}: the fleet has devices 0 to {}", devices.saturating_sub(1));
            return Err(source.error(span, message));
        }
        before = seconds;
        arrivals.push(TraceArrival { seconds, device });
    }
    if arrivals.is_empty() {
        return Err(source.error(0..0, "there is no arrival in this trace"));
    }
    Ok(arrivals)
}
