//! The program as a user runs it.

use assert_cmd::Command;
use cospike_models::dataset::Dataset;
use cospike_results::rows::{ReplicationRow, Results};
use cospike_results::store::entries::{Entries, Location};
use cospike_results::store::folder;
use cospike_sim_core::cosim::{Phases, Trajectory};
use cospike_sim_core::energy::{ComputeEnergy, Energy, PowerEnergy};
use cospike_sim_core::record::Record;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn cospike(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.current_dir(folder).args(arguments).env("COSPIKE_STORE", folder.join(".store"));
    command
}

/// A copy of the small scenario with some text replaced, in a folder of its own.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(replace: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut text = include_str!("data/small.toml").to_string();
        for (old, new) in replace {
            assert!(text.contains(old), "the scenario has `{old}`");
            text = text.replace(old, new);
        }
        std::fs::write(folder.path().join("small.toml"), text).unwrap();
        Self { folder }
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out/small")
    }

    fn run(&self, threads: &str) -> String {
        let mut command = cospike(&["run", "small.toml"], self.folder.path());
        let output = command.env("RAYON_NUM_THREADS", threads).assert().success().get_output().clone();
        String::from_utf8(output.stdout).unwrap()
    }

    fn results(&self) -> Results {
        self.run("2");
        folder::read(&self.out()).unwrap()
    }
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|e| (e.file_name().into_string().unwrap(), std::fs::read(e.path()).unwrap())).collect()
}

#[test]
fn invariant_4_a_run_repeats_byte_for_byte_on_any_number_of_threads() {
    let place = Place::new(&[]);
    let table = place.run("2");
    let first = files(&place.out());
    assert!(first.contains_key("report.html") && first.contains_key("points.parquet"));
    assert_eq!(place.run("1"), table);
    assert_eq!(files(&place.out()), first);

    std::fs::remove_file(place.out().join("report.html")).unwrap();
    cospike(&["report", "out/small"], place.folder.path()).assert().success();
    assert_eq!(files(&place.out()), first, "redrawn from the results alone");
}

/// What is compared is what a run stores.
#[test]
fn invariant_4_a_study_is_verified_by_running_it_twice() {
    let place = Place::new(&[]);
    let verify = |arguments: &[&str]| {
        let mut command = cospike(&[&["run", "small.toml", "--verify"], arguments].concat(), place.folder.path());
        let output = command.assert().success().get_output().clone();
        assert!(!place.out().exists(), "nothing is written");
        String::from_utf8(output.stdout).unwrap()
    };
    let (table, json) = (verify(&[]), verify(&["--json"]));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["samples"], 4 * 60);
    let results = place.results();
    let verified = json["replications"].as_array().unwrap();
    assert_eq!(verified.len(), results.replications.len());
    for (run, row) in verified.iter().zip(&results.replications) {
        assert_eq!((&run["point"], &run["replication"]), (&row.point.0.into(), &row.replication.into()));
        assert_eq!(
            (&run["events"], &run["fingerprint"]),
            (&row.trajectory.events.into(), &row.trajectory.fingerprint.into())
        );
        assert!(run["difference"].is_null() && table.contains(&row.trajectory.fingerprint.to_string()));
    }
}

/// Rows of requests, and the row of their replication, tell the same.
#[test]
fn requests_are_written_as_rows_that_make_the_means_of_their_replication() {
    let place = Place::new(&[]);
    let results = place.results();
    let without = files(&place.out());
    let here = place.folder.path();
    let run = |arguments: &[&str]| cospike(&[&["run", "small.toml"], arguments].concat(), here).assert();
    let asked = ["--requests", "requests.csv", "--requests-point", "1", "--requests-replication", "1"];
    for _ in 0..2 {
        run(&asked).success();
        assert_eq!(files(&place.out()), without);
    }
    let text = std::fs::read_to_string(here.join("requests.csv")).unwrap();
    let (header, lines) = text.split_once('\n').unwrap();
    let column = |name: &str| header.split(',').position(|column| column == name).unwrap();
    let lines: Vec<Vec<&str>> = lines.lines().map(|line| line.split(',').collect()).collect();
    let number = |line: &[&str], name: &str| line[column(name)].parse::<f64>().unwrap();
    let ended = |word: &str| lines.iter().filter(|line| line[column("end")] == word).collect::<Vec<_>>();

    let of = |row: &&ReplicationRow| (row.point.0, row.replication) == (1, 1);
    let row = results.replications.iter().find(of).unwrap();
    let (answered, lost) = (ended("answered"), ended("all packets lost"));
    let correct = answered.iter().filter(|line| line[column("correct")] == "true").count();
    assert_eq!((lines.len() as u64, answered.len() as u64), (row.requests.generated, row.requests.completed));
    assert_eq!((lost.len() as u64, correct as u64), (row.requests.dropped_lost, row.requests.correct));
    // The first ten are the warm-up.
    let steady = answered.iter().filter(|line| number(line, "request") >= 10.0);
    let latencies: Vec<f64> = steady.map(|line| number(line, "latency_s")).collect();
    let mean = latencies.iter().sum::<f64>() / latencies.len() as f64;
    assert!((mean - row.latency_mean_s.unwrap()).abs() < 1e-9, "{mean}");
    for line in answered {
        let phases: f64 = Phases::fields().iter().map(|phase| number(line, &format!("{}_s", phase.name))).sum();
        assert!((phases - number(line, "latency_s")).abs() < 1e-9, "{line:?}");
        assert!((number(line, "end_s") - number(line, "arrival_s") - phases).abs() < 1e-9, "{line:?}");
    }

    std::fs::write(here.join("mine.csv"), "request,mine\n").unwrap();
    for (arguments, expected) in [
        (&["--requests=mine.csv"][..], "mine.csv exists and is no file of requests of CoSpike"),
        (&["--requests=new.csv", "--requests-point=4"], "`--requests-point 4`, but there are 4 design points"),
        (&["--requests=new.csv", "--trace=new.json"], "cannot be used with"),
        (&["--requests-replication=1"], "--requests"),
    ] {
        let output = run(arguments).code(2).get_output().clone();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(expected), "`{expected}` in:\n{message}");
    }
}

#[test]
fn a_trace_is_written_beside_the_same_results() {
    let place = Place::new(&[]);
    place.run("2");
    let untraced = files(&place.out());
    let here = place.folder.path();
    let run = |arguments: &[&str]| cospike(&[&["run", "small.toml"], arguments].concat(), here).assert();
    run(&["--trace", "trace.json", "--trace-point", "3", "--trace-devices", "1..2", "--trace-seconds", "0..1.5"])
        .success();
    assert_eq!(files(&place.out()), untraced);
    let trace: Value = serde_json::from_slice(&std::fs::read(here.join("trace.json")).unwrap()).unwrap();
    assert_eq!((&trace["otherData"]["point"], &trace["otherData"]["replication"]), (&3.into(), &0.into()));
    let events = trace["traceEvents"].as_array().unwrap();
    let times: Vec<f64> = events.iter().filter_map(|event| event["ts"].as_f64()).collect();
    assert!(times.len() > 100 && times.iter().all(|microseconds| (0.0..=1.5e6).contains(microseconds)));
    let named = |name: &str| events.iter().any(|event| event["args"]["name"] == name);
    assert!(named("device 1") && named("cloud") && !named("device 0") && !named("device 2"));

    for (arguments, expected) in [
        (&["--trace=no/trace.json"][..], "no/trace.json: No such file"),
        (&["--trace=new.json", "--trace-point=4"], "`--trace-point 4`, but there are 4 design points, counted from 0"),
        (&["--trace=new.json", "--trace-replication=2"], "`--trace-replication 2`, but there are 2 replications"),
        (&["--trace=new.json", "--trace-devices=3..9"], "`--trace-devices 3`, but there are 3 devices"),
        (&["--trace=new.json", "--trace-devices=2..2"], "nothing lies between"),
        (&["--trace=new.json", "--trace-seconds=-1..2"], "-1 s is no simulated time"),
        (&["--trace=new.json", "--trace-seconds=2"], "give FROM..TO"),
        (&["--trace-point=1"], "--trace"),
        (&["--trace=new.json", "--verify"], "cannot be used with"),
    ] {
        let output = run(arguments).code(2).get_output().clone();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(expected), "`{expected}` in:\n{message}");
        assert!(!here.join("new.json").exists());
    }
}

fn energy(row: &ReplicationRow) -> Energy {
    row.energy.unwrap()
}

/// A replication without what the link's rate may change.
fn but_the_uplink(row: &ReplicationRow) -> ReplicationRow {
    ReplicationRow {
        latency_mean_s: None,
        latency_p50_s: None,
        latency_p95_s: None,
        latency_p99_s: None,
        latency_max_s: None,
        steady_latency_s: None,
        steady_latency_low_s: None,
        steady_latency_high_s: None,
        steady_deleted: None,
        phases: row.phases.map(|phases| Phases { uplink_wait: 0.0, uplink: 0.0, cloud_wait: 0.0, ..phases }),
        energy: row.energy.map(|energy| Energy {
            power: PowerEnergy { static_power: 0.0, computing: 0.0, standby: 0.0, radio_tx: 0.0, ..energy.power },
            total: 0.0,
            ..energy
        }),
        power_per_device_w: None,
        cloud_energy_j: None,
        cloud_power_w: None,
        window_from_s: None,
        window_to_s: None,
        uplink_utilisation: None,
        uplink_load: None,
        edge_utilisation: None,
        cloud_utilisation: None,
        simulated_s: 0.0,
        trajectory: Trajectory { fingerprint: 0, ..row.trajectory },
        ..row.clone()
    }
}

#[test]
fn the_link_rate_changes_what_depends_on_it_and_nothing_else() {
    // A radio without states: a tail that a faster message ends or not would change the number of events.
    let run = |rate| {
        let radio = ("profile = \"wifi\"", "profile = \"bottlenet-wifi\"");
        Place::new(&[radio, ("uplink_mbps = 10.0", rate)]).results()
    };
    let (slow, fast) = (run("uplink_mbps = 10.0"), run("uplink_mbps = 40.0"));
    assert_eq!(slow.answers, fast.answers);
    assert_eq!(slow.layers, fast.layers);
    assert_eq!(slow.compute_energy, fast.compute_energy);
    assert_eq!(slow.points, fast.points);
    for (slow, fast) in slow.replications.iter().zip(&fast.replications) {
        assert_eq!(but_the_uplink(slow), but_the_uplink(fast));
        let uplink = |row: &ReplicationRow| row.phases.unwrap().uplink;
        assert!(uplink(slow) > uplink(fast) && slow.latency_mean_s > fast.latency_mean_s);
        assert!(energy(slow).power.radio_tx != energy(fast).power.radio_tx);
    }
}

#[test]
fn a_price_changes_its_own_energy_and_the_total() {
    let list =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/prices/horowitz-45nm-fp32.toml"));
    let doubled = list.unwrap().replacen("value = 0.9", "value = 1.8", 1);
    let place = Place::new(&[("horowitz-45nm-fp32", "my-prices.toml")]);
    std::fs::write(place.folder.path().join("my-prices.toml"), doubled).unwrap();
    let (listed, mine) = (Place::new(&[]).results(), place.results());
    assert_eq!(listed.answers, mine.answers);
    assert_eq!(listed.latencies, mine.latencies);
    let ac = |row: &ReplicationRow| energy(row).compute.ac;
    for (listed, mine) in listed.replications.iter().zip(&mine.replications) {
        assert!(ac(listed) == 0.0 || (ac(mine) / ac(listed) - 2.0).abs() < 1e-9);
        let others = |row: &ReplicationRow| {
            let compute = ComputeEnergy { ac: 0.0, ..energy(row).compute };
            let energy = Some(Energy { compute, total: 0.0, ..energy(row) });
            ReplicationRow { energy, power_per_device_w: None, ..row.clone() }
        };
        assert_eq!(others(listed), others(mine));
        let (more, total) = (ac(mine) - ac(listed), energy(mine).total - energy(listed).total);
        assert!((more - total).abs() < 1e-9 * energy(mine).total, "{more} J more, {total} J in the total");
    }
    assert!(listed.replications.iter().any(|row| ac(row) > 0.0));
}

#[test]
fn invariant_11_mistakes_are_shown_where_they_stand_and_nothing_is_written() {
    // What is written instead, the column of the mistake, and what the message must hold.
    for (old, new, column, expected) in [
        ("split = \"stage3\"", "splt = \"stage3\"", 1, "`split`"),
        ("requests = 120", "requests = \"many\"", 12, "a whole number"),
        ("network.width = [4, 8]", "network.width = [4, 5]", 21, "2, 4, 8"),
        ("profile = \"wifi\"", "profile = \"wify\"", 11, "`wifi`"),
        ("packet_loss = 0.05", "packet_loss = 1.5", 15, "packet_loss"),
    ] {
        let place = Place::new(&[(old, new)]);
        let scenario = std::fs::read_to_string(place.folder.path().join("small.toml")).unwrap();
        let line = scenario.lines().position(|line| line == new).unwrap() + 1;
        let output = cospike(&["run", "small.toml"], place.folder.path()).assert().code(2).get_output().clone();
        let message = String::from_utf8(output.stderr).unwrap();
        for part in [format!("small.toml:{line}:{column}\n"), format!("{line} | {new}\n"), expected.into()] {
            assert!(message.contains(&part), "`{part}` in:\n{message}");
        }
        assert_eq!(std::fs::read_dir(place.folder.path()).unwrap().count(), 1, "only the scenario is there");
    }
    let nowhere = tempfile::tempdir().unwrap();
    cospike(&["run", "absent.toml"], nowhere.path()).assert().code(2);
    cospike(&["run", "quickstrat"], nowhere.path()).assert().code(2);
    cospike(&["infer", "resnet41"], nowhere.path()).assert().code(2);
}

#[test]
fn every_built_in_scenario_is_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let names: Vec<_> =
        names.filter(|p| p.extension().is_some_and(|e| e == "toml") && !p.ends_with("Cargo.toml")).collect();
    assert!(names.len() >= 4);
    let elsewhere = tempfile::tempdir().unwrap();
    for path in names {
        let name = path.file_stem().unwrap().to_str().unwrap().to_string();
        cospike(&["check", &name], elsewhere.path()).assert().success();
    }
}

#[test]
fn the_schema_of_a_scenario_is_json_with_every_section() {
    let output = cospike(&["schema"], Path::new(".")).assert().success().get_output().clone();
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for section in ["study", "network", "samples", "fleet", "workload", "link", "cloud", "sweep"] {
        assert!(schema["properties"][section].is_object(), "{section}");
    }
}

/// The first test images as IDX files in a folder.
fn few_images(count: usize) -> tempfile::TempDir {
    let (folder, all) = (tempfile::tempdir().unwrap(), Dataset::fashion_mnist_test().unwrap());
    let (size, side) = ((count as u32).to_be_bytes(), 28_u32.to_be_bytes());
    let images = [&[0, 0, 8, 3], &size[..], &side, &side, &all.pixels().unwrap()[..count * 28 * 28]].concat();
    let classes: Vec<u8> = all.labels[..count].iter().map(|&label| label as u8).collect();
    let labels = [&[0, 0, 8, 1], &size[..], &classes].concat();
    std::fs::write(folder.path().join("t10k-images-idx3-ubyte"), images).unwrap();
    std::fs::write(folder.path().join("t10k-labels-idx1-ubyte"), labels).unwrap();
    folder
}

/// Of the whole zoo, `cospike zoo verify` in `.ci/run` measures every claim.
#[test]
fn what_the_zoo_claims_is_measured_again() {
    let here = tempfile::tempdir().unwrap();
    let name = "resnet14-float-stage3-w2";
    let output = cospike(&["zoo", "verify", name], here.path()).assert().success().get_output().clone();
    let printed = String::from_utf8(output.stdout).unwrap();
    let zoo = cospike(&["zoo", "--json"], here.path()).assert().success().get_output().clone();
    let zoo: Value = serde_json::from_slice(&zoo.stdout).unwrap();
    let claim = &zoo.as_array().unwrap().iter().find(|network| network["name"] == name).unwrap()["metadata"];
    let of = |key: &str| claim[key].as_str().unwrap();
    let outcome = format!("{} of {}, {} bit", of("test_correct"), of("test_images"), of("payload_bits"));
    assert!(printed.starts_with(name) && printed.matches(&outcome).count() == 2, "{outcome} twice in {printed}");
    assert!(printed.lines().all(|line| line.ends_with("  ok")), "{printed}");
}

/// Units share the work of their backbone's head in `verify`, and each of them has its own in `infer`.
#[test]
fn verify_measures_what_infer_does_and_fails_where_the_claim_is_another() {
    let (here, data) = (tempfile::tempdir().unwrap(), few_images(50));
    let data = data.path().to_str().unwrap();
    let command = ["zoo", "verify", "resnet14-spiking", "--data", data];
    let output = cospike(&command, here.path()).assert().code(1).get_output().clone();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.lines().count() >= 10 && printed.lines().all(|line| line.ends_with("DIFFERS")), "{printed}");
    for name in ["resnet14-spiking", "resnet14-spiking-stage1-w2", "resnet14-spiking-stage3-w4"] {
        let output =
            cospike(&["infer", name, "--data", data, "--json"], here.path()).assert().success().get_output().clone();
        let infer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let outcome =
            format!("measured {} of 50, {:.1} bit", infer["correct"], infer["payload_bits"].as_f64().unwrap());
        let line = printed.lines().find(|line| line.split(' ').next() == Some(name)).unwrap();
        assert!(line.contains(&outcome), "{outcome} in {line}");
    }
    let refused = |arguments: &[&str], part: &str| {
        let output = cospike(arguments, here.path()).assert().code(2).get_output().clone();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(part), "{message}");
    };
    refused(&["zoo", "verify", "resnet41"], "no network of the zoo has `resnet41`");
    refused(&["zoo", "--zoo", data], "holds no weight file");
    refused(&["zoo", "verify", "--data", "absent"], "absent");
}

/// The shipped files and some of the shipped images, as if they were a user's.
#[test]
fn a_scenario_runs_with_a_zoo_and_images_of_the_users() {
    let images = few_images(40);
    let dataset = format!("dataset = \"{}\"", images.path().display());
    let place = Place::new(&[("dataset = \"fashion-mnist\"", &dataset), ("count = 60", "count = 40")]);
    let zoo = concat!(env!("CARGO_MANIFEST_DIR"), "/models/zoo");
    cospike(&["run", "small.toml", "--zoo", zoo], place.folder.path()).assert().success();
    let mine = folder::read(&place.out()).unwrap();
    let shipped = Place::new(&[("count = 60", "count = 40")]).results();
    assert_eq!((mine.points, mine.replications, mine.answers), (shipped.points, shipped.replications, shipped.answers));
    let place = Place::new(&[("count = 60", "count = 41"), ("dataset = \"fashion-mnist\"", &dataset)]);
    let output = cospike(&["check", "small.toml"], place.folder.path()).assert().code(2).get_output().clone();
    assert!(String::from_utf8(output.stderr).unwrap().contains("the dataset has 40 test samples"));
}

/// `docs/zoo.md` and its figures; after a change of the zoo, `cospike zoo page docs` writes them anew.
#[test]
fn the_page_about_the_zoo_is_what_the_command_writes() {
    let (here, docs) = (tempfile::tempdir().unwrap(), Path::new(env!("CARGO_MANIFEST_DIR")).join("docs"));
    cospike(&["zoo", "page", "."], here.path()).assert().success();
    let read =
        |path: &Path| std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(read(&here.path().join("zoo.md")), read(&docs.join("zoo.md")));
    let figures = files(&here.path().join("figures"));
    assert!(!figures.is_empty());
    for (name, svg) in figures {
        assert!(read(&docs.join("figures").join(&name)).into_bytes() == svg, "{name} differs");
    }
}

/// What a cut of ResNet-50 costs at two points, by hand: 256x56x56 and 2048x7x7 values.
#[test]
fn networks_says_what_a_cut_costs() {
    let here = tempfile::tempdir().unwrap();
    let json = |arguments: &[&str]| -> Value {
        let output = cospike(arguments, here.path()).assert().success().get_output().clone();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let all = json(&["networks", "--json"]);
    let resnet50 = all.as_array().unwrap().iter().find(|n| n["network"] == "resnet50@224").unwrap();
    let spiking = json(&["networks", "resnet50", "--time-steps", "8", "--json"]);
    for (key, value) in [("parameters", 25_557_032_u64), ("parameters_folded", 25_530_472), ("macs", 4_089_184_256)] {
        assert_eq!((&resnet50[key], &spiking[key]), (&value.into(), &value.into()));
    }
    let layers = spiking["layers"].as_array().unwrap();
    let sum = |key: &str| layers.iter().map(|layer| layer[key].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("parameters"), sum("macs")), (25_557_032, 4_089_184_256));
    for (split, values) in [("stage1", 256 * 56 * 56), ("stage4", 2048 * 7 * 7)] {
        let layer = layers.iter().find(|layer| layer["split_point"] == split).unwrap();
        assert_eq!((&layer["float32_bits"], &layer["spike_bits"]), (&(32 * values).into(), &(8 * values).into()));
    }
    let head = layers.iter().find(|layer| layer["split_point"] == "stage4").unwrap();
    let expected = 100.0 * (1.0 - 2_048_000.0 / 4_089_184_256.0);
    assert!((head["head_macs_percent"].as_f64().unwrap() - expected).abs() < 1e-9, "all but the classifier");
    let float = json(&["networks", "resnet50", "--family", "float", "--json"]);
    assert!(float["layers"].as_array().unwrap().iter().all(|layer| layer["spike_bits"].is_null()));

    let table = |arguments: &[&str]| {
        let output = cospike(arguments, here.path()).assert().success().get_output().clone();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(
        table(&["networks"])
            .contains("vgg16@224             3x224x224     1000   138.366 M  15470.264 M            22")
    );
    let shown = table(&["networks", "sew-resnet14"]);
    assert!(shown.contains(
        "stage2.1.add         32x7x7           0       0            50176                  12544       stage2"
    ));
    let refused = |arguments: &[&str], help: &str| {
        let output = cospike(arguments, here.path()).assert().code(2).get_output().clone();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(help), "{message}");
    };
    refused(&["networks", "resnet80"], "did you mean `resnet50`?");
    refused(&["networks", "mobilnetv2-0.5@32"], "did you mean `mobilenetv2`?");
    refused(&["infer", "resnet14-spikng"], "help: did you mean `resnet14-spiking`?\n");
    refused(&["networks", "resnet50@tall"], "behind `@` belongs the side of the image");
    refused(&["networks", "resnet50", "--family", "float", "--time-steps", "2"], "a float network runs once");
}

/// Another price list and another rate need no other inference; a repeated study needs nothing.
#[test]
fn invariant_13_a_store_holds_what_was_finished_and_a_run_without_one_leaves_nothing_beside_its_results() {
    let place = Place::new(&[]);
    let here = place.folder.path();
    let run = |arguments: &[&str]| {
        cospike(&[&["run", "small.toml"], arguments].concat(), here).assert().success();
    };
    run(&[]);
    assert_eq!(files(&place.out()), {
        run(&["--store", "pieces", "--out", "stored"]);
        files(&here.join("stored"))
    });
    let names = |folder: &Path| std::fs::read_dir(folder).unwrap().count();
    let pieces = || {
        Entries::open(&Location::Folder(here.join("pieces")), |damage| panic!("{damage}"))
            .unwrap()
            .keys()
            .unwrap()
            .len()
    };
    assert_eq!(names(&here.join("out")), 1, "nothing but the results");
    assert_eq!(pieces(), 4 * 2 + 4 * 2, "four networks, four points with two replications each");
    run(&["--store", "pieces", "--out", "again"]);
    assert_eq!(files(&here.join("again")), files(&here.join("stored")));
    assert_eq!(pieces(), 16);
    let text = std::fs::read_to_string(here.join("small.toml")).unwrap();
    let text =
        text.replace("horowitz-45nm-fp32", "horowitz-45nm-int32").replace("uplink_mbps = 10.0", "uplink_mbps = 9.0");
    std::fs::write(here.join("small.toml"), text).unwrap();
    run(&["--store", "pieces", "--out", "other"]);
    assert_eq!(pieces(), 16 + 8, "only the replications are new");
}
