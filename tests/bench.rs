//! `cospike bench inference` as a user runs it: that its figures belong together, not how fast the machine is.

use assert_cmd::Command;
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-9 * b.abs(), "{a} is not {b}");
}

/// Rates are operations by time and shares are rates by the peak, of the operations that the network does.
#[test]
fn rates_and_shares_follow_from_counts_and_times() {
    let mut command = Command::cargo_bin("cospike").unwrap();
    let output =
        command.args(["bench", "inference", "--density", "--json"]).assert().success().get_output().stdout.clone();
    let found: Value = serde_json::from_slice(&output).unwrap();
    let (reference, adds) = (&found["reference"], number(&found["peak"]["adds_per_second"]));
    let operations = number(&reference["synaptic_operations_per_image"]);
    for batch in reference["spiking"].as_array().unwrap() {
        let rate = number(&batch["operations_per_second"]);
        assert!(rate > 0.0 && rate.is_finite());
        close(rate, operations * number(&batch["images_per_second"]));
        close(number(&batch["share_of_peak"]), rate / (adds * number(&batch["threads"])));
    }
    let widths = found["layers"]["widths"].as_array().unwrap();
    assert_eq!(widths.iter().map(|width| number(&width["channels"])).collect::<Vec<_>>(), [16.0, 32.0, 64.0]);
    for width in widths {
        let rate = number(&width["operations_per_second"]);
        close(number(&width["share_of_peak"]), rate / adds);
        assert!(number(&width["operations_per_second_with_neurons"]) < rate, "neurons take time");
        assert!(number(&width["rows_alone_per_second"]) > 0.0);
    }
    let sweeps = found["density"].as_array().unwrap();
    assert_eq!(sweeps.iter().map(|sweep| number(&sweep["channels"])).collect::<Vec<_>>(), [16.0, 32.0, 64.0]);
    for sweep in sweeps {
        let [densities, seconds] = ["density", "event_driven_seconds"].map(|key| sweep[key].as_array().unwrap());
        assert!(densities.len() == seconds.len() && densities.is_sorted_by(|one, next| number(one) < number(next)));
        assert!(seconds.iter().chain([&sweep["dense_seconds"]]).all(|time| number(time) > 0.0), "{sweep}");
    }
    // All but the classifier's, which feeds no neuron.
    let of_widths: f64 = widths.iter().map(|width| number(&width["synaptic_operations"])).sum();
    assert!(of_widths < operations && of_widths > 0.99 * operations, "{of_widths} of {operations}");
}
