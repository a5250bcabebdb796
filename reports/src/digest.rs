//! The rows of a study grouped by design point, with the intervals that figures and tables print.

use crate::error::ReportError;
use crate::figure::{shorten, text_width};
use crate::names::short_names;
use crate::pooled::pooled;
use crate::quantity::{count, plural};
use cospike_results::goal::Selection;
use cospike_results::index::{NetworkIndex, PointIndex};
use cospike_results::rows::{AnswerRow, ComputeEnergyRow, LatencyRow, PointRow, ReplicationRow, Results, Table};
use cospike_results::summary::{
    Answer, Comparison, Estimate, LEAST_COMPUTE, PointSummary, Summary, compute_share, energy_difference,
};
use cospike_sim_core::inference::Convention;
use cospike_sim_core::record::Field;
use cospike_sim_core::stats::Interval;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Swept keys whose values figures show by colour.
pub(crate) const KIND: [&str; 2] = ["network.family", "network.bottleneck"];
/// Swept keys whose values are the rows and columns of the heat map.
const CELL: [&str; 2] = ["network.split", "network.width"];

/// Results of a study, ready to be drawn.
pub(crate) struct Digest<'a> {
    /// Rows from which everything else is derived.
    pub(crate) results: &'a Results,
    /// Design points, in the order of `results.points`.
    pub(crate) designs: Vec<Design<'a>>,
    /// Declarations of the parts of the energy per request, those of compute first.
    pub(crate) energy_parts: Vec<Field>,
    /// Index of the first design point of every distinct network.
    pub(crate) networks: Vec<usize>,
    /// Kinds of bottleneck units, and families of networks without one, in order of appearance.
    pub(crate) kinds: Vec<String>,
    /// Pairs of a spiking design point and one of another family that is otherwise equal.
    pub(crate) pairs: Vec<Pair>,
    /// Answers of searches.
    pub(crate) searches: Vec<Answer>,
    /// The best design point, if that was asked for.
    pub(crate) selection: Option<Selection>,
    /// Swept keys in which the networks of each kind differ.
    varied: BTreeMap<String, BTreeSet<String>>,
}

/// Design point with all its results.
pub(crate) struct Design<'a> {
    /// Row of the table `points`.
    pub(crate) row: &'a PointRow,
    /// Accuracy, energy and latency with their intervals.
    pub(crate) summary: PointSummary,
    /// Swept values as text, by dotted path.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Rows of the table `replications`, in order.
    pub(crate) replications: Vec<&'a ReplicationRow>,
    /// Joules per answered request by part, in the order of [`Digest::energy_parts`], the mean over replications; empty if
    /// no request was completed, or a place is overloaded.
    pub(crate) parts: Vec<f64>,
    /// Percentile (0 to 100) with its latency in seconds, of the answers of all replications together; none where a place is overloaded.
    pub(crate) latencies: Vec<(f64, f64)>,
    /// Joules per sample of the head's compute by price list, on a machine that computes with zeros.
    pub(crate) compute: BTreeMap<&'a str, f64>,
    /// The same on a machine that skips real values that are zero.
    pub(crate) compute_skipping: BTreeMap<&'a str, f64>,
    /// Whether the network answers each sample correctly with nothing lost, in the order of the samples; empty if it cannot be
    /// executed.
    pub(crate) right: Rc<[bool]>,
}

/// Design point whose network was executed, with what that says of it.
#[derive(Clone, Copy)]
pub(crate) struct Executed<'d, 'a> {
    /// The design point.
    pub(crate) design: &'d Design<'a>,
    /// Offline accuracy with its Wilson interval.
    pub(crate) accuracy: Interval,
    /// Mean payload in bits.
    pub(crate) payload_bits: f64,
}

/// Spiking design point with the one of another family to which it is compared.
pub(crate) struct Pair {
    /// Index of the spiking design point.
    pub(crate) spiking: usize,
    /// Index of the design point of the other family.
    pub(crate) baseline: usize,
    /// Differences, spiking minus baseline.
    pub(crate) difference: Comparison,
}

impl<'a> Digest<'a> {
    /// Groups the rows of `results`.
    ///
    /// # Errors
    /// [`ReportError`] if there are no design points, a row belongs to none, a number is not finite, or a statistic cannot
    /// be computed.
    pub(crate) fn new(results: &'a Results) -> Result<Self, ReportError> {
        if results.points.is_empty() {
            return Err(ReportError::NoPoints);
        }
        check_keys(results)?;
        check_finite(&results.points)?;
        check_finite(&results.compute_energy)?;
        check_finite(&results.replications)?;
        check_finite(&results.latencies)?;
        let replications = by_point(&results.replications, |row| row.point);
        let latencies = by_point(&results.latencies, |row| row.point);
        let compute = by_point(&results.compute_energy, |row| row.point);
        let summary = Summary::new(results)?;
        let energy_parts = ReplicationRow::energy_parts();
        let right = right_by_network(results);
        let designs = results.points.iter().zip(summary.points).map(|(row, summary)| {
            let replications = replications.get(&row.point).cloned().unwrap_or_default();
            let latencies = latencies.get(&row.point).map_or(&[][..], Vec::as_slice);
            let compute = compute.get(&row.point).map_or(&[][..], Vec::as_slice);
            let design = Design::new(row, summary, replications, latencies, compute, &energy_parts)?;
            Ok(Design { right: right.get(&row.network).cloned().unwrap_or_default(), ..design })
        });
        let designs = designs.collect::<Result<Vec<_>, ReportError>>()?;
        let networks = firsts(&designs, |design| design.row.network);
        let kinds = firsts(&designs, |design| &design.row.kind);
        let kinds = kinds.into_iter().map(|index| designs[index].row.kind.clone()).collect();
        let index: BTreeMap<PointIndex, usize> =
            results.points.iter().zip(0..).map(|(row, index)| (row.point, index)).collect();
        let pair = |difference: Comparison| {
            let (spiking, baseline) = (*index.get(&difference.spiking)?, *index.get(&difference.baseline)?);
            Some(Pair { spiking, baseline, difference })
        };
        let pairs = summary.comparisons.into_iter().filter_map(pair).collect();
        let varied = varied(networks.iter().map(|index| &designs[*index]));
        let (searches, selection) = (summary.searches, summary.selection);
        Ok(Self { results, designs, energy_parts, networks, kinds, pairs, searches, selection, varied })
    }

    /// Words on the part of a larger study that this is; `None` if it is all of it.
    pub(crate) fn shown(&self) -> Option<String> {
        let (shown, all) = (self.designs.len(), self.results.all_points);
        let words = || format!("first {} of {}", count(shown as u64), plural(all, "design point"));
        (shown < all).then(words)
    }

    /// Whether compute is so much of the energy of any design point that price lists change it. Without energies, nothing else is there
    /// to compare.
    pub(crate) fn compute_matters(&self) -> bool {
        compute_share(&self.results.replications).is_none_or(|[_, most]| most >= LEAST_COMPUTE)
    }

    /// The first design point of every distinct network.
    pub(crate) fn networks(&self) -> impl Iterator<Item = &Design<'a>> {
        self.networks.iter().map(|index| &self.designs[*index])
    }

    /// Those of [`Digest::networks`] that could be executed.
    pub(crate) fn executed(&self) -> impl Iterator<Item = Executed<'_, 'a>> {
        self.networks().filter_map(Design::executed)
    }

    /// Names of the design points for a column of `width` pixels at font size `size`: the label; where labels are too long,
    /// without the words that all share; where that is too long too, its beginning and its end. Names that would be equal
    /// begin with the number of the point.
    pub(crate) fn names(&self, size: f64, width: f64) -> Vec<String> {
        let fits = |label: &str| text_width(label, size) <= width;
        let labels: Vec<&str> = self.designs.iter().map(|design| design.row.label.as_str()).collect();
        let labels: Vec<String> = match labels.iter().all(|label| fits(label)) {
            true => labels.iter().map(|label| (*label).to_owned()).collect(),
            false => self.short_names(),
        };
        let short: Vec<String> = labels.iter().map(|label| shorten(label, size, width)).collect();
        let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
        short.iter().for_each(|name| *counts.entry(name).or_default() += 1);
        let name = |(design, (short, label)): (&Design<'_>, (&String, &String))| match counts[short] {
            1 => short.clone(),
            _ => shorten(&format!("{}: {label}", design.row.point), size, width),
        };
        self.designs.iter().zip(short.iter().zip(&labels)).map(name).collect()
    }

    /// Labels of the design points, as short as they can be.
    pub(crate) fn short_names(&self) -> Vec<String> {
        let labels = self.designs.iter().map(|design| design.row.label.as_str());
        let own = without_shared_words(&labels.collect::<Vec<_>>());
        short_names(&own.iter().map(|label| label.split(' ').collect()).collect::<Vec<_>>())
    }

    /// Split and width, and codec, time steps and backbone where the study has several, such as `stage3 w4`.
    pub(crate) fn place(&self, design: &Design<'_>) -> String {
        let row = design.row;
        let mut text = row.split.clone();
        if let Some(width) = row.width {
            text += &format!(" w{width}");
        }
        let same_kind = || self.designs.iter().filter(|other| other.row.kind == row.kind);
        let mut same_cut = same_kind().filter(|other| (&other.row.split, other.row.width) == (&row.split, row.width));
        if same_cut.any(|other| other.row.codec != row.codec) {
            text += &format!(" {}", row.codec);
        }
        if same_kind().any(|other| other.row.time_steps != row.time_steps) {
            text += &format!(" T{}", row.time_steps);
        }
        if self.designs.iter().any(|other| other.row.backbone != row.backbone) {
            text += &format!(" {}", row.backbone);
        }
        text
    }

    /// Title that tells the heat maps of a study apart: the kind, and the swept values other than split and width in which
    /// its networks differ.
    pub(crate) fn panel(&self, design: &Design<'_>) -> String {
        let differs = |key: &str| self.varied.get(&design.row.kind).is_some_and(|keys| keys.contains(key));
        let rest =
            design.parameters.iter().filter(|(key, _)| !KIND.contains(&key.as_str()) && !CELL.contains(&key.as_str()));
        let rest = rest.filter(|(key, _)| differs(key)).map(|(key, value)| format!(", {key} = {value}"));
        format!("{}{}", design.row.kind, rest.collect::<String>())
    }

    /// Offline accuracy of the unsplit backbones by kind: that of a network all on the edge, or of one cut without
    /// a bottleneck unit, which answers the same (invariant 6).
    pub(crate) fn backbones(&self) -> Vec<Executed<'_, 'a>> {
        let whole = |of: &Executed<'_, '_>| of.design.row.width.is_none() && of.design.row.split != "input";
        let mut seen = BTreeSet::new();
        let first = |of: &Executed<'_, 'a>| seen.insert((of.design.row.kind.clone(), of.design.row.correct));
        self.executed().filter(whole).filter(first).collect()
    }
}

impl<'a> Design<'a> {
    fn new(
        row: &'a PointRow,
        summary: PointSummary,
        replications: Vec<&'a ReplicationRow>,
        latencies: &[&LatencyRow],
        compute: &[&'a ComputeEnergyRow],
        energy_parts: &[Field],
    ) -> Result<Self, ReportError> {
        let (mut by_list, mut skipping) = (BTreeMap::new(), BTreeMap::new());
        for row in compute {
            let by_list =
                if row.energy.convention == Convention::NonZero.name() { &mut skipping } else { &mut by_list };
            let sum = by_list.entry(row.energy.prices.as_str()).or_insert(0.0_f64);
            *sum = (*sum + row.energy.joules).clamp(-f64::MAX, f64::MAX);
        }
        // What grows with the run is nowhere shown as if it held.
        let summary = summary.that_holds();
        let (steady, latencies) =
            if summary.is_overloaded() { (&[][..], &[][..]) } else { (&replications[..], latencies) };
        let joules: Vec<Vec<f64>> = steady.iter().map(|row| row.joules_by_part()).collect();
        let mean = |part: usize| Estimate::new(joules.iter().map(|row| row.get(part).copied()), 0).mean;
        let parts = (0..energy_parts.len()).filter_map(mean).collect();
        let latencies = pooled_percentiles(latencies, &replications);
        Ok(Self {
            row,
            summary,
            parameters: parameters(row)?,
            replications,
            parts,
            latencies,
            compute: by_list,
            compute_skipping: skipping,
            right: Rc::default(),
        })
    }

    /// What the execution of its network says; `None` if that failed.
    pub(crate) fn executed(&self) -> Option<Executed<'_, 'a>> {
        let (accuracy, payload_bits) = (self.summary.offline_accuracy?, self.row.payload_bits?);
        Some(Executed { design: self, accuracy, payload_bits })
    }

    /// Whether a place is asked for more than it can do.
    pub(crate) fn is_overloaded(&self) -> bool {
        self.summary.is_overloaded()
    }

    /// Requests made, over all replications.
    pub(crate) fn generated(&self) -> u64 {
        self.replications.iter().map(|row| row.requests.generated).fold(0, u64::saturating_add)
    }

    /// Requests completed, over all replications.
    pub(crate) fn completed(&self) -> u64 {
        self.replications.iter().map(|row| row.requests.completed).fold(0, u64::saturating_add)
    }

    /// The label without the kind in front, for figures that show the kind by colour.
    pub(crate) fn short_label(&self) -> &str {
        let rest = self.row.label.strip_prefix(self.row.kind.as_str());
        rest.and_then(|rest| rest.strip_prefix(' ')).unwrap_or(&self.row.label)
    }

    /// Joules per answered request of this design point minus those of `other`, replication by replication: both saw
    /// the same arrivals, samples and link (invariant 3).
    pub(crate) fn energy_difference(&self, other: &Self) -> Estimate {
        energy_difference([self.row, other.row], [&self.replications, &other.replications])
    }
}

/// Swept keys in which the design points of each kind differ, or that only some of them have.
fn varied<'d, 'a: 'd>(designs: impl Iterator<Item = &'d Design<'a>>) -> BTreeMap<String, BTreeSet<String>> {
    let mut first: BTreeMap<&str, &BTreeMap<String, String>> = BTreeMap::new();
    let mut varied: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for design in designs {
        let first = *first.entry(&design.row.kind).or_insert(&design.parameters);
        let keys = first.keys().chain(design.parameters.keys());
        let keys = keys.filter(|key| first.get(*key) != design.parameters.get(*key));
        varied.entry(design.row.kind.clone()).or_default().extend(keys.cloned());
    }
    varied
}

/// The labels without the words that stand in all of them at the same place, counted from the start; one that has no
/// others keeps them.
pub(crate) fn without_shared_words(labels: &[&str]) -> Vec<String> {
    let words = |label: &str| label.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let all: Vec<Vec<String>> = labels.iter().map(|label| words(label)).collect();
    let is_shared = |(place, word): (usize, &String)| all.iter().all(|words| words.get(place) == Some(word));
    let shared: Vec<bool> = all.first().into_iter().flatten().enumerate().map(is_shared).collect();
    let own = |words: &Vec<String>| {
        let kept = words.iter().enumerate().filter(|(place, _)| !shared.get(*place).is_some_and(|shared| *shared));
        let kept: Vec<&str> = kept.map(|(_, word)| word.as_str()).collect();
        if kept.is_empty() { words.join(" ") } else { kept.join(" ") }
    };
    all.iter().map(own).collect()
}

/// Whether each network answers each sample correctly, in the order of the samples.
fn right_by_network(results: &Results) -> BTreeMap<NetworkIndex, Rc<[bool]>> {
    let mut right: BTreeMap<NetworkIndex, Vec<bool>> = BTreeMap::new();
    for &AnswerRow { network, label, answer, .. } in &results.answers {
        right.entry(network).or_default().push(label == answer);
    }
    right.into_iter().map(|(network, right)| (network, right.into())).collect()
}

/// Rows of a table by design point.
fn by_point<T>(rows: &[T], point: impl Fn(&T) -> PointIndex) -> BTreeMap<PointIndex, Vec<&T>> {
    let mut table: BTreeMap<PointIndex, Vec<&T>> = BTreeMap::new();
    rows.iter().for_each(|row| table.entry(point(row)).or_default().push(row));
    table
}

/// Index of the first design point with each value of `key`.
fn firsts<'d, 'a, K: Ord>(designs: &'d [Design<'a>], key: impl Fn(&'d Design<'a>) -> K) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    (0..designs.len()).filter(|index| seen.insert(key(&designs[*index]))).collect()
}

fn check_keys(results: &Results) -> Result<(), ReportError> {
    let mut known = BTreeSet::new();
    if let Some(twice) = results.points.iter().find(|row| !known.insert(row.point)) {
        return Err(ReportError::TwicePoint { point: twice.point });
    }
    let check = |table, mut points: Box<dyn Iterator<Item = PointIndex> + '_>| match points
        .find(|point| !known.contains(point))
    {
        Some(point) => Err(ReportError::UnknownPoint { table, point }),
        None => Ok(()),
    };
    check("replications", Box::new(results.replications.iter().map(|row| row.point)))?;
    check("latencies", Box::new(results.latencies.iter().map(|row| row.point)))?;
    check("compute_energy", Box::new(results.compute_energy.iter().map(|row| row.point)))
}

fn parameters(row: &PointRow) -> Result<BTreeMap<String, String>, ReportError> {
    let object: BTreeMap<String, serde_json::Value> = serde_json::from_str(&row.parameters)
        .map_err(|source| ReportError::Parameters { label: row.label.clone(), source })?;
    let text = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Ok(object.into_iter().map(|(key, value)| (key, text(value))).collect())
}

/// No study writes NaN or infinity.
fn check_finite<T: Table>(rows: &[T]) -> Result<(), ReportError> {
    match rows.iter().find_map(Table::first_not_finite) {
        Some((column, value)) => Err(ReportError::NotFinite { table: T::NAME, column: column.name, value }),
        None => Ok(()),
    }
}

/// Latency at every percentile of the answers of all replications together.
fn pooled_percentiles(rows: &[&LatencyRow], replications: &[&ReplicationRow]) -> Vec<(f64, f64)> {
    let completed: BTreeMap<u32, u64> =
        replications.iter().map(|row| (row.replication, row.requests.completed)).collect();
    let mut each: BTreeMap<u32, Vec<(f64, f64)>> = BTreeMap::new();
    rows.iter().for_each(|row| each.entry(row.replication).or_default().push((row.percentile, row.seconds)));
    let weight = |replication: &u32| completed.get(replication).copied().unwrap_or(0) as f64;
    pooled(each.iter().map(|(replication, points)| (weight(replication), points.as_slice())).collect())
}
