//! Energy accounts as tables and as JSON.

use super::activity::Activity;
use super::priced::{Measured, Priced};
use crate::output::{decimal, print_json, say, shifted, significant, table};
use cospike_scenarios::profiles::Profile;
use cospike_sim_core::energy::{Account, AccountLine};
use serde_json::{Value, json};

/// Power of ten of microjoules per joule.
const MICRO: i32 = 6;
/// Power of ten of picojoules per joule.
const PICO: i32 = 12;

/// Prints both networks under every price list, the activity of the spiking one, and which needs less energy.
pub(super) fn comparison(network: &str, priced: &[Priced], spiking: &Measured, activity: &Activity) {
    let mut lists = table(&["price list", "spiking uJ", "float uJ", "spiking / float", "less energy"]);
    for list in priced {
        let ratio = list.ratio();
        lists.add_row([
            list.name.clone(),
            microjoules(&list.spiking, spiking),
            microjoules(&list.float, spiking),
            ratio.map_or_else(|| "-".into(), significant),
            ratio.map_or("no comparison", winner).into(),
        ]);
    }
    say!("{lists}\n");
    say!("{network}, means of {} samples; `>`: partial, the list has no price for", spiking.samples);
    say!("operations on real values, and neither network can win by it");
    print_activity(activity);
    say!("\n{}", wins(priced));
    say!("ratios hold within one list only: the lists differ by orders of magnitude in what they count");
}

/// Family of the network that needs less energy, given the ratio of spiking to float.
fn winner(ratio: f64) -> &'static str {
    match ratio {
        ratio if ratio < 1.0 => "spiking",
        ratio if ratio > 1.0 => "float",
        _ => "equal",
    }
}

/// Says under which price lists each network needs less energy, and how many times less.
fn wins(priced: &[Priced]) -> String {
    let ratios = priced.iter().filter_map(|list| Some((list.name.as_str(), list.ratio()?)));
    let (won, lost): (Vec<_>, Vec<_>) = ratios.partition(|(_, ratio)| *ratio < 1.0);
    let all = |lists: Vec<(&str, f64)>, factor: fn(f64) -> f64| {
        let each = lists.into_iter().map(|(name, ratio)| format!("{name} ({} times less)", significant(factor(ratio))));
        each.collect::<Vec<_>>().join(", ")
    };
    let say = |who: &str, lists: String| match lists.is_empty() {
        true => format!("the {who} network wins under no list"),
        false => format!("the {who} network needs less under {lists}"),
    };
    let (won, lost) = (all(won, |ratio| 1.0 / ratio), all(lost, |ratio| ratio));
    format!("{};\n{}", say("spiking", won), say("float", lost))
}

fn print_activity(activity: &Activity) {
    let Activity { rate, per_synapse, steps, .. } = activity;
    say!(
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
fn microjoules(account: &Account, measured: &Measured) -> String {
    let sum = shifted(measured.mean(account.energy().total()), MICRO);
    if account.is_partial() { format!("> {sum}") } else { sum }
}

/// Prints every line of both networks' accounts under one price list, and the sources of its prices.
pub(super) fn ledger(priced: &Priced, spiking: &Measured, float: &Measured, activity: &Activity) {
    for (family, account, measured) in [("spiking", &priced.spiking, spiking), ("float", &priced.float, float)] {
        let mut lines = table(&["layer", "event", "count", "pJ each", "price", "pJ"]);
        for account_line in &account.lines {
            lines.add_row(row(account_line, measured));
        }
        say!("{lines}");
        let total = decimal(measured.mean(account.energy().total()), PICO, 3);
        let partial = if account.is_partial() { ", partial: some events have no price" } else { "" };
        say!("{family}: {total} pJ a sample under {}{partial}\n", priced.name);
    }
    let mut rates = table(&["neurons", "spikes per neuron and step", "x T"]);
    for (layer, rate) in &activity.layers {
        rates.add_row([layer.clone(), significant(*rate), significant(rate * activity.steps as f64)]);
    }
    say!("{rates}\n");
    for value in priced.prices.used(&priced.name).values {
        say!(" {}: {} {} ({}, {}): {}", value.key, value.value, value.unit, value.scope, value.evidence, value.source);
    }
    say!("\ncounts and pJ: means of {} samples; count x pJ each = pJ", spiking.samples);
}

/// Row of the ledger for a line of the account.
fn row(line: &AccountLine, measured: &Measured) -> [String; 6] {
    let unpriced = || "no price".to_string();
    [
        measured.zoo.network.network().layers[line.layer].name.clone(),
        line.event.into(),
        format!("{:.3}", measured.mean(line.count)),
        line.price.map_or_else(unpriced, |price| decimal(price, PICO, 6)),
        line.key.into(),
        line.joules().map_or_else(unpriced, |joules| decimal(measured.mean(joules), PICO, 3)),
    ]
}

/// Prints all of it as JSON.
pub(super) fn json(priced: &[Priced], spiking: &Measured, float: &Measured, activity: &Activity) {
    let list = |list: &Priced| {
        json!({
            "name": list.name,
            "form": list.prices.form().name(),
            "unpriced": list.prices.unpriced().collect::<Vec<_>>(),
            "prices": list.prices.used(&list.name).values,
            "spiking": account_json(&list.spiking, spiking),
            "float": account_json(&list.float, float),
            "ratio": list.ratio(),
        })
    };
    let crossover = |crossover: super::activity::Crossover| {
        json!({
            "source": crossover.source,
            "below": crossover.says,
            "here": crossover.here,
            "verdict": crossover.verdict,
        })
    };
    let layer = |(name, rate): &(String, f64)| json!({ "layer": name, "spikes_per_neuron_and_step": rate });
    print_json(&json!({
        "samples": spiking.samples,
        "time_steps": activity.steps,
        "spikes_per_neuron_and_step": activity.rate,
        "spikes_per_neuron": activity.rate * activity.steps as f64,
        "spikes_per_synapse": activity.per_synapse,
        "rates": activity.layers.iter().map(layer).collect::<Vec<_>>(),
        "crossovers": activity.crossovers().into_iter().map(crossover).collect::<Vec<_>>(),
        "price_lists": priced.iter().map(list).collect::<Vec<_>>(),
    }));
}

fn account_json(account: &Account, measured: &Measured) -> Value {
    let line = |line: &AccountLine| {
        json!({
            "layer": measured.zoo.network.network().layers[line.layer].name,
            "event": line.event,
            "part": line.part.name(),
            "count": measured.mean(line.count),
            "joules_each": line.price,
            "price": line.key,
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
