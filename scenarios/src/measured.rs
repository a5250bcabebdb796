//! What a device was measured to take for the head of a network: time and energy by split point and width, in a CSV file.

use crate::diagnostic::{Mistake, Origin, Source, did_you_mean, excerpt};
use crate::located::Located;
use crate::traces::records;
use cospike_models::zoo::NetworkChoice;
use cospike_sim_core::compute::{MAX_OPERATIONS_PER_SECOND, Processor};
use cospike_sim_core::kernel::{MAX_SECONDS, MAX_WATTS};
use cospike_sim_core::network::{BottleneckKind, Network, NetworkName};
use csv::StringRecord;
use std::collections::BTreeSet;
use std::ops::Range;

/// Names of the columns. A file may leave the first one out: then its rows are for networks of every kind.
const COLUMNS: [&str; 5] = ["kind", "split", "width", "head_ms", "head_mj"];

/// Rows of a file.
#[derive(Clone, Debug)]
pub(crate) struct MeasuredHeads {
    rows: Vec<Head>,
    source: Source,
    blake3: String,
}

/// What the head of a network takes.
#[derive(Clone, Debug)]
struct Head {
    kind: Option<String>,
    split: String,
    width: Option<u32>,
    seconds: f64,
    joules: f64,
    /// Place of the row in the file.
    span: Range<usize>,
}

impl MeasuredHeads {
    /// Reads the file `name`, a path relative to `origin`.
    ///
    /// # Errors
    /// A file that cannot be read; the first mistake in it.
    pub(crate) fn load(name: &Located<String>, origin: &Origin) -> Result<Self, Mistake> {
        let Origin::Folder(folder) = origin else {
            return Err(Mistake::in_value(name, "a scenario that ships with CoSpike has no measured file"));
        };
        let path = folder.join(name.as_str());
        let message = |error| format!("cannot read the measured heads {}: {error}", path.display());
        let source = Source::read(&path).map_err(|error| Mistake::in_value(name, message(error)))?;
        let rows = read(&source.text).map_err(|mistake| mistake.within(&source))?;
        let blake3 = blake3::hash(source.text.as_bytes()).to_hex().to_string();
        Ok(Self { rows, source, blake3 })
    }

    /// Refuses a row for a split point that neither one of `networks` nor any architecture has.
    ///
    /// # Errors
    /// The first such row, with the name that was probably meant.
    pub(crate) fn check_splits<'a>(&self, networks: impl Iterator<Item = &'a Network>) -> Result<(), Mistake> {
        let names = |network: &'a Network| network.split_points.iter().map(|split| split.name.as_str());
        let known: BTreeSet<&str> = networks.flat_map(names).collect();
        let is_known = |head: &&Head| known.contains(head.split.as_str());
        if self.rows.iter().all(|head| is_known(&head)) {
            return Ok(());
        }
        let catalogue: Vec<Network> = NetworkName::all().map(|name| name.float()).collect();
        let is_elsewhere = |head: &&Head| catalogue.iter().any(|network| network.split(&head.split).is_ok());
        match self.rows.iter().find(|head| !is_known(head) && !is_elsewhere(head)) {
            None => Ok(()),
            Some(head) => {
                let message = format!("no network of this study has a split point `{}`", excerpt(&head.split));
                let help = did_you_mean(&head.split, known);
                Err(Mistake::at_span(head.span.clone(), message).help(help).within(&self.source))
            }
        }
    }

    /// BLAKE3 hash of the file, in hexadecimal.
    pub(crate) fn blake3(&self) -> &str {
        &self.blake3
    }

    /// A processor that takes as long for the head of `choice` as was measured, and the watts that it draws meanwhile. `name` is the file.
    ///
    /// # Errors
    /// A network that the file has no row for.
    pub(crate) fn device(&self, choice: &NetworkChoice, name: &Located<String>) -> Result<(Processor, f64), Mistake> {
        let width = choice.unit.as_ref().map(|unit| unit.width);
        let is_kind = |head: &&Head| head.kind.as_deref().is_none_or(|kind| kind == choice.kind());
        let mut rows = self.rows.iter().filter(is_kind);
        let head = rows.find(|head| head.split == choice.split && head.width == width).ok_or_else(|| {
            let width = width.map_or("no width".into(), |width| format!("width {width}"));
            let network = format!("kind `{}`, split `{}` and {width}", choice.kind(), choice.split);
            Mistake::in_value(name, format!("{} has no row for {network}", **name))
                .help("measure it, or leave it out of the study")
        })?;
        // Operations take no time of their own: at this rate all that a head may have take less than the clock counts.
        let processor = Processor {
            ac_per_second: MAX_OPERATIONS_PER_SECOND,
            mac_per_second: MAX_OPERATIONS_PER_SECOND,
            neuron_updates_per_second: MAX_OPERATIONS_PER_SECOND,
            overhead_seconds: head.seconds,
        };
        Ok((processor, head.joules / head.seconds))
    }
}

fn read(text: &str) -> Result<Vec<Head>, Mistake> {
    let mut records = records(text);
    let heading = records.next().transpose()?;
    let has_kind = match &heading {
        Some((record, _)) if record.iter().eq(COLUMNS) => true,
        Some((record, _)) if record.iter().eq(COLUMNS[1..].iter().copied()) => false,
        other => {
            let span = other.as_ref().map_or(0..0, |(_, span)| span.clone());
            let message = format!("the first line must be `{}`", COLUMNS[1..].join(","));
            return Err(Mistake::at_span(span, message).help(format!("or, by kind, `{}`", COLUMNS.join(","))));
        }
    };
    let mut heads: Vec<Head> = vec![];
    for record in records {
        let (record, span) = record?;
        let head = head(&record, &span, has_kind)?;
        if heads.iter().any(|other| (&other.kind, &other.split, other.width) == (&head.kind, &head.split, head.width)) {
            return Err(Mistake::at_span(span, "an earlier row is for the same network").help("leave one of them out"));
        }
        heads.push(head);
    }
    Ok(heads)
}

fn head(record: &StringRecord, span: &Range<usize>, has_kind: bool) -> Result<Head, Mistake> {
    let wrong = |message: String| Mistake::at_span(span.clone(), message);
    let columns = &COLUMNS[usize::from(!has_kind)..];
    if record.len() != columns.len() {
        return Err(wrong(format!("this row has {} values, but there are {} columns", record.len(), columns.len())));
    }
    let cell = |name: &str| columns.iter().position(|column| *column == name).and_then(|place| record.get(place));
    let text = |name: &str| cell(name).unwrap_or_default();
    let number = |name: &str, least: f64, most: f64| {
        let found = text(name).parse::<f64>().ok().filter(|number| (least..=most).contains(number));
        found.ok_or_else(|| {
            wrong(format!("`{name}` is `{}`, but must be a number from {least:e} to {most:e}", excerpt(text(name))))
        })
    };
    let width = match text("width") {
        "" => None,
        width => Some(width.parse().map_err(|_| {
            wrong(format!("`width` is `{}`, but must be a whole number, or empty without a unit", excerpt(width)))
        })?),
    };
    let seconds = number("head_ms", 1e-6, MAX_SECONDS * 1e3)? * 1e-3;
    let joules = number("head_mj", 0.0, seconds.min(1.0) * MAX_WATTS * 1e3)? * 1e-3;
    let kind = cell("kind").map(str::to_owned);
    // Those of families are among them.
    let kinds = || BottleneckKind::ALL.into_iter().map(BottleneckKind::name);
    if let Some(unknown) = kind.as_deref().filter(|kind| !kinds().any(|known| known == *kind)) {
        return Err(
            wrong(format!("no kind of network is called `{}`", excerpt(unknown))).help(did_you_mean(unknown, kinds()))
        );
    }
    Ok(Head { kind, split: text("split").into(), width, seconds, joules, span: span.clone() })
}
