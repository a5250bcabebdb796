//! `cospike energy` as a user runs it.

use assert_cmd::Command;
use serde_json::{Value, json};
use std::path::Path;

fn cospike(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.arg("energy").args(arguments);
    command
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn entries(account: &Value) -> &[Value] {
    account["entries"].as_array().unwrap()
}

/// Each line is count x price, the lines sum to the total, and only complete accounts are compared; the counts are those
/// of `cospike infer`.
#[test]
fn invariant_5_the_account_can_be_checked_line_by_line() {
    let json = |command: &mut Command| -> Value {
        serde_json::from_slice(&command.assert().success().get_output().stdout).unwrap()
    };
    let found = json(&mut cospike(&["resnet14", "--samples", "3", "--json"]));
    let lists = found["price_lists"].as_array().unwrap();
    assert!(lists.len() >= 9, "every shipped list is there");
    let close = |a: f64, b: f64| assert!((a - b).abs() <= 1e-9 * b.abs(), "{a} is not {b}");
    for list in lists {
        let pairs = list["conventions"].as_array().unwrap();
        let twin = list["networks"][1]["family"].as_str().unwrap();
        assert_eq!(
            pairs.iter().map(|pair| pair["convention"].as_str().unwrap()).collect::<Vec<_>>(),
            ["inside", "non-zero"]
        );
        for account in pairs.iter().flat_map(|pair| [&pair["spiking"], &pair[twin]]) {
            let mut sum = 0.0;
            for entry in entries(account).iter().filter(|entry| !entry["joules"].is_null()) {
                close(number(&entry["count"]) * number(&entry["joules_each"]), number(&entry["joules"]));
                sum += number(&entry["joules"]);
            }
            close(sum, number(&account["joules_priced"]));
            let unpriced = entries(account).iter().any(|entry| entry["joules"].is_null());
            assert_eq!(account["partial"].as_bool(), Some(unpriced));
            assert_eq!(account["joules"].is_null(), unpriced);
        }
        for pair in pairs {
            match (pair["spiking"]["joules"].as_f64(), pair[twin]["joules"].as_f64()) {
                (Some(spiking), Some(other)) => close(number(&pair["ratio"]), spiking / other),
                _ => assert!(pair["ratio"].is_null(), "{} is partial", list["name"]),
            }
        }
    }
    let complete =
        |name: &str| lists.iter().any(|list| list["name"] == name && !list["conventions"][1]["ratio"].is_null());
    assert!(complete("horowitz-45nm-fp32") && complete("yan-2024"));
    assert!(!complete("loihi-2018") && !complete("truenorth-2014"), "both networks compute on real values");

    let mut infer = Command::cargo_bin("cospike").unwrap();
    let counted = json(infer.args(["infer", "resnet14-spiking", "--samples", "3", "--json"]));
    let operations = lists.iter().find(|list| list["name"] == "horowitz-45nm-fp32").unwrap();
    for (key, event) in [("ac", "accumulate"), ("mac", "multiply-accumulate"), ("neuron_updates", "neuron update")] {
        let layers = counted["layers"].as_array().unwrap().iter();
        let infer: f64 = layers.map(|layer| number(&layer[key])).sum();
        let lines = entries(&operations["conventions"][0]["spiking"]).iter().filter(|entry| entry["event"] == event);
        close(lines.map(|entry| number(&entry["count"])).sum(), infer);
    }
}

/// The shipped ResNet-14 on its first 20 test images, as `benches/peers/energy.py` re-derives it in NumPy: 5,537,984
/// multiply-accumulates with the borders, 4,471,184 inside, and those that meet a value which is not zero.
#[test]
fn invariant_15_like_for_like_by_three_conventions() {
    let output =
        cospike(&["resnet14", "--samples", "20", "--borders", "--json"]).assert().success().get_output().clone();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let lists = found["price_lists"].as_array().unwrap();
    let pair = |name: &str, convention: &str| {
        let list = lists.iter().find(|list| list["name"] == name).unwrap();
        list["conventions"].as_array().unwrap().iter().find(|pair| pair["convention"] == convention).unwrap()
    };
    let mac = |convention| {
        let entries = entries(&pair("horowitz-45nm-fp32", convention)["float"]);
        entries
            .iter()
            .filter(|entry| entry["event"] == "multiply-accumulate")
            .map(|entry| number(&entry["count"]))
            .sum::<f64>()
    };
    assert_eq!([mac("inside"), mac("with-borders"), mac("non-zero").round()], [4_471_184.0, 5_537_984.0, 1_827_599.0]);
    for (list, inside, non_zero) in [
        ("horowitz-45nm-fp32", 0.170, 0.408),
        ("horowitz-45nm-int8", 0.285, 0.689),
        ("lemaire-2022", 0.982, 2.435),
        ("memory-45nm-fp32", 0.870, 2.106),
        ("memory-45nm-fp32-registers", 0.680, 1.644),
        ("memory-45nm-int8", 1.596, 3.891),
        ("memory-45nm-int8-registers", 0.760, 1.848),
        ("yan-2024", 0.814, 2.728),
        ("yan-2024-spyx", 2.157, 7.234),
    ] {
        for (convention, expected) in [("inside", inside), ("non-zero", non_zero)] {
            let ratio = number(&pair(list, convention)["ratio"]);
            assert!((ratio / expected - 1.0).abs() < 3e-3, "{list}, {convention}: {ratio}, not {expected}");
        }
    }
}

/// Where a list is for as few bits as the steps resolve, the twin is the quantised network, and each network has the weights that
/// are priced. Its accuracy is that of the network with these.
#[test]
fn the_twin_of_a_list_for_few_bits_is_the_one_that_was_executed() {
    let output = cospike(&["resnet14", "--samples", "100", "--json"]).assert().success().get_output().clone();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let networks = |name: &str| {
        let list = found["price_lists"].as_array().unwrap().iter().find(|list| list["name"] == name).unwrap();
        list["networks"].as_array().unwrap().clone()
    };
    for (list, twin, spiking_bits, twin_bits, activations, not_executed) in [
        ("horowitz-45nm-fp32", "resnet14-float", json!([null]), json!([null]), Value::Null, Value::Null),
        ("memory-45nm-int8", "resnet14-float", json!([8]), json!([8]), Value::Null, json!(8)),
        ("yan-2024", "resnet14-quantised", json!([8]), json!([8]), json!(3), Value::Null),
        ("yan-2024-spyx", "resnet14-quantised", json!([3, 8]), json!([3]), json!(3), Value::Null),
    ] {
        let [spiking, other] = &networks(list)[..] else { panic!("two networks under {list}") };
        assert_eq!((&spiking["network"], &other["network"]), (&json!("resnet14-spiking"), &json!(twin)), "{list}");
        assert_eq!((&spiking["weight_bits"], &other["weight_bits"]), (&spiking_bits, &twin_bits), "{list}");
        assert_eq!((&other["activation_bits"], &other["activation_bits_priced_only"]), (&activations, &not_executed));
        assert!(number(&spiking["accuracy"]) > 0.8 && number(&other["accuracy"]) > 0.8, "{list}: {spiking} {other}");
    }
    // Weights of 3 bits are another network than those of 8.
    let correct = |list: &str| networks(list)[1]["correct"].as_u64().unwrap();
    assert_ne!(correct("yan-2024"), correct("yan-2024-spyx"));
}

#[test]
fn the_tables_name_who_wins_and_where_prices_are_from() {
    let text = |arguments: &[&str]| {
        let output = cospike(arguments).assert().success().get_output().clone();
        String::from_utf8(output.stdout).unwrap()
    };
    let compared = text(&["resnet14-spiking-stage3-w4", "--samples", "2"]);
    for part in [
        "no comparison",
        "whether zeros are computed or skipped",
        "ratios hold within one list only",
        "Dampfhoffer",
        "spikes per neuron and step",
    ] {
        assert!(compared.contains(part), "`{part}` in:\n{compared}");
    }
    let ledger = text(&["resnet14", "--samples", "2", "--prices", "loihi-2018", "--ledger"]);
    for part in ["stem.conv", "no price", "partial", "float, zeros skipped", "Davies et al.", "stage1.0.act1"] {
        assert!(ledger.contains(part), "`{part}` in:\n{ledger}");
    }
}

#[test]
fn invariant_11_mistakes_are_answered_with_what_there_is() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/tests/cases/profiles");
    let misspelt = folder.join("misspelt-price.toml");
    for (arguments, expected) in [
        (vec!["resnet41"], "did you mean `resnet14`?"),
        (vec!["resnet14", "--prices", "horowitz-45nm-fp23"], "did you mean `horowitz-45nm-fp32`?"),
        (vec!["resnet14", "--prices", misspelt.to_str().unwrap()], "misspelt-price.toml:19:2"),
        (vec!["resnet14", "--ledger"], "--prices NAME"),
        (vec!["resnet14", "--samples", "10001"], "10000 test samples"),
    ] {
        let output = cospike(&arguments).assert().code(2).get_output().clone();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(expected), "`{expected}` in:\n{message}");
    }
}

/// The account line by line is of one list; its lines sum to its total.
/// Of 432 neurons, 127 / 24 spikes per sample reach the only weights on spikes, 432 x 4, through a Flatten: each meets its four.
#[test]
fn weights_behind_flattened_spikes_meet_them_too() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/events");
    let [network, data] = [folder.join("net.nir"), folder].map(|path| path.display().to_string());
    let energy = cospike(&[&network, "--data", &data, "--json"]).assert().success();
    let found: Value = serde_json::from_slice(&energy.get_output().stdout).unwrap();
    let expected = 127.0 / 24.0 / 432.0;
    assert!((number(&found["spikes_per_synapse"]) - expected).abs() < 1e-9, "{}", found["spikes_per_synapse"]);
}

#[test]
fn the_ledger_is_of_one_price_list() {
    let output = cospike(&["resnet14", "--samples", "2", "--ledger"]).assert().code(2).get_output().clone();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("`--ledger` shows the account under one price list: add `--prices NAME`"), "{said}");
    let one = ["resnet14", "--samples", "2", "--ledger", "--prices", "horowitz-45nm-fp32"];
    let output = cospike(&one).assert().success().get_output().clone();
    let said = String::from_utf8(output.stdout).unwrap();
    for event in ["accumulate", "multiply-accumulate", "neuron update"] {
        assert!(said.lines().any(|line| line.contains(event)), "{event} is not in {said}");
    }
}
