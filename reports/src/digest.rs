//! The rows of a result store, put together per design point, with the intervals that figures and tables print.

use crate::ReportError;
use cospike_scenarios::results::{AnswerRow, ComputeEnergyRow, LatencyRow, PointRow, ReplicationRow, Results};
use cospike_sim_core::stats::{Interval, PairedDifference, mean_interval, paired_difference, wilson};
use std::collections::{BTreeMap, BTreeSet};

/// Swept key that tells spiking networks from their baselines.
const FAMILY: &str = "network.family";
/// Swept keys that are the two sides of the heat map.
const CELL: [&str; 2] = ["network.split", "network.width"];

/// A study, ready to be drawn.
pub(crate) struct Digest<'a> {
    /// The rows.
    pub(crate) results: &'a Results,
    /// One entry per row of `results.points`, in that order.
    pub(crate) designs: Vec<Design<'a>>,
    /// Index of the first design point of every distinct network.
    pub(crate) networks: Vec<usize>,
    /// The families, in order of appearance.
    pub(crate) families: Vec<String>,
    /// Spiking design points and the baselines that differ from them in nothing but the family.
    pub(crate) pairs: Vec<Pair>,
}

/// A design point with all that is known of it.
pub(crate) struct Design<'a> {
    /// Its row.
    pub(crate) row: &'a PointRow,
    /// Its swept values by dotted path, as JSON texts.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Offline accuracy with its Wilson interval.
    pub(crate) accuracy: Interval,
    /// Requests made, over all replications.
    pub(crate) generated: u64,
    /// Requests completed, over all replications.
    pub(crate) completed: u64,
    /// What the replications with completed requests came to; `None` if there are none.
    outcome: Option<Outcome>,
    /// Its replications.
    replications: Vec<&'a ReplicationRow>,
    /// Percentile (0 to 100) and latency in seconds, the mean over replications.
    pub(crate) latencies: Vec<(f64, f64)>,
    /// Joules per sample of the head's compute by price list.
    pub(crate) compute: BTreeMap<&'a str, f64>,
}

/// Means over the replications that completed requests.
pub(crate) struct Outcome {
    /// Joules per completed request.
    pub(crate) energy: Estimate,
    /// Mean latency, in seconds.
    pub(crate) latency: Estimate,
    /// 95th percentile of latency, in seconds.
    pub(crate) latency_p95: Estimate,
    /// Share of the completed requests that got the right answer, losses included.
    pub(crate) accuracy: Estimate,
    /// Joules per completed request by part, in the order of [`Part::ALL`].
    pub(crate) parts: [f64; 8],
}

/// A mean over replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    /// The mean.
    pub(crate) mean: f64,
    /// Ends of its 95 % Student-t interval; `None` for a single replication.
    pub(crate) interval: Option<(f64, f64)>,
    /// Replications.
    pub(crate) replications: usize,
}

/// A spiking design point against a baseline.
pub(crate) struct Pair {
    /// Index of the spiking design point.
    pub(crate) spiking: usize,
    /// Index of the baseline.
    pub(crate) baseline: usize,
    /// Accuracy of the spiking network less that of the baseline, on the same samples.
    pub(crate) accuracy: PairedDifference,
    /// Joules per completed request of the spiking point less those of the baseline, replication by replication.
    pub(crate) energy: Option<Estimate>,
}

/// A part of the energy per request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Accumulates.
    Accumulate,
    /// Multiply-accumulates.
    Mac,
    /// Neuron updates.
    Neuron,
    /// Memory traffic.
    Memory,
    /// Static power.
    Static,
    /// Radio sending.
    RadioTx,
    /// Radio receiving.
    RadioRx,
    /// Radio idle.
    RadioIdle,
}

impl Part {
    /// All parts: compute first.
    pub(crate) const ALL: [Self; 8] = [
        Self::Accumulate,
        Self::Mac,
        Self::Neuron,
        Self::Memory,
        Self::Static,
        Self::RadioTx,
        Self::RadioRx,
        Self::RadioIdle,
    ];
    /// How many of [`Part::ALL`] are compute.
    pub(crate) const COMPUTE: usize = 4;

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Accumulate => "accumulate",
            Self::Mac => "multiply-accumulate",
            Self::Neuron => "neuron update",
            Self::Memory => "memory",
            Self::Static => "static power",
            Self::RadioTx => "radio sending",
            Self::RadioRx => "radio receiving",
            Self::RadioIdle => "radio idle",
        }
    }

    fn joules(self, row: &ReplicationRow) -> f64 {
        match self {
            Self::Accumulate => row.energy_ac_j,
            Self::Mac => row.energy_mac_j,
            Self::Neuron => row.energy_neuron_j,
            Self::Memory => row.energy_memory_j,
            Self::Static => row.energy_static_j,
            Self::RadioTx => row.energy_radio_tx_j,
            Self::RadioRx => row.energy_radio_rx_j,
            Self::RadioIdle => row.energy_radio_idle_j,
        }
    }
}

impl<'a> Digest<'a> {
    /// Puts the rows of `results` together.
    ///
    /// # Errors
    /// [`ReportError`] if there are no design points, a row belongs to none, a number is not finite where it must
    /// be, or no statistic can be given.
    pub(crate) fn new(results: &'a Results) -> Result<Self, ReportError> {
        if results.points.is_empty() {
            return Err(ReportError::NoPoints);
        }
        check_keys(results)?;
        let replications = by_point(&results.replications, |row| row.point);
        let latencies = by_point(&results.latencies, |row| row.point);
        let compute = by_point(&results.compute_energy, |row| row.point);
        let designs = results
            .points
            .iter()
            .map(|row| {
                let replications = replications.get(&row.point).map_or(&[][..], Vec::as_slice);
                let latencies = latencies.get(&row.point).map_or(&[][..], Vec::as_slice);
                let compute = compute.get(&row.point).map_or(&[][..], Vec::as_slice);
                Design::new(row, replications, latencies, compute)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let networks = firsts(&designs, |design| design.row.network);
        let families = firsts(&designs, |design| &design.row.family);
        let families = families.into_iter().map(|index| designs[index].row.family.clone()).collect();
        let pairs = pairs(&designs, results)?;
        Ok(Self { results, designs, networks, families, pairs })
    }

    /// The first design point of every distinct network.
    pub(crate) fn networks(&self) -> impl Iterator<Item = &Design<'a>> {
        self.networks.iter().map(|index| &self.designs[*index])
    }

    /// Split and width, and time steps and backbone where the study has several, e.g. `stage3 w4`.
    pub(crate) fn place(&self, design: &Design<'_>) -> String {
        let row = design.row;
        let mut text = row.split.clone();
        if let Some(width) = row.width {
            text += &format!(" w{width}");
        }
        let family = || self.designs.iter().filter(|other| other.row.family == row.family);
        if family().any(|other| other.row.time_steps != row.time_steps) {
            text += &format!(" T{}", row.time_steps);
        }
        if self.designs.iter().any(|other| other.row.backbone != row.backbone) {
            text += &format!(" {}", row.backbone);
        }
        text
    }

    /// What tells the heat maps of a study apart: the family, and the swept values other than split and width in
    /// which its networks differ.
    pub(crate) fn panel(&self, design: &Design<'_>) -> String {
        let differs = |key: &str| {
            let mut values = self.networks().filter(|other| other.row.family == design.row.family);
            values.any(|other| other.parameters.get(key) != design.parameters.get(key))
        };
        let rest = design.parameters.iter().filter(|(key, _)| *key != FAMILY && !CELL.contains(&key.as_str()));
        let rest = rest.filter(|(key, _)| differs(key)).map(|(key, value)| format!(", {key} = {value}"));
        format!("{}{}", design.row.family, rest.collect::<String>())
    }

    /// Offline accuracy of the unsplit backbones by family: that of a network all on the edge, or of one cut without
    /// a bottleneck unit, which answers the same (invariant 6).
    pub(crate) fn backbones(&self) -> Vec<&Design<'a>> {
        let whole = |design: &&Design<'_>| design.row.width.is_none() && design.row.split != "input";
        let mut seen = BTreeSet::new();
        self.networks().filter(whole).filter(|design| seen.insert((&design.row.family, design.row.correct))).collect()
    }
}

impl<'a> Design<'a> {
    fn new(
        row: &'a PointRow,
        replications: &[&'a ReplicationRow],
        latencies: &[&LatencyRow],
        compute: &[&'a ComputeEnergyRow],
    ) -> Result<Self, ReportError> {
        let statistics = |source| ReportError::Statistics { label: row.label.clone(), source };
        let sum = |column: fn(&ReplicationRow) -> u64| replications.iter().map(|row| column(row)).sum();
        let mut by_list = BTreeMap::new();
        for row in compute {
            *by_list.entry(row.prices.as_str()).or_insert(0.0) += finite(row.point, "compute energy", row.joules)?;
        }
        let payload = finite(row.point, "payload", row.payload_bits)?;
        if payload < 0.0 {
            return Err(ReportError::NotFinite { point: row.point, quantity: "payload", value: payload });
        }
        Ok(Self {
            row,
            parameters: parameters(row)?,
            accuracy: wilson(u64::from(row.correct), u64::from(row.samples)).map_err(statistics)?,
            generated: sum(|row| row.generated),
            completed: sum(|row| row.completed),
            outcome: Outcome::new(replications)?,
            replications: replications.to_vec(),
            latencies: mean_percentiles(latencies),
            compute: by_list,
        })
    }
}

impl Outcome {
    fn new(replications: &[&ReplicationRow]) -> Result<Option<Self>, ReportError> {
        let mean = |quantity, column: &dyn Fn(&ReplicationRow) -> f64| {
            let completed = replications.iter().filter(|row| row.completed > 0);
            let values =
                completed.map(|row| finite(row.point, quantity, column(row))).collect::<Result<Vec<_>, _>>()?;
            Ok::<_, ReportError>(Estimate::new(&values))
        };
        let energy = mean("energy", &|row| row.energy_total_j)?;
        let latency = mean("latency", &|row| row.latency_mean_s)?;
        let latency_p95 = mean("latency", &|row| row.latency_p95_s)?;
        let accuracy = mean("accuracy", &|row| row.correct as f64 / row.completed as f64)?;
        let (Some(energy), Some(latency), Some(latency_p95), Some(accuracy)) = (energy, latency, latency_p95, accuracy)
        else {
            return Ok(None);
        };
        let mut parts = [0.0; 8];
        for (joules, part) in parts.iter_mut().zip(Part::ALL) {
            *joules = mean(part.name(), &|row| part.joules(row))?.map_or(0.0, |estimate| estimate.mean);
        }
        Ok(Some(Self { energy, latency, latency_p95, accuracy, parts }))
    }
}

impl Estimate {
    /// The mean of independent values and its interval; `None` without values.
    pub(crate) fn new(values: &[f64]) -> Option<Self> {
        let replications = values.len();
        let interval = mean_interval(values).ok().map(|interval| (interval.low, interval.high));
        (replications > 0).then(|| Self {
            mean: values.iter().sum::<f64>() / replications as f64,
            interval,
            replications,
        })
    }
}

/// Rows of a table by design point.
fn by_point<T>(rows: &[T], point: impl Fn(&T) -> u32) -> BTreeMap<u32, Vec<&T>> {
    let mut table: BTreeMap<u32, Vec<&T>> = BTreeMap::new();
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
    let check =
        |table, mut points: Box<dyn Iterator<Item = u32> + '_>| match points.find(|point| !known.contains(point)) {
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

fn finite(point: u32, quantity: &'static str, value: f64) -> Result<f64, ReportError> {
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

/// Every spiking design point with every baseline whose swept values differ in nothing but the family and whose
/// network answered the same samples.
fn pairs(designs: &[Design<'_>], results: &Results) -> Result<Vec<Pair>, ReportError> {
    let mut answers: BTreeMap<u32, Vec<&AnswerRow>> = BTreeMap::new();
    results.answers.iter().for_each(|row| answers.entry(row.network).or_default().push(row));
    answers.values_mut().for_each(|rows| rows.sort_by_key(|row| row.sample));
    let mut pairs = Vec::new();
    for (spiking, one) in designs.iter().enumerate().filter(|(_, design)| design.row.family == "spiking") {
        for (baseline, other) in designs.iter().enumerate().filter(|(_, other)| one.is_twin_of(other)) {
            let (Some(first), Some(second)) = (answers.get(&one.row.network), answers.get(&other.row.network)) else {
                continue;
            };
            if !first.iter().map(|row| row.sample).eq(second.iter().map(|row| row.sample)) {
                continue;
            }
            let right = |rows: &[&AnswerRow]| rows.iter().map(|row| row.answer == row.label).collect::<Vec<bool>>();
            let accuracy = paired_difference(&right(first), &right(second))
                .map_err(|source| ReportError::Statistics { label: one.row.label.clone(), source })?;
            let energy = one.energy_difference(other);
            pairs.push(Pair { spiking, baseline, accuracy, energy });
        }
    }
    Ok(pairs)
}

impl Design<'_> {
    /// What its replications came to; `None` if no request was completed.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// Its label without the family in front, for figures that show the family by colour.
    pub(crate) fn short_label(&self) -> &str {
        let rest = self.row.label.strip_prefix(self.row.family.as_str());
        rest.and_then(|rest| rest.strip_prefix(' ')).unwrap_or(&self.row.label)
    }

    /// How many times the float32 features outweigh the payload; `None` if nothing is sent.
    pub(crate) fn compression_of_float32(&self) -> Option<f64> {
        (self.row.payload_bits > 0.0).then(|| self.row.float32_bits as f64 / self.row.payload_bits)
    }

    /// How many times the T-step binary features outweigh the payload; `None` if nothing is sent.
    pub(crate) fn compression_of_binary(&self) -> Option<f64> {
        (self.row.payload_bits > 0.0).then(|| self.row.binary_bits as f64 / self.row.payload_bits)
    }

    /// Joules per completed request of this design point less those of `other`, replication by replication: both saw
    /// the same arrivals, samples and link (invariant 3). `None` if no replication of both completed requests.
    pub(crate) fn energy_difference(&self, other: &Self) -> Option<Estimate> {
        let difference = |one: &&ReplicationRow| {
            let twin = other.replications.iter().find(|twin| twin.replication == one.replication)?;
            (one.completed > 0 && twin.completed > 0).then(|| one.energy_total_j - twin.energy_total_j)
        };
        Estimate::new(&self.replications.iter().filter_map(difference).collect::<Vec<_>>())
    }

    fn is_twin_of(&self, other: &Self) -> bool {
        let differs = |key: &&String| self.parameters.get(*key) != other.parameters.get(*key);
        let keys = self.parameters.keys().chain(other.parameters.keys());
        other.row.family != "spiking" && keys.filter(differs).all(|key| key == FAMILY)
    }
}
