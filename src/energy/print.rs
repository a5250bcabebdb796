//! Energy accounts as tables and as JSON.

use super::activity::Activity;
use super::priced::{Measured, Pair, Priced};
use crate::output::{decimal, print_json, say, shifted, significant, table};
use cospike_scenarios::profiles::Profile;
use cospike_sim_core::energy::{Account, AccountLine};
use cospike_sim_core::inference::Convention;
use serde_json::{Value, json};

/// Power of ten of microjoules per joule.
const MICRO: i32 = 6;
/// Power of ten of picojoules per joule.
const PICO: i32 = 12;

/// Prints both networks under every price list, the activity of the spiking one, and which needs less energy.
pub(super) fn comparison(network: &str, priced: &[Priced], spiking: &Measured, activity: &Activity) {
    let mut lists = table(&["price list", "zeros", "spiking uJ", "float uJ", "spiking / float", "less energy"]);
    for (list, pair) in priced.iter().flat_map(|list| list.pairs.iter().map(move |pair| (list, pair))) {
        let ratio = pair.ratio();
        lists.add_row([
            list.name.clone(),
            zeros(pair.convention).into(),
            microjoules(&pair.spiking, spiking),
            microjoules(&pair.float, spiking),
            ratio.map_or_else(|| "-".into(), significant),
            ratio.map_or("no comparison", winner).into(),
        ]);
    }
    say!("{lists}\n");
    say!("{network}, means of {} samples; `>`: partial, the list has no price for", spiking.samples);
    say!("operations on real values, and neither network can win by it");
    say!(
        "zeros skipped: real values that are zero cost nothing but a bit each in a map, in both networks; computed: as any other value"
    );
    print_activity(activity);
    say!("\n{}", wins(priced));
    say!("ratios hold within one list only: the lists differ by orders of magnitude in what they count");
}

/// What becomes of zeros by a convention, in words.
fn zeros(convention: Convention) -> &'static str {
    match convention {
        Convention::Inside => "computed",
        Convention::WithBorders => "computed, borders too",
        Convention::NonZero => "skipped",
    }
}

/// Family of the network that needs less energy, given the ratio of spiking to float.
fn winner(ratio: f64) -> &'static str {
    match ratio {
        ratio if ratio < 1.0 => "spiking",
        ratio if ratio > 1.0 => "float",
        _ => "equal",
    }
}

/// Says under which price lists each network needs less energy, how many times less, and whether that holds against a float
/// network that computes with its zeros, against one that skips them, or against both.
fn wins(priced: &[Priced]) -> String {
    let ratios = priced.iter().filter_map(|list| {
        Some((list.name.as_str(), [list.ratio(Convention::Inside)?, list.ratio(Convention::NonZero)?]))
    });
    let ratios: Vec<(&str, [f64; 2])> = ratios.collect();
    let cases = [
        (["spiking", "spiking"], "the spiking network needs less whether zeros are computed or skipped"),
        (
            ["spiking", "float"],
            "the spiking network needs less only if zeros are computed, the float network if they are skipped",
        ),
        (
            ["float", "spiking"],
            "the float network needs less only if zeros are computed, the spiking network if they are skipped",
        ),
        (["float", "float"], "the float network needs less whether zeros are computed or skipped"),
    ];
    let said = cases.into_iter().filter_map(|(winners, says)| {
        let lists = ratios.iter().filter(|(_, ratios)| ratios.map(winner) == winners);
        let times = |ratio: f64| significant(ratio.max(1.0 / ratio));
        let lists = lists
            .map(|(name, [dense, skipped])| format!("{name} ({} and {} times less)", times(*dense), times(*skipped)));
        let lists = lists.collect::<Vec<_>>().join(", ");
        (!lists.is_empty()).then(|| format!("{says}:\n  {lists}"))
    });
    let said = said.collect::<Vec<_>>().join("\n");
    if said.is_empty() { "no list lets one of the networks win".into() } else { said }
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
    for pair in &priced.pairs {
        for (family, account, measured) in [("spiking", &pair.spiking, spiking), ("float", &pair.float, float)] {
            let mut lines = table(&["layer", "event", "count", "pJ each", "price", "memory holds bytes", "pJ"]);
            for account_line in &account.lines {
                lines.add_row(row(account_line, measured));
            }
            say!("{lines}");
            let total = decimal(measured.mean(account.energy().total()), PICO, 3);
            let partial = if account.is_partial() { ", partial: some events have no price" } else { "" };
            let zeros = zeros(pair.convention);
            say!("{family}, zeros {zeros}: {total} pJ a sample under {}{partial}\n", priced.name);
        }
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
pub(super) fn json(priced: &[Priced], spiking: &Measured, float: &Measured, activity: &Activity) {
    let pair = |pair: &Pair| {
        json!({
            "convention": pair.convention.name(),
            "spiking": account_json(&pair.spiking, spiking),
            "float": account_json(&pair.float, float),
            "ratio": pair.ratio(),
        })
    };
    let list = |list: &Priced| {
        json!({
            "name": list.name,
            "form": list.prices.form().name(),
            "unpriced": list.prices.unpriced().collect::<Vec<_>>(),
            "prices": list.prices.used(&list.name).values,
            "conventions": list.pairs.iter().map(pair).collect::<Vec<_>>(),
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
