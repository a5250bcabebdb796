//! Claims on whole devices and links, from simulations.

use super::evidence::{Evidence, ratio_of};
use super::finding::{Finding, interval, ratio};
use crate::error::ReportError;
use crate::quantity::{Quantity, fixed};
use crate::zoo::row;
use cospike_results::rows::{PointRow, ReplicationRow, Results};
use cospike_sim_core::energy::{Energy, PowerPart};
use cospike_sim_core::stats::{Claim, Interval, mean_interval, wilson};
use serde_json::Value;

/// A design point with its replications.
struct Point<'a> {
    row: &'a PointRow,
    replications: Vec<&'a ReplicationRow>,
    results: &'a Results,
}

/// All design points of `results`.
fn points(results: &Results) -> Vec<Point<'_>> {
    let of = |row: &PointRow| results.replications.iter().filter(|other| other.point == row.point).collect();
    results.points.iter().map(|row| Point { row, replications: of(row), results }).collect()
}

impl Point<'_> {
    /// Value of a swept key.
    fn parameter(&self, key: &str) -> Option<Value> {
        serde_json::from_str::<Value>(&self.row.parameters).ok()?.get(key).cloned()
    }

    fn link(&self) -> String {
        self.parameter("link.profile").and_then(|value| Some(value.as_str()?.to_owned())).unwrap_or_default()
    }

    /// A value of each replication; those without one are left out.
    fn each(&self, get: impl Fn(&ReplicationRow) -> Option<f64>) -> Vec<f64> {
        self.replications.iter().filter_map(|row| get(row)).collect()
    }

    fn latency(&self) -> Vec<f64> {
        self.each(|row| row.latency_mean_s)
    }

    fn energy(&self, of: fn(&Energy) -> f64) -> Vec<f64> {
        self.each(|row| row.energy.as_ref().map(of))
    }

    /// Energy of the compute under the list `prices` by `convention`, in joules per sample; `None` where it is not complete.
    fn compute(&self, prices: &str, convention: &str) -> Option<f64> {
        let rows = self
            .results
            .compute_energy
            .iter()
            .filter(|row| row.point == self.row.point)
            .map(|row| &row.energy)
            .filter(|energy| energy.prices == prices && energy.convention == convention);
        rows.map(|energy| energy.joules).reduce(|sum, joules| sum + joules)
    }
}

/// All that a device draws.
fn whole(energy: &Energy) -> f64 {
    energy.total
}

/// The processor while it computes, and the radio while it sends or receives: what papers count.
fn active(energy: &Energy) -> f64 {
    let parts = [PowerPart::Computing, PowerPart::RadioTx, PowerPart::RadioRx];
    energy.compute.total() + parts.into_iter().map(|part| energy.power[part]).sum::<f64>()
}

/// What a device draws apart from compute.
fn beside_compute(energy: &Energy) -> f64 {
    energy.total - energy.compute.total()
}

/// Links from the slowest to the fastest, and what is counted of the energy.
struct Accounting {
    name: &'static str,
    links: [&'static str; 3],
    energy: fn(&Energy) -> f64,
}

const ACCOUNTINGS: [Accounting; 2] = [
    Accounting {
        name: "as BottleNet prices it, only while active",
        links: ["bottlenet-3g", "bottlenet-4g", "bottlenet-wifi"],
        energy: active,
    },
    Accounting {
        name: "the whole device with promotion, tail and standby",
        links: ["3g", "4g", "wifi"],
        energy: whole,
    },
];

/// Ways of answering that are compared on the links: kind, split point and codec of a design point, and a name.
fn way(point: &Point<'_>) -> String {
    let PointRow { kind, split, codec, width, .. } = point.row;
    match width {
        Some(width) => format!("{kind} {split} width {width}"),
        None => format!("the image, {codec}"),
    }
}

/// Design points of the scenario `radios` by architecture, way and link.
fn radio_point<'a>(points: &'a [Point<'a>], architecture: &str, wanted: &str, link: &str) -> Option<&'a Point<'a>> {
    points.iter().find(|point| point.row.backbone == architecture && way(point) == wanted && point.link() == link)
}

fn ways(points: &[Point<'_>]) -> Vec<String> {
    let mut ways: Vec<String> = vec![];
    for point in points {
        let name = way(point);
        if !ways.contains(&name) {
            ways.push(name);
        }
    }
    ways
}

/// Mean over the links of the ratio of two ways, replication by replication.
fn mean_ratio(
    points: &[Point<'_>],
    architecture: &str,
    [cloud, cut]: [&str; 2],
    links: [&str; 3],
    value: &dyn Fn(&Point<'_>) -> Vec<f64>,
) -> Result<Option<Interval>, ReportError> {
    let mut sums: Vec<f64> = vec![];
    for link in links {
        let pair = radio_point(points, architecture, cloud, link).zip(radio_point(points, architecture, cut, link));
        let Some((cloud, cut)) = pair else { return Ok(None) };
        let ratios = value(cloud).into_iter().zip(value(cut)).map(|(cloud, cut)| cloud / cut / links.len() as f64);
        match sums.is_empty() {
            true => sums = ratios.collect(),
            false => sums.iter_mut().zip(ratios).for_each(|(sum, ratio)| *sum += ratio),
        }
    }
    Ok(Some(mean_interval(&sums)?))
}

/// Findings on claims of so many times less latency and energy than sending the image, as means over the three links, of the float unit:
/// held if both are, refuted if either is.
pub(super) fn cloud_only(evidence: &Evidence, latency: f64, energy: f64) -> Result<Vec<Finding>, ReportError> {
    let points = points(&evidence.radios);
    let all = ways(&points);
    let (images, cuts): (Vec<&String>, Vec<&String>) = all.iter().partition(|way| way.starts_with("the image"));
    let Some(cut) = cuts.into_iter().find(|cut| cut.starts_with("float")) else { return Ok(vec![]) };
    let mut findings = vec![];
    for architecture in evidence.architectures() {
        for image in &images {
            for Accounting { name, links, energy: counted } in ACCOUNTINGS {
                let mean_of = |value: &dyn Fn(&Point<'_>) -> Vec<f64>| {
                    mean_ratio(&points, architecture, [image.as_str(), cut.as_str()], links, value)
                };
                let found = mean_of(&|of| of.latency())?.zip(mean_of(&|of| of.energy(counted))?);
                let Some((faster, cheaper)) = found else { continue };
                let setting = format!("{architecture}, {cut} against {image}, energy {name}");
                let figure = format!("latency {} times better, energy {} times less", ratio(&faster), ratio(&cheaper));
                let claims = [(Claim::AtLeast(latency), faster), (Claim::AtLeast(energy), cheaper)];
                findings.push(Finding::of_all(&claims, setting, figure));
            }
        }
    }
    Ok(findings)
}

/// Findings on the claim that sending costs less on Wi-Fi than on 4G, and less on 4G than on 3G.
pub(super) fn order(evidence: &Evidence) -> Result<Vec<Finding>, ReportError> {
    let points = points(&evidence.radios);
    let Some(architecture) = evidence.architectures().into_iter().next() else { return Ok(vec![]) };
    let mut findings = vec![];
    for Accounting { name, links, energy: of } in ACCOUNTINGS {
        for way in ways(&points) {
            let mut ratios: Vec<Interval> = vec![];
            for pair in links.windows(2) {
                let sides = [0, 1].map(|side| radio_point(&points, architecture, &way, pair[side]));
                let [Some(slow), Some(fast)] = sides else { continue };
                ratios.push(ratio_of(&slow.energy(of), &fast.energy(of))?);
            }
            if ratios.is_empty() {
                continue;
            }
            let figure = ratios.iter().map(ratio).collect::<Vec<_>>().join(" and ");
            let figure = format!("3G over 4G, and 4G over Wi-Fi: {figure} times");
            let setting = format!("{architecture}, {way}, {name}");
            let claims: Vec<_> = ratios.into_iter().map(|ratio| (Claim::AtLeast(1.0), ratio)).collect();
            findings.push(Finding::of_all(&claims, setting, figure));
        }
    }
    Ok(findings)
}

/// A spiking network uncut on the device, and at its split points in each way of sending the steps.
struct Cuts<'a> {
    uncut: &'a Point<'a>,
    ways: [(&'static str, Vec<&'a Point<'a>>); 2],
}

fn cuts<'a>(points: &'a [Point<'a>], architecture: &str) -> Option<Cuts<'a>> {
    let spiking = || points.iter().filter(|of| of.row.backbone == architecture && of.row.kind == "spiking");
    let uncut = spiking().find(|point| point.row.width.is_none())?;
    let cut = spiking().filter(|point| point.row.width.is_some());
    let (deciding, together) = cut.partition(|point| point.parameter("cloud.exit_at").is_some());
    Some(Cuts { uncut, ways: [("the device decides after each step", deciding), ("all steps together", together)] })
}

/// Findings on a claim that cut networks take at most the share `most` of the energy of the device alone: of the cut with the least,
/// for the whole device and for compute alone.
pub(super) fn edge_only_energy(evidence: &Evidence, most: f64) -> Result<Vec<Finding>, ReportError> {
    let points = points(&evidence.neucodex);
    let mut findings = vec![];
    for architecture in evidence.architectures() {
        let Some(Cuts { uncut, ways }) = cuts(&points, architecture) else { continue };
        for (of, name) in [
            (whole as fn(&Energy) -> f64, "the whole device on Wi-Fi"),
            (|energy: &Energy| energy.compute.total(), "compute of head and encoder alone"),
        ] {
            let alone = uncut.energy(of);
            for (how, cut) in &ways {
                let shares = cut.iter().map(|point| Ok((point, ratio_of(&point.energy(of), &alone)?)));
                let shares: Vec<_> = shares.collect::<Result<_, ReportError>>()?;
                let best = shares.into_iter().min_by(|a, b| a.1.estimate.total_cmp(&b.1.estimate));
                let Some((point, share)) = best else { continue };
                let setting = format!("{architecture}, {name}, {how}, the best cut: {}", way(point));
                let figure = format!("{} times the energy of the device alone", ratio(&share));
                findings.push(Finding::new(Claim::AtMost(most), &share, setting, figure));
            }
        }
    }
    Ok(findings)
}

/// Findings on a claim that cut networks answer so many times faster than the device alone: of the fastest cut.
pub(super) fn edge_only_latency(evidence: &Evidence, times: f64) -> Result<Vec<Finding>, ReportError> {
    let points = points(&evidence.neucodex);
    let mut findings = vec![];
    for architecture in evidence.architectures() {
        let Some(Cuts { uncut, ways }) = cuts(&points, architecture) else { continue };
        for (how, cut) in &ways {
            let ratios = cut.iter().map(|point| Ok((point, ratio_of(&uncut.latency(), &point.latency())?)));
            let ratios: Vec<_> = ratios.collect::<Result<_, ReportError>>()?;
            let best = ratios.into_iter().max_by(|a, b| a.1.estimate.total_cmp(&b.1.estimate));
            let Some((point, found)) = best else { continue };
            let setting =
                format!("{architecture}, assumed accelerator on Wi-Fi, {how}, the fastest cut: {}", way(point));
            let figure = format!("{} times as fast as the device alone", ratio(&found));
            findings.push(Finding::new(Claim::AtLeast(times), &found, setting, figure));
        }
    }
    Ok(findings)
}

/// Energy per request that a device takes while it computes, sends and receives, and the share of requests that were sent.
fn fallback_energy(row: &ReplicationRow) -> Option<(f64, f64)> {
    let sent = 1.0 - row.requests.answered_at_edge as f64 / row.requests.completed as f64;
    Some((active(row.energy.as_ref()?), sent))
}

/// Largest relative difference that counts as equal: the window in which energy is measured leaves out a few requests.
const EQUAL: f64 = 0.01;

/// Findings on the sum CUR (communication + edge) + (1 - CUR) edge: the engine's energy of the device at each limit of entropy beside the
/// sum, whose terms are what the engine finds if everything is sent, and if nothing is.
pub(super) fn fallback(evidence: &Evidence) -> Result<Vec<Finding>, ReportError> {
    let points = points(&evidence.fallback);
    let mut findings = vec![];
    for architecture in evidence.architectures() {
        let of = |point: &&Point<'_>| point.row.backbone == architecture;
        let own: Vec<&Point<'_>> = points.iter().filter(of).collect();
        let (Some(first), Some(last)) = (own.first(), own.last()) else { continue };
        let mut differences = vec![];
        for point in &own {
            for (index, row) in point.replications.iter().enumerate() {
                let ends =
                    [first, last].map(|end| fallback_energy(end.replications.get(index)?).map(|(joules, _)| joules));
                let (Some((found, sent)), [Some(all), Some(none)]) = (fallback_energy(row), ends) else { continue };
                let sum = sent * all + (1.0 - sent) * none;
                differences.push((found - sum).abs() / sum);
            }
        }
        let most = differences.iter().copied().fold(0.0, f64::max);
        let found = Interval { estimate: most, low: 0.0, high: most };
        let setting = format!("{architecture}, {} limits of entropy, each with 5 replications", own.len());
        let figure = format!("the simulated energy differs from the sum by {} % at most", fixed(100.0 * most, 3));
        let remark = "A closed form that a simulation has to give: it is the simulator that is tested here, and held means within 1 %. Of the \
                      device alone: a server draws power here whether or not it is asked.";
        findings.push(Finding::new(Claim::AtMost(EQUAL), &found, setting, figure).remarked(remark));
    }
    Ok(findings)
}

/// Tables of the simulations.
pub(super) fn section(evidence: &Evidence) -> Result<String, ReportError> {
    Ok(whole_device(evidence)? + &radios(evidence)? + &fallback_table(evidence)?)
}

/// Table of ratios of the whole device under each list.
fn whole_device(evidence: &Evidence) -> Result<String, ReportError> {
    let points = points(&evidence.whole_device);
    let mut text = "### The whole device\n\n\
                    The same ratio, float over spiking, for everything that the device draws (scenario `whole-device`: Wi-Fi that is priced only \
                    while it sends and receives, five requests per second), at the last split point with the widest unit. Compute \
                    is that of the list; the rest is the same under all of them. Share: compute of all joules, of the spiking \
                    and of the float device. 95 % intervals over replications.\n\n\
                    | price list | zeros | backbone | float / spiking | share, spiking % | share, float % |\n\
                    |---|---|---|---:|---:|---:|\n"
        .to_owned();
    for (name, _) in evidence.complete_lists() {
        for (convention, zeros) in [("inside", "computed"), ("non-zero", "skipped")] {
            for architecture in evidence.architectures() {
                let find = |kind: &str| {
                    let is_it = |of: &&Point<'_>| of.row.backbone == architecture && of.row.kind == kind;
                    points.iter().rfind(|of| is_it(of) && of.row.width.is_some())
                };
                let side = |kind: &str| {
                    let point = find(kind)?;
                    let compute = point.compute(name, convention)?;
                    let all: Vec<f64> = point.energy(beside_compute).iter().map(|rest| rest + compute).collect();
                    Some((compute, all))
                };
                let (Some((own, spiking)), Some((other, float))) = (side("spiking"), side("float")) else { continue };
                let share =
                    |compute: f64, all: &[f64]| fixed(100.0 * compute * all.len() as f64 / all.iter().sum::<f64>(), 2);
                let found = ratio_of(&float, &spiking)?;
                let cells = [
                    format!("`{name}`"),
                    zeros.to_owned(),
                    architecture.to_owned(),
                    interval(&found, 1.0, 3),
                    share(own, &spiking),
                    share(other, &float),
                ];
                row(&mut text, &cells.each_ref().map(String::as_str));
            }
        }
    }
    Ok(text + "\n")
}

/// Table of energies and latencies on the three links.
fn radios(evidence: &Evidence) -> Result<String, ReportError> {
    let points = points(&evidence.radios);
    let mut text = "### 3G, 4G and Wi-Fi\n\n\
                    Scenario `radios`: one device that asks every 40 seconds, so each request pays for promotion and tail where a radio has them. \
                    *Active* is the processor while it computes and the radio while it sends and receives, which is what BottleNet's law prices. Means per request with 95 % intervals over replications.\n\n\
                    | backbone | what is sent | link | payload bit | active | whole device | latency |\n\
                    |---|---|---|---:|---:|---:|---:|\n"
        .to_owned();
    let mean = |quantity: Quantity, values: &[f64]| -> Result<String, ReportError> {
        let found = mean_interval(values)?;
        Ok(quantity.format_margin(found.estimate, found.half_width()))
    };
    for architecture in evidence.architectures() {
        for way in ways(&points) {
            for link in ACCOUNTINGS.iter().flat_map(|accounting| accounting.links) {
                let Some(point) = radio_point(&points, architecture, &way, link) else { continue };
                let cells = [
                    architecture.to_owned(),
                    way.clone(),
                    link.to_owned(),
                    point.row.payload_bits.map_or_else(|| "–".to_owned(), |bits| fixed(bits, 0)),
                    mean(Quantity::Joules, &point.energy(active))?,
                    mean(Quantity::Joules, &point.energy(whole))?,
                    mean(Quantity::Seconds, &point.latency())?,
                ];
                row(&mut text, &cells.each_ref().map(String::as_str));
            }
        }
    }
    Ok(text + "\n")
}

/// Table of the scenario `fallback`.
fn fallback_table(evidence: &Evidence) -> Result<String, ReportError> {
    let points = points(&evidence.fallback);
    let mut text = "### Asking the cloud only in doubt\n\n\
                    Scenario `fallback`: the spiking network on the device answers if the entropy of its answer is at most the limit; else the \
                    image goes to the float network in the cloud. All replications ask for the same 2,000 images. Energy of the device while it \
                    computes, sends and receives.\n\n\
                    | backbone | limit of entropy | sent % | right % | energy | latency |\n\
                    |---|---:|---:|---:|---:|---:|\n"
        .to_owned();
    for point in &points {
        let limit = point.parameter("fleet.exit_entropy").and_then(|value| value.as_f64());
        let Some(first) = point.replications.first() else { continue };
        let sent = fallback_energy(first).map_or_else(|| "–".to_owned(), |(_, sent)| fixed(100.0 * sent, 1));
        let right = wilson(first.requests.correct, first.requests.completed)?;
        let energy = mean_interval(&point.each(|row| Some(fallback_energy(row)?.0)))?;
        let latency = mean_interval(&point.latency())?;
        let cells = [
            point.row.backbone.clone(),
            limit.map_or_else(String::new, |limit| limit.to_string()),
            sent,
            interval(&right, 100.0, 1),
            Quantity::Joules.format_margin(energy.estimate, energy.half_width()),
            Quantity::Seconds.format_margin(latency.estimate, latency.half_width()),
        ];
        row(&mut text, &cells.each_ref().map(String::as_str));
    }
    Ok(text + "\n")
}
