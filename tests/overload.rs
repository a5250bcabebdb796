//! A place that is asked for more than it serves is named wherever its means are shown.

use assert_cmd::Command;
use serde_json::Value;

/// Three devices with 20 requests a second each, of some 100 bytes, on a cell of 10 Mbit/s and on one of 20 kbit/s.
#[test]
fn invariant_16_overload_is_said_in_terminal_json_and_page() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let text = include_str!("data/small.toml").replace("sharing = \"dedicated\"", "sharing = \"shared-cell\"");
    let (text, _) = text.split_once("[sweep]").unwrap();
    let sweep = "[sweep]\nnetwork.family = [\"spiking\"]\nnetwork.width = [4]\nlink.uplink_mbps = [10.0, 0.02]\n";
    std::fs::write(here.join("cell.toml"), text.to_owned() + sweep).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("cospike").unwrap();
        let arguments = [&["run", "cell.toml", "--no-store"], arguments].concat();
        let output = command.current_dir(here).args(arguments).assert().success().get_output().stdout.clone();
        String::from_utf8(output).unwrap()
    };
    let json: Value = serde_json::from_str(&run(&["--json"])).unwrap();
    let [fine, overloaded] = [0, 1].map(|point| &json["points"][point]);
    let load = overloaded["load"]["uplink"]["mean"].as_f64().unwrap();
    assert!(load > 1.0 && fine["load"]["uplink"]["mean"].as_f64().unwrap() < 0.1, "{json}");
    assert_eq!(
        (&fine["cautions"], overloaded["cautions"][0]["overloaded"]["place"].as_str()),
        (&Value::Array(vec![]), Some("uplink"))
    );
    let terminal = run(&[]);
    let said = format!("overloaded: the uplink is asked for {load:.2} times what it can do");
    assert!(
        terminal.contains(&format!("{:.1} uplink", 100.0 * load))
            && terminal.contains("!: a place is overloaded")
            && terminal.matches(&said).count() == 1,
        "{terminal}"
    );
    let page = std::fs::read_to_string(here.join("out/small/report.html")).unwrap();
    assert!(page.contains("Means of this run only") && page.matches(&said).count() == 1);
}
