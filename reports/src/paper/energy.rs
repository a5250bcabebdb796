//! Claims on the compute energy of the head and its encoder.

use super::evidence::{Evidence, Units, joules, ratio_of, spikes_per_neuron};
use super::finding::{Finding, ratio};
use crate::error::ReportError;
use crate::figures::{EnergyRatio, energy_ratios_figure};
use crate::markdown_page::MarkdownPage;
use crate::quantity::{fixed, times};
use crate::zoo::row;
use cospike_models::zoo::Executed;
use cospike_sim_core::energy::{ComputePart, PriceList};
use cospike_sim_core::inference::Convention;
use cospike_sim_core::network::{BottleneckKind, Family};
use cospike_sim_core::stats::{Claim, Interval};

/// A spiking network and its twins on real values, cut alike.
#[derive(Clone, Copy)]
struct Twins<'a> {
    spiking: &'a Executed,
    float: &'a Executed,
    /// The quantised network of as many levels as the spiking one has time steps, if there is one.
    quantised: Option<&'a Executed>,
}

/// The first training of units, which stands for the others: their heads count almost alike.
fn first<'a>(units: &Units<'a>) -> &'a Executed {
    units.backbones[0].units[0]
}

/// The first training of the units among `others` that are at the split point of `units`, with its width.
fn like<'a>(units: &Units<'_>, others: &[Units<'a>]) -> Option<&'a Executed> {
    others.iter().find(|other| (other.split, other.width) == (units.split, units.width)).map(first)
}

/// Conventions, with the name of what becomes of zeros under each.
const ZEROS: [(Convention, &str); 3] = [
    (Convention::Inside, "computed"),
    (Convention::WithBorders, "computed, borders too"),
    (Convention::NonZero, "skipped"),
];

impl<'a> Twins<'a> {
    /// The twin that a list is for: of a list that prices activations of few bits, the network that has them.
    fn real(&self, list: &PriceList) -> Option<&'a Executed> {
        match list.activation_bits(self.spiking.matched_steps) {
            Some(_) => self.quantised,
            None => Some(self.float),
        }
    }

    /// Energy of the twin on real values over that of the spiking network, with its interval over batches of samples; `None` where
    /// there is no such twin, or the list does not price everything that happens.
    fn ratio(&self, list: &PriceList, convention: Convention) -> Result<Option<Interval>, ReportError> {
        let Some(real) = self.real(list) else { return Ok(None) };
        let energies = joules(real, list, convention).zip(joules(self.spiking, list, convention));
        Ok(energies.map(|(real, spiking)| ratio_of(&real, &spiking)).transpose()?)
    }

    fn name(&self) -> String {
        let choice = &self.spiking.choice;
        match &choice.unit {
            None => format!("{}, uncut", choice.backbone),
            Some(unit) => format!("{}, {}, width {}", choice.backbone, choice.split, unit.width),
        }
    }

    /// Energies of both networks under a list, summed over the samples.
    fn parts(&self, list: &PriceList, convention: Convention) -> Parts {
        let parts = |of: &Executed| {
            let lines =
                of.heads.iter().flat_map(|head| list.account(&of.network, of.matched_steps, head, convention).lines);
            lines.fold((0.0, 0.0), |(accumulates, others), line| match (line.part, line.joules()) {
                (ComputePart::Ac, Some(joules)) => (accumulates + joules, others),
                (_, joules) => (accumulates, others + joules.unwrap_or(0.0)),
            })
        };
        let (accumulates, others) = parts(self.spiking);
        let (more, rest) = parts(self.float);
        Parts { float: more + rest, accumulates, others }
    }
}

/// Energies of twins, in joules.
struct Parts {
    /// The float network.
    float: f64,
    /// Accumulates of the spiking network, which grow with its spikes.
    accumulates: f64,
    /// Everything else of the spiking network.
    others: f64,
}

impl Parts {
    /// Factor of the spikes at which the float network would take `wanted` times the energy of the spiking one; negative where what
    /// does not depend on spikes is too much already.
    fn factor_for(&self, wanted: f64) -> f64 {
        (self.float / wanted - self.others) / self.accumulates
    }
}

impl Evidence {
    /// All twins of the zoo: uncut networks, and networks with the first plain unit of each split point and width.
    fn twins(&self, architecture: &str) -> Vec<Twins<'_>> {
        let uncut = |family| self.backbones(architecture, family).first().copied();
        let uncut = uncut(Family::Spiking).zip(uncut(Family::Float)).map(|(spiking, float)| Twins {
            spiking,
            float,
            quantised: uncut(Family::Quantised),
        });
        let [floats, quantised] =
            [BottleneckKind::Float, BottleneckKind::Quantised].map(|kind| self.units(architecture, kind));
        let cut = self.units(architecture, BottleneckKind::Spiking).into_iter().filter_map(|spiking| {
            Some(Twins {
                spiking: first(&spiking),
                float: like(&spiking, &floats)?,
                quantised: like(&spiking, &quantised),
            })
        });
        uncut.into_iter().chain(cut).collect()
    }

    /// Twins with the widest unit at the last split point.
    fn last_twins(&self, architecture: &str) -> Option<Twins<'_>> {
        self.twins(architecture).pop()
    }

    fn all_twins(&self) -> Vec<Twins<'_>> {
        self.architectures().into_iter().flat_map(|architecture| self.twins(architecture)).collect()
    }

    /// The price lists under which both twins have a total.
    pub(super) fn complete_lists(&self) -> Vec<&(String, PriceList)> {
        let architectures = self.architectures();
        let twins: Vec<Twins<'_>> = architectures.into_iter().filter_map(|name| self.last_twins(name)).collect();
        let is_complete = |list: &&(String, PriceList)| {
            twins
                .iter()
                .flat_map(|twins| [Some(twins.spiking), twins.real(&list.1)])
                .all(|network| network.is_some_and(|network| joules(network, &list.1, Convention::Inside).is_some()))
        };
        self.prices.iter().filter(is_complete).collect()
    }
}

/// Twins with the largest ratio under a list.
struct Largest<'a, 'b> {
    twins: &'a Twins<'b>,
    ratio: Interval,
    list: &'a str,
}

fn largest<'a, 'b>(
    twins: &'a [Twins<'b>],
    lists: &[&'a (String, PriceList)],
    convention: Convention,
) -> Result<Option<Largest<'a, 'b>>, ReportError> {
    let mut best: Option<Largest<'a, 'b>> = None;
    for (name, list) in lists {
        for twins in twins {
            let Some(ratio) = twins.ratio(list, convention)? else { continue };
            if best.as_ref().is_none_or(|best| ratio.estimate > best.ratio.estimate) {
                best = Some(Largest { twins, ratio, list: name });
            }
        }
    }
    Ok(best)
}

/// Findings on a claim that the float network's head takes `claimed` times the energy of the spiking one's.
pub(super) fn findings(evidence: &Evidence, claimed: f64) -> Result<Vec<Finding>, ReportError> {
    let (twins, lists) = (evidence.all_twins(), evidence.complete_lists());
    let mut findings = vec![];
    for (convention, zeros) in ZEROS {
        let Some(Largest { twins, ratio: found, list }) = largest(&twins, &lists, convention)? else { continue };
        let setting = format!("the largest of all networks and lists with zeros {zeros}: {}, {list}", twins.name());
        let figure = format!("{} times, rate x T {}", ratio(&found), fixed(spikes_per_neuron(twins.spiking), 2));
        findings.push(Finding::new(Claim::AtLeast(claimed), &found, setting, figure));
    }
    if let Some(first) = findings.first_mut() {
        let more =
            "Compute of head and encoder alone, without JPEG and radio; the whole device is in a table of its own.";
        *first = first.clone().remarked(more);
    }
    Ok(findings)
}

/// Figure and tables of ratios, and a table of the spikes that the claimed ratios would need.
pub(super) fn section(page: &mut MarkdownPage, evidence: &Evidence, claimed: &[f64]) -> Result<(), ReportError> {
    let lists = evidence.complete_lists();
    page.add(&introduction(evidence, &lists));
    let at_last_split = last_ratios(evidence, &lists)?;
    if let Some(figure) = energy_ratios_figure(&at_last_split, claimed)? {
        page.show(figure);
    }
    page.add(&last_table(evidence, &lists, &at_last_split));
    page.add(&over_all(evidence, &lists)?);
    page.add(&needed(evidence, &lists, claimed));
    page.add("\n");
    Ok(())
}

fn introduction(evidence: &Evidence, lists: &[&(String, PriceList)]) -> String {
    let left_out: Vec<String> = (evidence.prices.iter())
        .filter(|(name, _)| lists.iter().all(|(complete, _)| complete != name))
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    let of_few_bits = |list: &PriceList| list.activation_bits(Some(1)).is_some();
    let quantised: Vec<String> =
        lists.iter().filter(|(_, list)| of_few_bits(list)).map(|(name, _)| format!("`{name}`")).collect();
    format!(
        "### Compute energy of head and encoder\n\n\
         How many times the energy of the spiking network the float network takes, up to and with the encoder of the unit, by price list \
         and by what becomes of real values that are zero, with 95 % intervals over images (batches of them). Below 1 the float network takes \
         less. Neither JPEG nor the radio is in it. Under lists that price activations of as few bits as it takes to say how often a neuron \
         fired ({}), the quantised network, which has such activations and was executed with them, takes the place of the float one. Left out, because \
         they have no price for operations on real values: {}. \
         [energy.md](energy.md) has the lists.\n\n",
        if quantised.is_empty() { "none".into() } else { quantised.join(", ") },
        left_out.join(", ")
    )
}

/// The ratios of the widest unit at the last split point, in the order of lists and conventions.
fn last_ratios<'a>(
    evidence: &'a Evidence,
    lists: &[&'a (String, PriceList)],
) -> Result<Vec<EnergyRatio<'a>>, ReportError> {
    let mut ratios = vec![];
    for (list, prices) in lists {
        for architecture in evidence.architectures() {
            let Some(twins) = evidence.last_twins(architecture) else { continue };
            for (convention, _) in ZEROS {
                if let Some(ratio) = twins.ratio(prices, convention)? {
                    ratios.push(EnergyRatio { list, architecture, convention, ratio });
                }
            }
        }
    }
    Ok(ratios)
}

/// Table of the widest unit at the last split point.
fn last_table(evidence: &Evidence, lists: &[&(String, PriceList)], ratios: &[EnergyRatio<'_>]) -> String {
    let mut text = "#### At the last split point, the widest unit\n\n| price list | zeros |".to_owned();
    let architectures = evidence.architectures();
    architectures.iter().for_each(|architecture| text += &format!(" {architecture} |"));
    text += &format!("\n|---|---|{}\n", "---:|".repeat(architectures.len()));
    for (name, _) in lists {
        for (convention, zeros) in ZEROS {
            let mut cells = vec![format!("`{name}`"), zeros.to_owned()];
            for architecture in architectures.iter().copied() {
                let wanted = (name.as_str(), architecture, convention);
                let found = ratios.iter().find(|found| (found.list, found.architecture, found.convention) == wanted);
                cells.push(found.map_or_else(|| "–".into(), |found| ratio(&found.ratio)));
            }
            row(&mut text, &cells.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
    text
}

/// Table of the largest ratio of each list.
fn over_all(evidence: &Evidence, lists: &[&(String, PriceList)]) -> Result<String, ReportError> {
    let mut text = "\n#### The largest ratio of all networks, split points and widths\n\n\
                    Uncut networks are among them. Chosen as the largest of many, so by chance a little too large.\n\n\
                    | price list | zeros | times less | where | rate x T |\n|---|---|---:|---|---:|\n"
        .to_owned();
    let twins = evidence.all_twins();
    for list in lists {
        for (convention, zeros) in ZEROS {
            let Some(Largest { twins, ratio: found, .. }) = largest(&twins, &[*list], convention)? else { continue };
            let spikes = fixed(spikes_per_neuron(twins.spiking), 2);
            row(&mut text, &[&format!("`{}`", list.0), zeros, &ratio(&found), &twins.name(), &spikes]);
        }
    }
    Ok(text)
}

/// Table of the spikes at which the claimed ratios would be reached by arithmetic alone.
fn needed(evidence: &Evidence, lists: &[&(String, PriceList)], claimed: &[f64]) -> String {
    let mut text = "\n#### Spikes that the claimed ratios would need\n\n\
                    Rate x T, spikes per neuron and inference, at which the widest unit at the last split point would reach the claimed ratio, if \
                    accumulates grew with the spikes and all other counts stayed: the multiply-accumulates of the first layer, which \
                    reads real pixels, are among them. *Never*: these alone are more than the claim allows, and the most that any \
                    spike rate can reach stands in the last column.\n\n\
                    | backbone | price list | zeros | rate x T here |"
        .to_owned();
    claimed.iter().for_each(|ratio| text += &format!(" for {}x |", fixed(*ratio, 0)));
    text += &format!(" most |\n|---|---|---|---:|{}---:|\n", "---:|".repeat(claimed.len()));
    for architecture in evidence.architectures() {
        let Some(twins) = evidence.last_twins(architecture) else { continue };
        for (name, list) in lists.iter().filter(|(name, _)| name.ends_with("-fp32") || name.ends_with("-int32")) {
            if !matches!(list, PriceList::Operations(_)) {
                continue;
            }
            for (convention, zeros) in ZEROS {
                let (parts, here) = (twins.parts(list, convention), spikes_per_neuron(twins.spiking));
                let mut cells = vec![architecture.to_owned(), format!("`{name}`"), zeros.to_owned(), fixed(here, 3)];
                cells.extend(claimed.iter().map(|&wanted| match parts.factor_for(wanted) {
                    never if never < 0.0 => "never".to_owned(),
                    factor => fixed(here * factor, 3),
                }));
                cells.push(if parts.others > 0.0 { times(parts.float / parts.others) } else { "–".to_owned() });
                row(&mut text, &cells.iter().map(String::as_str).collect::<Vec<_>>());
            }
        }
    }
    text
}
