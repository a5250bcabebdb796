//! Tables suit the width, and show the columns that are asked for.

use assert_cmd::Command;
use std::path::Path;

fn run(here: &Path, arguments: &[&str], columns: Option<&str>) -> String {
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.current_dir(here).args(["run", "small.toml", "--store", "store"]).args(arguments).env_remove("COLUMNS");
    columns.into_iter().for_each(|columns| _ = command.env("COLUMNS", columns));
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

/// The titles of the table of design points.
fn titles(printed: &str) -> &str {
    printed.lines().find(|line| line.starts_with(" design point")).unwrap()
}

#[test]
fn as_many_columns_are_shown_as_fit_and_any_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("small.toml"), include_str!("data/small.toml")).unwrap();
    let [narrow, usual, wide] = [run(here, &[], Some("80")), run(here, &[], None), run(here, &[], Some("230"))];
    assert_eq!(titles(&narrow), titles(&usual), "80 columns without a terminal");
    let row =
        |printed: &str| printed.lines().find(|line| line.starts_with(" spiking stage3 w4 ")).unwrap().chars().count();
    assert!(row(&narrow) <= 80 && (121..=230).contains(&row(&wide)), "{narrow}\n{wide}");
    for title in ["correct %", "p95 ms", "energy mJ", "load"] {
        assert!(titles(&narrow).contains(title) && titles(&wide).contains(title), "{title}");
    }
    assert!(titles(&wide).contains("x float32") && !titles(&narrow).contains("x float32"));
    assert!(!wide.contains("first of"), "nothing chooses here");
    let explains = |printed: &str| printed.contains("x float32, x binary: bits of the float32");
    assert!(explains(&wide) && !explains(&narrow), "what is not shown needs no explanation");
    assert!(narrow.contains("not shown in 80 columns: x binary, x float32") && !wide.contains("not shown"), "{narrow}");
    // The width is the only number that varies, so metrics stand against it.
    assert!(wide.contains("Correct of all requests, %\n network.width     4     8 \n spiking "), "{wide}");
    let asked = run(here, &["--columns", "latency_p99_ms,on_air_bytes"], None);
    assert_eq!(
        titles(&asked).split("  ").map(str::trim).filter(|title| !title.is_empty()).collect::<Vec<_>>(),
        ["design point", "p99 latency, ms", "Bytes on air per request, B"]
    );
    assert!(!wide.contains('\u{1b}'), "no colours without a terminal");
    // Everything keeps to the width, and nobody is told of a width that is there already.
    for (columns, printed) in [(80, &narrow), (230, &wide), (200, &run(here, &[], Some("200")))] {
        let longest = printed.lines().max_by_key(|line| line.chars().count()).unwrap();
        assert!(longest.chars().count() <= columns, "{longest}");
        assert_eq!(printed.contains("COLUMNS=200"), columns < 200, "{printed}");
    }
}

#[test]
fn lists_of_what_a_scenario_can_name_keep_to_the_width() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, entry) in
        [(&["profiles"][..], "edge-accelerator"), (&["prices"], "horowitz-45nm-fp32"), (&["networks"], "resnet14")]
    {
        for columns in [80, 120, 200] {
            let mut command = Command::cargo_bin("cospike").unwrap();
            command.current_dir(folder.path()).args(arguments).env("COLUMNS", columns.to_string());
            let printed = String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap();
            let longest = printed.lines().max_by_key(|line| line.chars().count()).unwrap();
            assert!(longest.chars().count() <= columns && printed.contains(entry), "{columns}: {longest}");
        }
    }
}

#[test]
fn an_unknown_column_is_refused_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("small.toml"), include_str!("data/small.toml")).unwrap();
    let mut command = Command::cargo_bin("cospike").unwrap();
    let refused =
        command.current_dir(here).args(["run", "small.toml", "--columns", "correct,latency_p95"]).assert().code(2);
    let error = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
    assert!(
        error.contains("no metric is called `latency_p95`") && error.contains("did you mean `latency_p95_s`"),
        "{error}"
    );
    assert!(!here.join("out").exists());
}

/// The cell of 20 kbit/s is asked for six times what it can do.
#[test]
fn check_shows_loads_and_expects_a_time_without_leaving_anything() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let text = include_str!("data/small.toml").replace("\"dedicated\"", "\"cell\"");
    std::fs::write(here.join("small.toml"), text).unwrap();
    let check = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("cospike").unwrap();
        command.current_dir(here).args(["check", "small.toml", "--set", "link.uplink_mbps=0.02"]).args(arguments);
        let output = command.assert().success().get_output().clone();
        [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap())
    };
    let [printed, warned] = check(&[]);
    assert!(printed.contains("expected time on ") && printed.contains(" offered load, % "), "{printed}");
    assert!(warned.contains("warning: spiking stage3 w4: the uplink is asked for about"), "{warned}");
    let json: serde_json::Value = serde_json::from_str(&check(&["--json"])[0]).unwrap();
    assert!(
        json["trial_loads"][0]["uplink"].as_f64().unwrap() > 1.0
            && json["trial_loads"][0]["cloud"].as_f64().unwrap() < 1.0
    );
    assert!(json["expected_simulation_seconds"].as_f64().unwrap() > 0.0, "{json}");
    assert_eq!(std::fs::read_dir(here).unwrap().count(), 1, "nothing is left behind");
}

/// Payload and accuracy of a device that chooses between two designs are those of the first.
#[test]
fn of_several_designs_it_is_said_of_which_one_inference_speaks() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::cargo_bin("cospike").unwrap();
    let smaller = ["workload.requests=300", "samples.count=20", "study.replications=1", "workload.warmup=10"];
    let settings = smaller.iter().flat_map(|setting| ["--set", setting]);
    command
        .current_dir(folder.path())
        .args(["run", "adaptive-split", "--no-store"])
        .args(settings)
        .env("COLUMNS", "400");
    let printed = String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap();
    let row = printed.lines().find(|line| line.starts_with(" spiking stage3 w8 switching")).unwrap();
    assert_eq!(row.matches(", first of 2").count(), 4, "accuracy, payload, and both ratios: {printed}");
}

/// Sentences are wrapped at the width, too, and a trial says what it was of.
#[test]
fn prose_keeps_to_the_width() {
    let folder = tempfile::tempdir().unwrap();
    let network = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/events/net.nir");
    std::fs::copy(network, folder.path().join("net.nir")).unwrap();
    let said = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("cospike").unwrap();
        command.current_dir(folder.path()).args(arguments).env("COLUMNS", "70");
        let output = command.assert().success().get_output().clone();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let trial = ["check", "quickstart", "--point", "0", "--set", "samples.count=1"];
    assert!(said(&trial).contains("by a trial of 1 sample and 2000 requests"), "{}", said(&trial));
    let commands: [&[&str]; 5] = [
        &["check", "net.nir"],
        &["infer", "resnet14-spiking", "--samples", "2"],
        &["energy", "resnet14", "--samples", "2"],
        &["zoo"],
        &trial,
    ];
    for arguments in commands {
        let said = said(arguments);
        let is_long = |line: &&str| line.chars().count() > 70 && line.trim().contains(' ');
        assert_eq!(said.lines().find(is_long), None, "{arguments:?}\n{said}");
    }
}
