//! One network that has no twin, under each price list.

use super::activity::Activity;
use super::priced::{Measured, Networks};
use super::print::{account_json, activations, activity_json, lines, microjoules, network_json, print_activity};
use super::print::{rates, sources, weights, zeros};
use crate::arguments::Energy;
use crate::failure::Failure;
use crate::output::{CellAlignment, percent, print_json, say, say_wrapped, table};
use cospike_models::zoo::NetworkChoice;
use cospike_scenarios::profiles::{Prices, Profile};
use cospike_sim_core::energy::Account;
use cospike_sim_core::inference::Convention;
use cospike_sim_core::stats::wilson;
use serde_json::{Map, Value, json};
use std::rc::Rc;

/// A price list, and the accounts of a network under it, summed over the samples.
struct Priced {
    name: String,
    prices: Prices,
    measured: Rc<Measured>,
    accounts: Vec<(Convention, Account)>,
}

/// Prints what `choice` costs, of which `networks` are.
pub(super) fn energy(
    (arguments, samples): (&Energy, u32),
    networks: &mut Networks<'_>,
    choice: &NetworkChoice,
    lists: Vec<(String, Prices)>,
    conventions: &[Convention],
) -> Result<(), Failure> {
    let activity = if choice.family.has_steps() { Some(Activity::new(&*networks.as_trained(choice)?)) } else { None };
    let priced = lists.into_iter().map(|(name, prices)| {
        let measured = networks.under(choice, &prices)?;
        let account = |&convention: &Convention| (convention, measured.account(prices.list(), convention));
        let accounts = conventions.iter().map(account).collect();
        Ok(Priced { name, prices, measured, accounts })
    });
    let priced = priced.collect::<Result<Vec<Priced>, Failure>>()?;
    match (arguments.json, arguments.ledger) {
        (true, _) => print_json(&json(&priced, activity.as_ref(), samples)?),
        (false, true) => priced.iter().for_each(|priced| ledger(priced, activity.as_ref())),
        (false, false) => print(&arguments.network, &priced, activity.as_ref())?,
    }
    Ok(())
}

fn print(network: &str, priced: &[Priced], activity: Option<&Activity>) -> Result<(), Failure> {
    let mut rows = table(&["price list", "zeros", "uJ", "accuracy %", "weights", "activations"]);
    rows.column_iter_mut().skip(4).for_each(|column| column.set_cell_alignment(CellAlignment::Left));
    for Priced { prices, name, measured, accounts } in priced {
        let accuracy = percent(&wilson(measured.correct.into(), measured.samples.into())?);
        for (convention, account) in accounts {
            rows.add_row([
                name.clone(),
                zeros(*convention).into(),
                microjoules(account, measured),
                accuracy.clone(),
                weights(measured),
                activations(prices, measured),
            ]);
        }
    }
    say!("{rows}\n");
    let samples = priced.first().map_or(0, |list| list.measured.samples);
    say_wrapped!(
        "{network}, means of {samples} samples; `>`: partial, the list has no price for some of its operations"
    );
    say_wrapped!(
        "zeros skipped: real values that are zero cost nothing but a bit each in a map; computed: as any other value"
    );
    activity.into_iter().for_each(print_activity);
    say_wrapped!(
        "\nno twin of another family is compared with it: one is there for a name such as `resnet14`, not for a single file"
    );
    say_wrapped!(
        "energies are comparable within one list only: the lists differ by orders of magnitude in what they count"
    );
    Ok(())
}

fn ledger(priced: &Priced, activity: Option<&Activity>) {
    for (convention, account) in &priced.accounts {
        lines(account, &priced.measured, *convention, &priced.name);
    }
    activity.into_iter().for_each(rates);
    sources(&priced.name, &priced.prices, priced.measured.samples);
}

fn json(priced: &[Priced], activity: Option<&Activity>, samples: u32) -> Result<Value, Failure> {
    let list = |Priced { name, prices, measured, accounts }: &Priced| -> Result<Value, Failure> {
        let convention = |(convention, account): &(Convention, Account)| json!({ "convention": convention.name(), "account": account_json(account, measured) });
        Ok(json!({
            "name": name,
            "form": prices.form().name(),
            "unpriced": prices.unpriced().collect::<Vec<_>>(),
            "prices": prices.used(name).values,
            "networks": [network_json(prices, measured)?],
            "conventions": accounts.iter().map(convention).collect::<Vec<_>>(),
        }))
    };
    let mut all = Map::new();
    all.insert("samples".into(), samples.into());
    all.extend(activity.map(activity_json).unwrap_or_default());
    all.insert("price_lists".into(), priced.iter().map(list).collect::<Result<Vec<_>, Failure>>()?.into());
    Ok(Value::Object(all))
}
