//! `cospike infer --count TOOL`: the rules of other tools differ from ours in what they are known to differ in.

use assert_cmd::Command;
use serde_json::Value;

fn infer(arguments: &[&str]) -> String {
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.args(["infer", "resnet14-spiking", "--samples", "2"]).args(arguments);
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

/// Layers of the network, counted as `tool` does.
fn layers(tool: &str) -> Vec<Value> {
    let report: Value = serde_json::from_str(&infer(&["--json", "--count", tool])).unwrap();
    report["layers"].as_array().unwrap().clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// NeuroBench leaves out weights of zero, SpikingJelly counts as we do, and syops counts what a border cuts off, too.
#[test]
fn convolutions_of_spikes_are_counted_by_the_rules_of_each_tool() {
    let ours = layers("cospike");
    let [neurobench, spikingjelly, syops] = ["neurobench", "spikingjelly", "syops"].map(layers);
    let mut convolutions = 0;
    for (index, layer) in ours.iter().enumerate() {
        let name = layer["layer"].as_str().unwrap();
        if !(name.contains("conv") && number(&layer["input_events"]) > 0.0) {
            continue;
        }
        convolutions += 1;
        let [ours, zero] = ["ac", "on_zero_weights"].map(|column| number(&layer[column]));
        let count = |tool: &[Value]| number(&tool[index]["tool"]["ac"]);
        assert_eq!(count(&neurobench) + zero, ours, "{name}");
        assert_eq!(count(&spikingjelly), ours, "{name}");
        assert!(count(&syops) >= ours, "{name}");
    }
    assert!(convolutions >= 10, "{convolutions} convolutions");
    assert_eq!(syops[0]["tool"]["name"], "syops 0.0.5");
}

#[test]
fn the_table_says_whose_rules_it_follows() {
    let text = infer(&["--count", "neurobench"]);
    assert!(text.contains("AC, MAC: as NeuroBench 2.3.0 counts them"), "{text}");
    let sum: f64 = layers("neurobench").iter().map(|layer| number(&layer["tool"]["ac"])).sum();
    let total = text.lines().find(|line| line.trim_start().starts_with("total")).unwrap();
    assert_eq!(total.split_whitespace().nth(1).unwrap(), format!("{sum:.0}"), "{total}");
}

/// The metrics from the columns of the layers: operations from the tool's, sparsity from the spikes that leave neurons, whose T steps and
/// shapes the count of updates has.
#[test]
fn the_metrics_of_neurobench_follow_from_the_layers() {
    let report: Value = serde_json::from_str(&infer(&["--json", "--count", "neurobench"])).unwrap();
    let (metrics, layers) = (&report["neurobench"], report["layers"].as_array().unwrap());
    let sum = |of: &dyn Fn(&Value) -> f64| layers.iter().map(of).sum::<f64>();
    assert_eq!(number(&metrics["effective_acs"]), sum(&|layer| number(&layer["tool"]["ac"])));
    assert_eq!(number(&metrics["effective_macs"]), sum(&|layer| number(&layer["tool"]["mac"])));
    let updates = sum(&|layer| number(&layer["neuron_updates"]));
    assert_eq!(number(&metrics["membrane_updates"]), updates);
    let is_neuron = |layer: &Value| number(&layer["neuron_updates"]) > 0.0;
    let spikes = sum(&|layer| if is_neuron(layer) { number(&layer["output_events"]) } else { 0.0 });
    assert!((number(&metrics["activation_sparsity"]) - (1.0 - spikes / updates)).abs() < 1e-12, "{metrics} {spikes}");
    assert!(number(&metrics["footprint_bytes"]) % 4.0 == 0.0 && number(&metrics["footprint_bytes"]) > 1e5);
    assert!(infer(&["--count", "neurobench"]).contains("connection sparsity"));
}
