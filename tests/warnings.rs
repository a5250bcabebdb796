//! What can be simulated but is not as it should be is said wherever its results are shown.

use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;

fn output(arguments: &[&str], folder: &Path) -> (String, String) {
    let mut command = Command::cargo_bin("cospike").unwrap();
    let output = command
        .current_dir(folder)
        .env("COSPIKE_STORE", folder.join(".store"))
        .args(arguments)
        .assert()
        .success()
        .get_output()
        .clone();
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A hundred million multiply-accumulates of 4.6 pJ a second, on a radio whose law ends at 6 Mbit/s.
#[test]
fn mixed_prices_and_a_law_beyond_its_range_are_said_in_terminal_json_manifest_and_report() {
    let folder = tempfile::tempdir().unwrap();
    let text = include_str!("data/small.toml").replace("edge-accelerator", "microcontroller");
    let text = text.replace("profile = \"wifi\"", "profile = \"bottlenet-wifi\"").replace("[4, 8]", "[4]");
    std::fs::write(folder.path().join("mixed.toml"), text).unwrap();
    let parts = ["`microcontroller`", "`horowitz-45nm-fp32`", "0.46 mW", "at 10 Mbit/s it gives 2.96 W"];
    let says = |text: &str| parts.iter().all(|part| text.contains(part));
    let (_, checked) = output(&["check", "mixed.toml"], folder.path());
    assert!(says(&checked) && checked.matches("warning: ").count() == 2, "{checked}");
    let (json, run) = output(&["run", "mixed.toml", "--json"], folder.path());
    assert!(says(&run), "{run}");
    let (checked, _) = output(&["check", "mixed.toml", "--json"], folder.path());
    let manifest = std::fs::read_to_string(folder.path().join("out/small/manifest.json")).unwrap();
    for json in [json, checked, manifest] {
        let json: Value = serde_json::from_str(&json).unwrap();
        assert!(says(&json["warnings"].to_string()) && json["warnings"].as_array().unwrap().len() == 2, "{json}");
    }
    let page = std::fs::read_to_string(folder.path().join("out/small/report.html")).unwrap();
    let page = page.replace("<code>", "`").replace("</code>", "`");
    assert!(says(&page) && page.contains("<h2>Warnings</h2>"));
}

/// A device that was measured as a whole needs no price list, and with one its own power is named beside.
#[test]
fn a_measured_device_runs_without_prices_and_without_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        include_str!("data/small.toml").replace("edge-accelerator", "cortex-m7-stm32h7a3").replace("[4, 8]", "[4]");
    std::fs::write(folder.path().join("mixed.toml"), &text).unwrap();
    std::fs::write(folder.path().join("own.toml"), text.replace("prices = \"horowitz-45nm-fp32\"\n", "")).unwrap();
    let (_, mixed) = output(&["check", "mixed.toml"], folder.path());
    assert!(mixed.contains("where 139 mW were measured: leave `prices` out"), "{mixed}");
    let (json, own) = output(&["run", "own.toml", "--json"], folder.path());
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(json["warnings"].as_array().unwrap().is_empty() && !own.contains("warning"), "{own}");
}

/// Ten times the devices ask for as many requests in a tenth of the time, unless the requests grow along.
#[test]
fn a_fleet_that_grows_without_its_requests_is_warned_of_with_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let (text, _) = include_str!("data/small.toml").split_once("[sweep]").unwrap();
    let check = |sweep: &str| {
        std::fs::write(folder.path().join("fleet.toml"), format!("{text}{sweep}")).unwrap();
        output(&["check", "fleet.toml"], folder.path()).1
    };
    let kind = "[sweep]\nnetwork.family = ['spiking']\nnetwork.width = [4]\n";
    let said = check(&format!("{kind}fleet.devices = [3, 30]\n"));
    assert!(
        said.contains("from 3 to 30 devices but asks for 120 requests in all")
            && said.contains("from about 2 s to 0.2 s")
            && said.contains("[sweep.zip] fleet.devices = [3, 30], workload.requests = [120, 1200]"),
        "{said}"
    );
    // What it says to write is not warned of.
    let zipped = format!("{kind}[sweep.zip]\nfleet.devices = [3, 30]\nworkload.requests = [120, 1200]\n");
    assert!(!check(&zipped).contains("the fleet grows"));
    // A run that ends at a time of its own is as long for every fleet.
    assert!(
        !check(&format!("{kind}fleet.devices = [3, 30]\nworkload.horizon_s = [5.0]\n")).contains("the fleet grows")
    );
}

/// What is sent of an image has no steps, so that whatever is lost of it loses all.
#[test]
fn a_step_that_is_dropped_and_is_the_only_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = include_str!("data/small.toml")
        .replace("packetise = \"step\"", "packetise = \"step\"\nmissing = \"drop-step\"");
    std::fs::write(folder.path().join("small.toml"), text.replace("[\"spiking\", \"float\"]", "[\"spiking\"]"))
        .unwrap();
    let (_, said) = output(&["check", "small.toml"], folder.path());
    assert!(!said.contains("drop-step"), "{said}");
    let (before, _) = text.split_once("[sweep]").unwrap();
    let image = before.replace("split = \"stage3\"", "split = \"input\"\nfamily = \"spiking\"");
    std::fs::write(folder.path().join("image.toml"), image).unwrap();
    let (_, said) = output(&["check", "image.toml"], folder.path());
    let expected = "`missing = \"drop-step\"`, but what crosses behind `input` has a single step";
    assert!(said.contains(expected), "{said}");
}
