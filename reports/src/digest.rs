//! The rows of a study grouped by design point, with the intervals that figures and tables print.

use crate::error::ReportError;
use cospike_results::index::PointIndex;
use cospike_results::rows::{ComputeEnergyRow, LatencyRow, PointRow, ReplicationRow, Results};
use cospike_results::summary::{Comparison, Estimate, PointSummary, Summary};
use cospike_sim_core::record::Field;
use cospike_sim_core::stats::mean_interval;
use std::collections::{BTreeMap, BTreeSet};

/// Swept keys whose values figures show by colour.
const KIND: [&str; 2] = ["network.family", "network.bottleneck"];
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
    /// Pairs of a spiking design point and one of the float family that is otherwise equal.
    pub(crate) pairs: Vec<Pair>,
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
    /// Joules per completed request by part, in the order of [`Digest::energy_parts`], the mean over replications.
    pub(crate) parts: Vec<f64>,
    /// Percentile (0 to 100) with its latency in seconds, the mean over replications.
    pub(crate) latencies: Vec<(f64, f64)>,
    /// Joules per sample of the head's compute by price list.
    pub(crate) compute: BTreeMap<&'a str, f64>,
}

/// Spiking design point with the float one to which it is compared.
pub(crate) struct Pair {
    /// Index of the spiking design point.
    pub(crate) spiking: usize,
    /// Index of the float design point.
    pub(crate) float: usize,
    /// Differences, spiking minus float.
    pub(crate) difference: Comparison,
}

impl<'a> Digest<'a> {
    /// Groups the rows of `results`.
    ///
    /// # Errors
    /// [`ReportError`] if there are no design points, a row belongs to none, a number is not finite where it must
    /// be, or a statistic cannot be computed.
    pub(crate) fn new(results: &'a Results) -> Result<Self, ReportError> {
        if results.points.is_empty() {
            return Err(ReportError::NoPoints);
        }
        check_keys(results)?;
        let replications = by_point(&results.replications, |row| row.point);
        let latencies = by_point(&results.latencies, |row| row.point);
        let compute = by_point(&results.compute_energy, |row| row.point);
        let summary = Summary::new(results)?;
        let energy_parts = ReplicationRow::energy_parts();
        let designs = results.points.iter().zip(summary.points).map(|(row, summary)| {
            let replications = replications.get(&row.point).cloned().unwrap_or_default();
            let latencies = latencies.get(&row.point).map_or(&[][..], Vec::as_slice);
            let compute = compute.get(&row.point).map_or(&[][..], Vec::as_slice);
            Design::new(row, summary, replications, latencies, compute, &energy_parts)
        });
        let designs = designs.collect::<Result<Vec<_>, _>>()?;
        let networks = firsts(&designs, |design| design.row.network);
        let kinds = firsts(&designs, |design| &design.row.kind);
        let kinds = kinds.into_iter().map(|index| designs[index].row.kind.clone()).collect();
        let index: BTreeMap<PointIndex, usize> =
            results.points.iter().zip(0..).map(|(row, index)| (row.point, index)).collect();
        let pair = |difference: Comparison| {
            let (spiking, float) = (*index.get(&difference.spiking)?, *index.get(&difference.float)?);
            Some(Pair { spiking, float, difference })
        };
        let pairs = summary.comparisons.into_iter().filter_map(pair).collect();
        Ok(Self { results, designs, energy_parts, networks, kinds, pairs })
    }

    /// The first design point of every distinct network.
    pub(crate) fn networks(&self) -> impl Iterator<Item = &Design<'a>> {
        self.networks.iter().map(|index| &self.designs[*index])
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
        let differs = |key: &str| {
            let mut values = self.networks().filter(|other| other.row.kind == design.row.kind);
            values.any(|other| other.parameters.get(key) != design.parameters.get(key))
        };
        let rest =
            design.parameters.iter().filter(|(key, _)| !KIND.contains(&key.as_str()) && !CELL.contains(&key.as_str()));
        let rest = rest.filter(|(key, _)| differs(key)).map(|(key, value)| format!(", {key} = {value}"));
        format!("{}{}", design.row.kind, rest.collect::<String>())
    }

    /// Offline accuracy of the unsplit backbones by kind: that of a network all on the edge, or of one cut without
    /// a bottleneck unit, which answers the same (invariant 6).
    pub(crate) fn backbones(&self) -> Vec<&Design<'a>> {
        let whole = |design: &&Design<'_>| design.row.width.is_none() && design.row.split != "input";
        let mut seen = BTreeSet::new();
        self.networks().filter(whole).filter(|design| seen.insert((&design.row.kind, design.row.correct))).collect()
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
        let mut by_list = BTreeMap::new();
        for row in compute {
            *by_list.entry(row.prices.as_str()).or_insert(0.0) += finite(row.point, "compute energy", row.joules)?;
        }
        finite(row.point, "payload", row.payload_bits)?;
        for replication in replications.iter().filter(|replication| replication.requests.completed > 0) {
            finite(row.point, "energy", replication.energy.total)?;
            finite(row.point, "latency", replication.latency_mean_s)?;
            finite(row.point, "latency", replication.latency_p95_s)?;
            for (part, joules) in energy_parts.iter().zip(replication.joules_by_part()) {
                finite(row.point, part.label, joules)?;
            }
        }
        let joules: Vec<Vec<f64>> = replications.iter().map(|row| row.joules_by_part()).collect();
        let mean = |part: usize| joules.iter().map(|row| row[part]).sum::<f64>() / joules.len() as f64;
        let parts = (0..energy_parts.len()).map(mean).collect();
        let latencies = mean_percentiles(latencies);
        Ok(Self { row, summary, parameters: parameters(row)?, replications, parts, latencies, compute: by_list })
    }

    /// Requests made, over all replications.
    pub(crate) fn generated(&self) -> u64 {
        self.replications.iter().map(|row| row.requests.generated).sum()
    }

    /// Requests completed, over all replications.
    pub(crate) fn completed(&self) -> u64 {
        self.replications.iter().map(|row| row.requests.completed).sum()
    }

    /// Whether every replication completed requests, so that there are energies and latencies per request.
    pub(crate) fn completes(&self) -> bool {
        !self.replications.is_empty() && self.replications.iter().all(|row| row.requests.completed > 0)
    }

    /// The label without the kind in front, for figures that show the kind by colour.
    pub(crate) fn short_label(&self) -> &str {
        let rest = self.row.label.strip_prefix(self.row.kind.as_str());
        rest.and_then(|rest| rest.strip_prefix(' ')).unwrap_or(&self.row.label)
    }

    /// Joules per completed request of this design point minus those of `other`, replication by replication: both saw
    /// the same arrivals, samples and link (invariant 3). `None` for fewer than two replications.
    pub(crate) fn energy_difference(&self, other: &Self) -> Option<Estimate> {
        let rows = self.replications.iter().zip(&other.replications);
        let differences: Vec<f64> = rows.map(|(one, other)| one.energy.total - other.energy.total).collect();
        let interval = mean_interval(&differences).ok()?;
        Some(Estimate { mean: interval.estimate, interval: Some(interval) })
    }
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

fn finite(point: PointIndex, quantity: &'static str, value: f64) -> Result<f64, ReportError> {
    if value.is_finite() { Ok(value) } else { Err(ReportError::NotFinite { point, quantity, value }) }
}

/// Mean latency at every percentile. A replication without completed requests has no finite latencies.
fn mean_percentiles(rows: &[&LatencyRow]) -> Vec<(f64, f64)> {
    let mut finite: Vec<&LatencyRow> =
        rows.iter().copied().filter(|row| row.seconds.is_finite() && row.percentile.is_finite()).collect();
    finite.sort_by(|a, b| a.percentile.total_cmp(&b.percentile));
    let means = finite
        .chunk_by(|a, b| a.percentile == b.percentile)
        .map(|rows| (rows[0].percentile, rows.iter().map(|row| row.seconds).sum::<f64>() / rows.len() as f64));
    means.collect()
}
