//! Energy accounts as tables and as JSON.

use super::activity::Activity;
use super::priced::{Measured, Pair, Priced};
use crate::failure::Failure;
use crate::output::{CellAlignment, decimal, percent, print_json, say, say_wrapped, shifted, significant, table};
use cospike_scenarios::profiles::{Prices, Profile};
use cospike_sim_core::energy::{Account, AccountLine};
use cospike_sim_core::inference::Convention;
use cospike_sim_core::network::Family;
use cospike_sim_core::stats::wilson;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Power of ten of microjoules per joule.
const MICRO: i32 = 6;
/// Power of ten of picojoules per joule.
const PICO: i32 = 12;

/// Prints both networks under every price list, the activity of the spiking one, which needs less energy, and how accurate the
/// networks are that were priced.
pub(super) fn comparison(network: &str, priced: &[Priced], activity: &Activity) -> Result<(), Failure> {
    let mut lists = table(&["price list", "zeros", "spiking uJ", "twin", "twin uJ", "spiking / twin", "less energy"]);
    for (list, pair) in priced.iter().flat_map(|list| list.pairs.iter().map(move |pair| (list, pair))) {
        let (ratio, twin) = (pair.ratio(), list.twin.family.name());
        lists.add_row([
            list.name.clone(),
            zeros(pair.convention).into(),
            microjoules(&pair.spiking, &list.spiking),
            twin.into(),
            microjoules(&pair.twin, &list.twin),
            ratio.map_or_else(|| "-".into(), significant),
            ratio.map_or("no comparison", |ratio| winner(ratio).unwrap_or(twin)).into(),
        ]);
    }
    say!("{lists}\n");
    let samples = priced.first().map_or(0, |list| list.spiking.samples);
    say_wrapped!(
        "{network}, means of {samples} samples; `>`: partial, the list has no price for operations on real values, and neither network can win \
         by it"
    );
    say_wrapped!(
        "zeros skipped: real values that are zero cost nothing but a bit each in a map, in both networks; computed: as any other value"
    );
    print_accuracies(priced)?;
    print_activity(activity);
    say_wrapped!("\n{}", wins(priced));
    say_wrapped!("ratios hold within one list only: the lists differ by orders of magnitude in what they count");
    Ok(())
}

/// Prints the accuracy of every network as it was executed, and the lists that priced it.
fn print_accuracies(priced: &[Priced]) -> Result<(), Failure> {
    let mut lists: Vec<(&Measured, String, Vec<&str>)> = vec![];
    for (list, measured) in priced.iter().flat_map(|list| [(list, &*list.spiking), (list, &*list.twin)]) {
        let activations = activations(&list.prices, measured);
        match lists.iter_mut().find(|(known, words, _)| std::ptr::eq(*known, measured) && *words == activations) {
            Some((_, _, names)) => names.push(&list.name),
            None => lists.push((measured, activations, vec![&list.name])),
        }
    }
    lists.sort_by_key(|(measured, ..)| measured.family);
    let mut rows = table(&["network as executed", "weights", "activations", "accuracy %", "priced by"]);
    rows.column_iter_mut().skip(4).for_each(|column| column.set_cell_alignment(CellAlignment::Left));
    for (measured, activations, names) in lists {
        let accuracy = wilson(measured.correct.into(), measured.samples.into())?;
        let cells = [measured.name().into(), weights(measured), activations, percent(&accuracy), names.join(", ")];
        rows.add_row(cells);
    }
    say!("\n{rows}");
    Ok(())
}

/// Widths of the weights of a network as it was executed: `float32`, `8 bits`, `3 and 8 bits`.
pub(super) fn weights(measured: &Measured) -> String {
    let widths: BTreeSet<Option<u32>> = measured.weight_bits.iter().copied().collect();
    let words = |width: &Option<u32>| width.map_or_else(|| "float32".to_string(), |bits| bits.to_string());
    let bits = if widths.iter().all(Option::is_none) { "" } else { " bits" };
    widths.iter().map(words).collect::<Vec<_>>().join(" and ") + bits
}

/// Activations of a network as it was executed, and what `list` takes them to be if that is something else.
pub(super) fn activations(prices: &Prices, measured: &Measured) -> String {
    let executed = match (measured.family, measured.activation_bits()) {
        (Family::Spiking, _) => format!("spikes, T = {}", measured.zoo.network.steps()),
        (_, Some(bits)) => format!("{bits} bits"),
        (_, None) => "float32".into(),
    };
    match measured.activations_not_executed(prices) {
        Some(bits) => format!("{executed}, priced as {bits} bits"),
        None => executed,
    }
}

/// What becomes of zeros by a convention, in words.
pub(super) fn zeros(convention: Convention) -> &'static str {
    match convention {
        Convention::Inside => "computed",
        Convention::WithBorders => "computed, borders too",
        Convention::NonZero => "skipped",
    }
}

/// The spiking network, if it needs no more energy, given its energy over that of its twin; `None` if the twin needs less.
fn winner(ratio: f64) -> Option<&'static str> {
    match ratio {
        ratio if ratio < 1.0 => Some("spiking"),
        ratio if ratio > 1.0 => None,
        _ => Some("equal"),
    }
}

/// Says under which price lists each network needs less energy, how many times less, and whether that holds against a twin that
/// computes with its zeros, against one that skips them, or against both.
fn wins(priced: &[Priced]) -> String {
    let ratios = priced
        .iter()
        .filter_map(|list| Some((list, [list.ratio(Convention::Inside)?, list.ratio(Convention::NonZero)?])));
    let ratios: Vec<(&Priced, [f64; 2])> = ratios.collect();
    let spiking = Some("spiking");
    let cases = [
        ([spiking, spiking], "the spiking network needs less whether zeros are computed or skipped"),
        ([spiking, None], "the spiking network needs less only if zeros are computed, its twin if they are skipped"),
        ([None, spiking], "the twin needs less only if zeros are computed, the spiking network if they are skipped"),
        ([None, None], "the twin needs less whether zeros are computed or skipped"),
    ];
    let said = cases.into_iter().filter_map(|(winners, says)| {
        let lists = ratios.iter().filter(|(_, ratios)| ratios.map(winner) == winners);
        let times = |ratio: f64| significant(ratio.max(1.0 / ratio));
        let lists = lists.map(|(list, [dense, skipped])| {
            format!("{} ({} and {} times less)", list.name, times(*dense), times(*skipped))
        });
        let lists = lists.collect::<Vec<_>>().join(", ");
        (!lists.is_empty()).then(|| format!("{says}:\n  {lists}"))
    });
    let said = said.collect::<Vec<_>>().join("\n");
    if said.is_empty() { "no list lets one of the networks win".into() } else { said }
}

pub(super) fn print_activity(activity: &Activity) {
    let Activity { rate, per_synapse, steps, .. } = activity;
    say_wrapped!(
        "\nspikes per neuron and step {}, x T = {steps}: {}; spikes per synapse and inference {}",
        significant(*rate),
        significant(rate * *steps as f64),
        significant(*per_synapse)
    );
    let mut crossovers = table(&["published crossover", "spiking needs less energy below", "here", ""]);
    for crossover in activity.crossovers() {
        crossovers.add_row([
            crossover.source.to_string(),
            crossover.says.into(),
            significant(crossover.here),
            crossover.verdict.into(),
        ]);
    }
    say!("{crossovers}");
}

/// Mean energy per sample; of a partial account that of the events with a price, marked by `>`.
pub(super) fn microjoules(account: &Account, measured: &Measured) -> String {
    let sum = shifted(measured.mean(account.energy().total()), MICRO);
    if account.is_partial() { format!("> {sum}") } else { sum }
}

/// Prints every line of both networks' accounts under one price list, and the sources of its prices.
pub(super) fn ledger(priced: &Priced, activity: &Activity) {
    for pair in &priced.pairs {
        for (account, measured) in [(&pair.spiking, &priced.spiking), (&pair.twin, &priced.twin)] {
            lines(account, measured, pair.convention, &priced.name);
        }
    }
    rates(activity);
    sources(&priced.name, &priced.prices, priced.spiking.samples);
}

/// Prints every line of an account under the price list `name`.
pub(super) fn lines(account: &Account, measured: &Measured, convention: Convention, name: &str) {
    let mut lines = table(&["layer", "event", "count", "pJ each", "price", "memory holds bytes", "pJ"]);
    for account_line in &account.lines {
        lines.add_row(row(account_line, measured));
    }
    say!("{lines}");
    let total = decimal(measured.mean(account.energy().total()), PICO, 3);
    let partial = if account.is_partial() { ", partial: some events have no price" } else { "" };
    let (family, zeros) = (measured.family.name(), zeros(convention));
    say!("{family}, zeros {zeros}: {total} pJ a sample under {name}{partial}\n");
}

/// Prints how often the neurons of each layer fire.
pub(super) fn rates(activity: &Activity) {
    let mut rates = table(&["neurons", "spikes per neuron and step", "x T"]);
    for (layer, rate) in &activity.layers {
        rates.add_row([layer.clone(), significant(*rate), significant(rate * activity.steps as f64)]);
    }
    say!("{rates}\n");
}

/// Prints the prices of the list `name` with their sources, and what the figures of its accounts are means of.
pub(super) fn sources(name: &str, prices: &Prices, samples: u32) {
    for value in prices.used(name).values {
        say!(" {}: {} {} ({}, {}): {}", value.key, value.value, value.unit, value.scope, value.evidence, value.source);
    }
    say_wrapped!("\ncounts and pJ: means of {} samples; count x pJ each = pJ", samples);
}

/// Row of the ledger for a line of the account.
fn row(line: &AccountLine, measured: &Measured) -> [String; 7] {
    let unpriced = || "no price".to_string();
    [
        measured.zoo.network.network().layers[line.layer].name.clone(),
        line.event.into(),
        format!("{:.3}", measured.mean(line.count)),
        line.price.map_or_else(unpriced, |price| decimal(price, PICO, 6)),
        line.key.into(),
        line.held_bytes.map_or_else(|| "-".into(), |bytes| format!("{bytes:.0}")),
        line.joules().map_or_else(unpriced, |joules| decimal(measured.mean(joules), PICO, 3)),
    ]
}

/// Prints all of it as JSON.
pub(super) fn json(priced: &[Priced], activity: &Activity, samples: u32) -> Result<(), Failure> {
    let pair = |list: &Priced, pair: &Pair| {
        json!({
            "convention": pair.convention.name(),
            "spiking": account_json(&pair.spiking, &list.spiking),
            list.twin.family.name(): account_json(&pair.twin, &list.twin),
            "ratio": pair.ratio(),
        })
    };
    let list = |list: &Priced| -> Result<Value, Failure> {
        Ok(json!({
            "name": list.name,
            "form": list.prices.form().name(),
            "unpriced": list.prices.unpriced().collect::<Vec<_>>(),
            "prices": list.prices.used(&list.name).values,
            "networks": [network_json(&list.prices, &list.spiking)?, network_json(&list.prices, &list.twin)?],
            "conventions": list.pairs.iter().map(|found| pair(list, found)).collect::<Vec<_>>(),
        }))
    };
    let mut all = Map::new();
    all.insert("samples".into(), samples.into());
    all.extend(activity_json(activity));
    all.insert("price_lists".into(), priced.iter().map(list).collect::<Result<Vec<_>, Failure>>()?.into());
    print_json(&Value::Object(all));
    Ok(())
}

/// A network as it was executed and priced.
pub(super) fn network_json(prices: &Prices, measured: &Measured) -> Result<Value, Failure> {
    let accuracy = wilson(measured.correct.into(), measured.samples.into())?;
    let weight_bits: BTreeSet<Option<u32>> = measured.weight_bits.iter().copied().collect();
    Ok(json!({
        "network": measured.name(),
        "family": measured.family.name(),
        "weight_bits": weight_bits,
        "activation_bits": measured.activation_bits(),
        "activation_bits_priced_only": measured.activations_not_executed(prices),
        "correct": measured.correct,
        "accuracy": accuracy.estimate,
        "interval": [accuracy.low, accuracy.high],
    }))
}

/// How much a spiking network fires.
pub(super) fn activity_json(activity: &Activity) -> Map<String, Value> {
    let crossover = |crossover: super::activity::Crossover| {
        json!({
            "source": crossover.source,
            "below": crossover.says,
            "here": crossover.here,
            "verdict": crossover.verdict,
        })
    };
    let layer = |(name, rate): &(String, f64)| json!({ "layer": name, "spikes_per_neuron_and_step": rate });
    let fields = json!({
        "time_steps": activity.steps,
        "spikes_per_neuron_and_step": activity.rate,
        "spikes_per_neuron": activity.rate * activity.steps as f64,
        "spikes_per_synapse": activity.per_synapse,
        "rates": activity.layers.iter().map(layer).collect::<Vec<_>>(),
        "crossovers": activity.crossovers().into_iter().map(crossover).collect::<Vec<_>>(),
    });
    fields.as_object().cloned().unwrap_or_default()
}

pub(super) fn account_json(account: &Account, measured: &Measured) -> Value {
    let line = |line: &AccountLine| {
        json!({
            "layer": measured.zoo.network.network().layers[line.layer].name,
            "event": line.event,
            "part": line.part.name(),
            "count": measured.mean(line.count),
            "joules_each": line.price,
            "price": line.key,
            "held_bytes": line.held_bytes,
            "joules": line.joules().map(|joules| measured.mean(joules)),
        })
    };
    json!({
        "joules": account.total().map(|total| measured.mean(total)),
        "joules_priced": measured.mean(account.energy().total()),
        "partial": account.is_partial(),
        "entries": account.lines.iter().map(line).collect::<Vec<_>>(),
    })
}
