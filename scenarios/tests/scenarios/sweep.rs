//! Expansion of `[sweep]` into design points: their order, their values and what their labels show.

use crate::small;
use cospike_models::zoo::Zoo;
use cospike_results::index::PointIndex;
use cospike_scenarios::given::Given;
use cospike_scenarios::library::{find_scenario, scenarios};
use cospike_scenarios::sweep::{SweepPoint, expand};
use cospike_scenarios::{Points, compile, compile_given, compile_probes};
use cospike_studies::plan::Plan;
use cospike_studies::search::Probe;

/// The swept values of every design point, as JSON.
fn parameters(rest: &str) -> Vec<String> {
    let points = expand(&small(rest)).unwrap().points;
    points.iter().map(|point| serde_json::json!(point.combination.parameters).to_string()).collect()
}

#[test]
fn the_first_swept_key_of_the_file_changes_slowest() {
    let found =
        parameters("[sweep]\nnetwork.split = ['stage3', 'stage1']\nfleet.devices = [1, 2]\nnetwork.width = [8]\n");
    let expected = ["stage3", "stage1"].into_iter().flat_map(|split| {
        [1, 2].map(|devices| format!(r#"{{"fleet.devices":{devices},"network.split":"{split}","network.width":8}}"#))
    });
    assert_eq!(found, expected.collect::<Vec<_>>());
    let axes = expand(&small("[sweep]\nnetwork.width = [8]\nfleet.devices = [1]\n")).unwrap().axes;
    assert_eq!(axes, ["network.width", "fleet.devices"]);
}

#[test]
fn several_grids_follow_one_another_and_a_value_may_be_given_in_the_sweep_only() {
    let grids = "[[sweep]]\nnetwork.split = ['input', 'output']\n[[sweep]]\nnetwork.split = ['stage2']\nnetwork.width = [2, 4]\n";
    let points = expand(&small(grids)).unwrap().points;
    let widths: Vec<_> = points.iter().map(|p| p.scenario.network.width.as_ref().map(|w| w.get())).collect();
    assert_eq!(widths, [None, None, Some(2), Some(4)]);
    assert_eq!(parameters(""), ["{}"]);
}

#[test]
fn zipped_keys_change_together_and_a_range_lists_its_values() {
    let found = parameters(
        "[sweep]\nlink.repeat = { from = 1, to = 3, step = 2 }\nzip.fleet.devices = [5, 6]\nzip.network.split = ['stage3', 'stage1']\n",
    );
    let expected = [1, 3].into_iter().flat_map(|repeat| {
        [(5, "stage3"), (6, "stage1")].map(|(devices, split)| {
            format!(r#"{{"fleet.devices":{devices},"link.repeat":{repeat},"network.split":"{split}"}}"#)
        })
    });
    assert_eq!(found, expected.collect::<Vec<_>>());
}

/// Keys are found in the grid, then in the scenario; a key of which several have the last part is the one that has a value.
#[test]
fn a_condition_keeps_the_combinations_that_fulfil_it() {
    let grid = "[sweep]\nnetwork.split = ['stem', 'stage3']\nnetwork.width = [2, 4, 8]\n";
    for (condition, expected) in [
        ("width <= 4 or split != 'stem'", "stem 2, stem 4, stage3 2, stage3 4, stage3 8"),
        ("network.width * devices > 20 and not (split == 'stem')", "stage3 8"),
        ("family == 'spiking' and width == 2", "stem 2, stage3 2"),
        ("warmup < 6 and deadline != 1 or width == 8", "no key is called `deadline`"),
        ("samples.order == 'fleet-deck' and width < 4", "stem 2, stage3 2"),
        ("workload.horizon_s > 5 or width == 2", "`workload.horizon_s` has no value"),
        ("width == 2 or width == 4 or workload.horizon_s > 5", "`workload.horizon_s` has no value"),
    ] {
        let text = small(&format!("{grid}where = \"{condition}\"\n"));
        let found = match expand(&text) {
            Ok(sweep) => {
                let parameter =
                    |point: &SweepPoint, key: &str| point.combination.parameters[key].to_string().replace('"', "");
                let point =
                    |p: &SweepPoint| format!("{} {}", parameter(p, "network.split"), parameter(p, "network.width"));
                sweep.points.iter().map(point).collect::<Vec<_>>().join(", ")
            }
            Err(mistake) => mistake.message().into(),
        };
        assert!(found.starts_with(expected), "{condition}: {found}");
    }
    let all = expand(&small(&format!("{grid}where = 'width < 9'\n"))).unwrap();
    assert_eq!(all.warnings, ["the condition `width < 9` excludes nothing: all 6 combinations fulfil it"]);
}

#[test]
fn a_sample_spreads_its_points_over_ranges_and_lists() {
    let text = "[sweep]\nlink.uplink_mbps = { from = 0.1, to = 1000, scale = 'log' }\nfleet.devices = { from = 1, to = 8 }\nnetwork.split = ['stage2', 'stage3']\n";
    let points = |rest: &str| expand(&small(&format!("{text}{rest}"))).unwrap().points;
    let column = |points: &[SweepPoint], key: &str| -> Vec<f64> {
        points.iter().map(|point| point.combination.parameters[key].as_f64().unwrap()).collect()
    };
    let cube = points("sample = { method = 'latin-hypercube', count = 16, seed = 1 }\n");
    let mut rates = column(&cube, "link.uplink_mbps");
    rates.sort_by(f64::total_cmp);
    for (stratum, rate) in rates.iter().enumerate() {
        let share = (rate / 0.1).log10() / 4.0 * 16.0;
        assert!((stratum as f64..(stratum + 1) as f64).contains(&share), "{rate} is not in stratum {stratum}");
    }
    let mut devices = column(&cube, "fleet.devices");
    devices.sort_by(f64::total_cmp);
    assert_eq!(devices, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8].map(f64::from), "two of each");
    let deep = cube.iter().filter(|point| point.combination.parameters["network.split"] == "stage3").count();
    assert_eq!(deep, 8);

    let sobol = points("sample = { method = 'sobol', count = 4 }\n");
    assert_eq!(column(&sobol, "link.uplink_mbps"), [0.1, 10.0, 100.0, 1.0]);
    assert_eq!(column(&sobol, "fleet.devices"), [1.0, 5.0, 3.0, 7.0]);
    let kept = points("sample = { method = 'sobol', count = 4 }\nwhere = 'devices > 2'\n");
    let parameters =
        |points: &[SweepPoint]| -> Vec<_> { points.iter().map(|point| point.combination.parameters.clone()).collect() };
    assert_eq!(parameters(&kept), parameters(&sobol[1..]));

    let few = "[sweep]\nfleet.devices = [1, 2]\nsample = { method = 'random', count = 50, seed = 1 }\n";
    let few = expand(&small(few)).unwrap();
    assert_eq!(few.points.len(), 2);
    assert_eq!(few.warnings, ["the sample has 2 design points only: the others of 50 equal them"]);
}

#[test]
fn labels_show_the_name_of_a_grid_and_what_varies_within_it() {
    let grids =
        "[[sweep]]\nname = 'far'\nnetwork.width = [2]\nfleet.devices = [1, 2]\n[[sweep]]\nnetwork.width = [4]\n";
    let points = expand(&small(grids)).unwrap().points;
    let shown: Vec<_> = points
        .iter()
        .map(|p| (p.combination.grid.as_deref(), p.combination.label_axes.iter().map(String::as_str).collect()))
        .collect();
    let expected: [(Option<&str>, Vec<&str>); 3] =
        [(Some("far"), vec!["fleet.devices"]), (Some("far"), vec!["fleet.devices"]), (None, vec!["network.width"])];
    assert_eq!(shown, expected);
}

#[test]
fn every_shipped_scenario_compiles_to_points_with_labels_of_their_own() {
    let zoo = Zoo::shipped().unwrap();
    for name in scenarios() {
        let plan = compile(&find_scenario(name).unwrap(), &zoo).unwrap_or_else(|error| panic!("{error}")).plan;
        assert_eq!(plan.name, name);
        let mut labels: Vec<_> = plan.points.iter().map(|point| &point.label).collect();
        labels.sort();
        labels.dedup();
        assert_eq!(labels.len(), plan.points.len(), "labels of {name} are unique");
    }
    assert!(find_scenario("quikstart").unwrap_err().to_string().contains("did you mean `quickstart`?"));
}

/// However design points are compiled, all at once or some at a time, they are the same, and so are the networks and price lists that
/// they ask for by their numbers.
#[test]
fn design_points_compiled_some_at_a_time_are_those_of_the_whole() {
    let zoo = Zoo::shipped().unwrap();
    for name in scenarios() {
        let (source, given) = (find_scenario(name).unwrap(), Given::default());
        let whole = compile(&source, &zoo).unwrap().plan;
        let (checked, mut points) = Points::checked(&source, &given, &zoo).unwrap();
        assert_eq!(points.all().unwrap(), whole.points, "{name}");
        assert!(points.labels().eq(whole.points.iter().map(|point| point.label.clone())), "{name}");
        assert_eq!(Plan { points: vec![], ..whole.clone() }, checked.plan, "{name}");
        if whole.provenance.search.is_some() {
            continue;
        }
        let (sampled, bundles, mut points) = Points::sampled(&source, &given, &zoo).unwrap();
        assert_eq!((&sampled.plan.networks, &sampled.plan.prices), (&whole.networks, &whole.prices), "{name}");
        let mut all: Vec<_> = bundles.iter().flat_map(|bundle| &bundle.points).copied().collect();
        all.sort();
        assert!(all.iter().map(|point| point.position()).eq(0..whole.points.len()), "{name}: each in one bundle");
        for number in [whole.points.len() - 1, 0] {
            let (made, of_whole) = (points.compile([PointIndex(number as u32)]).unwrap(), &whole.points[number]);
            assert_eq!((&made[0].system, &made[0].designs), (&of_whole.system, &of_whole.designs), "{name}");
        }
    }
}

/// A search that ends later than another is selected by the number that it has in the whole scenario.
#[test]
fn the_probes_of_some_searches_are_numbered_as_in_all() {
    let find = "[find]\nkey = 'fleet.devices'\ngoal = 'largest'\nfrom = 1\nto = 9\nstep = 1\nwhere = 'correct > 0.5'\n";
    let source = small(&format!("[sweep]\nlink.repeat = [1, 2, 3]\n{find}"));
    let given = Given { points: vec![1..2, 2..3], ..Given::default() };
    let zoo = Zoo::shipped().unwrap();
    let compiled = compile_given(&source, &given, &zoo).unwrap();
    assert_eq!(compiled.searches.unwrap().bases.into_keys().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(compiled.plan.points.len(), 4, "both ends of each");
    let probes = [Probe { base: 1, candidate: 3 }, Probe { base: 1, candidate: 4 }];
    let compiled = compile_probes(&source, &given, &probes, &zoo).unwrap();
    let labels: Vec<&str> = compiled.plan.points.iter().map(|point| point.label.as_str()).collect();
    assert_eq!(
        labels,
        ["spiking stage3 fleet.devices=4 link.repeat=2", "spiking stage3 fleet.devices=5 link.repeat=2"]
    );
}

/// One that is not selected is not even decoded: the second of these asks for fewer requests than its warm-up has.
#[test]
fn a_selected_point_is_that_of_the_whole_study_and_the_others_are_not_made() {
    let zoo = Zoo::shipped().unwrap();
    let labels = |requests: &str, points: Vec<std::ops::Range<usize>>| {
        let source = small(&format!("[sweep]\nworkload.requests = {requests}\nlink.repeat = [1, 2]\n"));
        let compiled = compile_given(&source, &Given { points, ..Given::default() }, &zoo);
        let labels = |plan: Plan| plan.points.into_iter().map(|point| point.label).collect::<Vec<_>>();
        compiled.map(|compiled| labels(compiled.plan)).map_err(|error| error.to_string())
    };
    let all = labels("[30, 40, 50]", vec![]).unwrap();
    assert_eq!(
        all[5], "spiking stage3 link.repeat=2 link.repeat=2 workload.requests=50",
        "others have the same network"
    );
    assert_eq!(labels("[30, 40, 50]", vec![0..1, 5..6]).unwrap(), [all[0].clone(), all[5].clone()]);
    assert_eq!(labels("[30, 1, 50]", vec![0..1, 5..6]).unwrap(), [all[0].clone(), all[5].clone()]);
    for points in [vec![], vec![2..3, 3..4]] {
        let mistake = labels("[30, 1, 50]", points).unwrap_err();
        assert!(mistake.contains("warmup"), "{mistake}");
    }
}
