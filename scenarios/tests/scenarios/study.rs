//! Whole studies from scenario to results: common random numbers, conservation, accuracy, comparisons, streaming, codecs.

use crate::random_zoo::{random_zoo, random_zoo_for};
use crate::{small, study};
use cospike_models::dataset::Dataset;
use cospike_models::zoo::Zoo;
use cospike_results::manifest::FileUsed;
use cospike_results::rows::{ReplicationRow, Results};
use cospike_results::store::folder::{self, Place};
use cospike_results::summary::{Comparison, Summary};
use cospike_scenarios::compile;
use cospike_scenarios::diagnostic::Source;
use cospike_scenarios::library::find_scenario;
use cospike_sim_core::energy::Energy;
use cospike_studies::Progress;
use std::sync::Mutex;

fn run(sweep: &str) -> Results {
    study(&small(sweep), &random_zoo()).run(None, &|_| ()).unwrap()
}

fn energy(row: &ReplicationRow) -> Energy {
    row.energy.unwrap()
}

/// The replications of a design point.
fn replications(results: &Results, point: u32) -> Vec<&ReplicationRow> {
    results.replications.iter().filter(|row| row.point.0 == point).collect()
}

/// Prices have no influence on when requests arrive, which samples they ask for and which packets are lost, so all these
/// must be the same at both design points.
#[test]
fn invariant_3_design_points_see_the_same_random_numbers() {
    let results = run("[sweep]\nfleet.prices = ['horowitz-45nm-fp32', 'memory-45nm-fp32']\nlink.packet_loss = [0.2]\n");
    let (cheap, dear) = (replications(&results, 0), replications(&results, 1));
    assert!(cheap.iter().zip(&dear).all(|(a, b)| a.trajectory.fingerprint == b.trajectory.fingerprint
        && a.traffic.packets_lost == b.traffic.packets_lost));
    assert!(cheap.iter().zip(&dear).all(|(a, b)| energy(a).compute.memory == 0.0 && energy(b).compute.memory > 0.0));
    assert!(
        cheap[0].trajectory.fingerprint != cheap[1].trajectory.fingerprint,
        "replications have random numbers of their own"
    );
    assert!(cheap[0].traffic.packets_lost > 0);
}

/// With 60 requests, each of the 20 samples is asked for three times.
#[test]
fn invariant_7_without_loss_accuracy_equals_offline_accuracy_exactly() {
    let results =
        run("[sweep]\nnetwork.family = ['spiking', 'float']\nnetwork.split = ['input', 'stage2', 'output']\n");
    assert_eq!(results.points.len(), 6);
    for point in &results.points {
        for row in replications(&results, point.point.0) {
            assert_eq!(
                (row.requests.completed, row.requests.correct),
                (60, 3 * u64::from(point.correct.unwrap())),
                "{}",
                point.label
            );
        }
    }
    // Where a network is cut does not change its answers.
    let correct: Vec<u32> = results.points.iter().map(|point| point.correct.unwrap()).collect();
    assert_eq!((correct[0], correct[3]), (correct[1], correct[4]));
    assert_eq!((correct[0], correct[3]), (correct[2], correct[5]));
}

#[test]
fn invariant_1_and_5_requests_and_joules_are_conserved_on_a_lossy_link_with_full_queues() {
    let results = run("[sweep]\nfleet.queue_capacity = [0]\nworkload.rate_hz = [400.0]\nlink.packet_loss = [0.7]\n");
    for row in &results.replications {
        assert_eq!(
            row.requests.generated,
            row.requests.completed
                + row.requests.dropped_queue_full
                + row.requests.dropped_lost
                + row.requests.in_flight
        );
        let energy = energy(row);
        let compute = energy.compute.ac
            + energy.compute.mac
            + energy.compute.neuron
            + energy.compute.memory
            + energy.compute.other;
        let sent = energy.power.radio_tx + energy.power.radio_rx;
        let radio = sent + energy.power.radio_promotion + energy.power.radio_tail + energy.power.radio_idle;
        let processor = compute + energy.power.static_power + energy.power.computing + energy.power.standby;
        assert!((processor + radio - energy.total).abs() < 1e-9 * energy.total);
    }
    let total = |get: fn(&ReplicationRow) -> u64| results.replications.iter().map(get).sum::<u64>();
    assert!(total(|row| row.requests.dropped_queue_full) > 0 && total(|row| row.requests.dropped_lost) > 0);
}

#[test]
fn weights_for_another_task_are_refused_for_the_images_that_ship() {
    let source = small("");
    assert!(compile(&source, &random_zoo_for("fashion-mnist")).is_ok());
    let error = compile(&source, &random_zoo_for("kuzushiji")).unwrap_err().to_string();
    assert!(
        error.contains("the weights `resnet14-spiking` were trained for kuzushiji, not for fashion-mnist"),
        "{error}"
    );
}

#[test]
fn equal_networks_on_equal_samples_are_executed_once() {
    let sweep = "[sweep]\nnetwork.time_steps = [4, 2]\nfleet.devices = [1, 2, 3]\n";
    let study = study(&small(sweep), &random_zoo());
    assert_eq!((study.plan().points.len(), study.plan().networks.len()), (6, 2));
    let last = Mutex::new(None);
    study.run(None, &|progress| *last.lock().unwrap() = Some(progress)).unwrap();
    // 6 design points, 3 replications, 60 requests.
    let all = 6 * 3 * 60;
    assert_eq!(*last.lock().unwrap(), Some(Progress::Simulation { done: all, total: all }));
}

#[test]
fn the_summary_pairs_spiking_with_float_points() {
    let results = run("[sweep]\nnetwork.family = ['float', 'spiking']\nnetwork.width = [2, 4]\n");
    let summary = Summary::new(&results).unwrap();
    let pairs: Vec<_> = summary.comparisons.iter().map(|pair| (pair.spiking.0, pair.baseline.0)).collect();
    assert_eq!(pairs, [(2, 0), (3, 1)]);
    for pair in &summary.comparisons {
        let (spiking, float) = (&summary.points[pair.spiking.0 as usize], &summary.points[pair.baseline.0 as usize]);
        let [one, other] = [spiking, float].map(|point| point.offline_accuracy.unwrap().estimate);
        assert!((pair.accuracy.unwrap().difference.estimate - (one - other)).abs() < 1e-12);
        let [difference, one, other] = [pair.energy_j, spiking.energy_j, float.energy_j].map(|of| of.mean.unwrap());
        assert!((difference - (one - other)).abs() < 1e-12);
        // 64 channels of 4x4 for 4 steps against 2 or 4 channels of 2x2 for 4 steps, 1 bit each.
        assert_eq!(spiking.ratio_to_binary, spiking.ratio_to_float32.map(|ratio| ratio / 8.0));
    }
    assert_eq!(summary.points[2].ratio_to_binary, Some(64.0 * 16.0 / (2.0 * 4.0)));
}

/// The same two networks at five rates of the link are one comparison of accuracy, but five of energy and latency.
#[test]
fn p_values_are_adjusted_for_the_number_of_comparisons() {
    let compare = |sweep: &str| Summary::new(&run(sweep)).unwrap().comparisons;
    // A radio that draws nothing between messages, so that the difference is not lost among its tails.
    let alone = compare(
        "[sweep]\nnetwork.family = ['float', 'spiking']\nnetwork.width = [4]\nlink.profile = ['bottlenet-wifi']\n",
    );
    let several = compare(
        "[sweep]\nnetwork.family = ['float', 'spiking']\nnetwork.width = [4]\nlink.profile = ['bottlenet-wifi']\n\
                      link.uplink_mbps = [5.0, 10.0, 15.0, 20.0, 25.0]\n",
    );
    assert_eq!((alone.len(), several.len()), (1, 5));
    let accuracy = alone[0].accuracy.unwrap().p_value;
    assert!(accuracy > 0.0 && several.iter().chain(&alone).all(|pair| pair.adjusted_p.accuracy == Some(accuracy)));
    let energy = |pair: &Comparison| pair.adjusted_p.energy_j.unwrap();
    let smallest = several.iter().map(energy).fold(f64::INFINITY, f64::min);
    // The paired t test of three replications, computed by hand for the pair with the smallest p-value.
    let p_value = |pair: &Comparison| {
        let interval = pair.energy_j.interval.unwrap();
        let error = (interval.high - interval.low) / 2.0 / 4.302_653;
        let t = (pair.energy_j.mean.unwrap() / error).abs();
        // Student's t with 2 degrees of freedom has the distribution function 1/2 + t / (2 sqrt(2 + t^2)).
        1.0 - t / (2.0 + t * t).sqrt()
    };
    let clearest = several.iter().map(p_value).fold(f64::INFINITY, f64::min);
    assert!((smallest / clearest / 5.0 - 1.0).abs() < 1e-3, "{smallest} {clearest}");
    assert!((energy(&alone[0]) / p_value(&alone[0]) - 1.0).abs() < 1e-3);
    assert!(several.iter().all(|pair| energy(pair) >= smallest && pair.adjusted_p.latency_mean_s.is_some()));
}

/// The table has all pairs of a study, however it comes in parts, and what is read of the first design points alone, too, says of its pairs
/// what the whole study does.
#[test]
fn comparisons_are_of_all_design_points_whatever_part_of_them_is_in_memory() {
    let results = run(
        "[sweep]\nnetwork.family = ['float', 'spiking']\nnetwork.width = [4]\nlink.uplink_mbps = [5.0, 10.0, 15.0, 20.0, 25.0]\n",
    );
    let whole = Summary::new(&results).unwrap().comparisons;
    let of_first = |points: u32| -> Vec<Comparison> {
        whole.iter().filter(|pair| pair.spiking.0.max(pair.baseline.0) < points).cloned().collect()
    };
    assert_eq!((whole.len(), of_first(7).len()), (5, 2));
    let here = tempfile::tempdir().unwrap();
    let [at_once, in_parts] = ["once", "parts"].map(|name| Place::open(&here.path().join(name), &[]).unwrap());
    at_once.write(&results).unwrap();
    let mut writing = in_parts.begin(&results.manifest).unwrap();
    let mut shown = Results { answers: results.answers.clone(), ..Results::new(results.manifest.clone(), 10) };
    for (from, to) in [(0, 3), (3, 7), (7, 10)] {
        let mut part = Results { comparisons: None, ..results.clone() };
        part.truncate(to);
        part.points.drain(..from);
        part.replications.retain(|row| row.point.position() >= from);
        writing.add(&part).unwrap();
        if to <= 7 {
            shown.append(Results { answers: vec![], ..part });
        }
    }
    assert_eq!(writing.finish(&shown).unwrap(), of_first(7));
    let table = |place: &Place| std::fs::read(place.folder().join("comparisons.parquet")).unwrap();
    assert!(table(&at_once) == table(&in_parts));
    let read = |points: u32| folder::read_first(at_once.folder(), points as usize).unwrap();
    for points in [0, 7, 10] {
        assert_eq!(Summary::new(&read(points)).unwrap().comparisons, of_first(points), "{points}");
    }
}

/// A grid can be named as the label of another one ends.
#[test]
fn labels_are_unique_whatever_the_names_of_grids() {
    let grids =
        "[[sweep]]\nname = 'workload.rate_hz=5.0'\nlink.uplink_mbps = [4.0]\n[[sweep]]\nworkload.rate_hz = [5.0]\n";
    let plan = study(&small(grids), &random_zoo()).plan().clone();
    let [named, swept] = &plan.points[..] else { panic!("two points") };
    assert!(named.label.ends_with("workload.rate_hz=5.0 link.uplink_mbps=4.0"), "{}", named.label);
    assert!(swept.label.ends_with("workload.rate_hz=5.0 workload.rate_hz=5.0"), "{}", swept.label);
}

#[test]
fn a_single_replication_shows_no_difference() {
    let source = small("[sweep]\nnetwork.family = ['float', 'spiking']\nnetwork.width = [4]\n");
    let source = Source { text: source.text.replace("replications = 3", "replications = 1"), ..source };
    let results = study(&source, &random_zoo()).run(None, &|_| ()).unwrap();
    let [pair] = &Summary::new(&results).unwrap().comparisons[..] else { panic!("one pair") };
    assert_eq!((pair.adjusted_p.latency_mean_s, pair.adjusted_p.energy_j), (None, None));
    assert!(pair.energy_j.interval.is_none() && pair.energy_j.mean != Some(0.0));
}

/// A steady-state mean needs 200 answers; a short run has none, in memory and in the store.
#[test]
fn the_steady_latency_is_missing_where_a_run_is_too_short_for_it() {
    let source = small("");
    let longer = Source { text: source.text.replace("requests = 60", "requests = 600"), ..source.clone() };
    let run = |source: &Source| study(source, &random_zoo()).run(None, &|_| ()).unwrap();
    let (short, long) = (run(&source), run(&longer));
    for row in &short.replications {
        assert_eq!((row.steady_latency_s, row.steady_latency_low_s, row.steady_deleted), (None, None, None));
    }
    for row in &long.replications {
        let [mean, low, high] =
            [row.steady_latency_s, row.steady_latency_low_s, row.steady_latency_high_s].map(Option::unwrap);
        assert!(low < mean && mean < high && row.steady_deleted.unwrap() < 300);
        // At this load there is hardly a warm-up.
        assert!((mean / row.latency_mean_s.unwrap() - 1.0).abs() < 0.05, "{mean} {:?}", row.latency_mean_s);
    }
    let place = tempfile::tempdir().unwrap();
    for (name, results) in [("short", short), ("long", long)] {
        folder::write(&results, &place.path().join(name)).unwrap();
        assert_eq!(folder::read(&place.path().join(name)).unwrap(), results);
    }
}

/// A spiking network is compared with each kind of unit of the float network, but only with the same variant.
#[test]
fn kinds_and_variants_of_bottleneck_units_have_labels_and_comparisons_of_their_own() {
    let mut source = small(
        "[[sweep]]\nnetwork.bottleneck = ['spiking', 'float', 'binary']\nnetwork.width = [4]\n\
         [[sweep]]\nnetwork.family = ['spiking']\nnetwork.variant = ['noisy']\nnetwork.width = [4]\n",
    );
    source.text = source.text.replace("family = \"spiking\"\n", "");
    let results = study(&source, &random_zoo()).run(None, &|_| ()).unwrap();
    let labels: Vec<_> = results.points.iter().map(|point| point.label.as_str()).collect();
    assert_eq!(labels, ["spiking stage3 w4", "float stage3 w4", "binary stage3 w4", "spiking stage3 w4 noisy"]);
    let kinds: Vec<_> = results.points.iter().map(|point| (point.kind.as_str(), point.family.as_str())).collect();
    assert_eq!(kinds, [("spiking", "spiking"), ("float", "float"), ("binary", "float"), ("spiking", "spiking")]);
    let bits: Vec<_> = results.points.iter().map(|point| (point.payload_bits.unwrap(), point.binary_bits)).collect();
    assert_eq!((bits[0], bits[2]), ((64.0, 4 * 1024), (16.0, 1024)), "4 channels of 2x2, in 4 steps and once");
    let pairs: Vec<_> =
        Summary::new(&results).unwrap().comparisons.iter().map(|p| (p.spiking.0, p.baseline.0)).collect();
    assert_eq!(pairs, [(0, 1), (0, 2)]);
}

/// Sending each time step by itself changes when the work is done, not the work or the answer: operations and spikes of the
/// steps add up to those of the whole.
#[test]
fn invariant_7_streaming_changes_no_answer_and_no_energy_of_computing() {
    // So seldom that no request is under way when the window of the energy opens or closes.
    let results = run("[sweep]\nnetwork.stream = [false, true]\nworkload.rate_hz = [0.2]\n");
    let (whole, streamed) = (replications(&results, 0), replications(&results, 1));
    assert_eq!(results.points[0].correct, results.points[1].correct);
    for (whole, streamed) in whole.iter().zip(&streamed) {
        assert_eq!((whole.requests.correct, whole.payload_bytes), (streamed.requests.correct, streamed.payload_bytes));
        assert_eq!(streamed.traffic.steps_sent, 4 * whole.traffic.steps_sent);
        let compute = |row: &ReplicationRow| {
            let compute = energy(row).compute;
            [compute.ac, compute.mac, compute.neuron]
        };
        let same = |(a, b): (f64, f64)| (a - b).abs() <= 1e-9 * a.abs();
        assert!(compute(whole).into_iter().zip(compute(streamed)).all(same), "{whole:?} {streamed:?}");
    }
}

/// Every answer has an entropy of at most 1, so all requests stop after the first step. Hardly any has an entropy of 0.
#[test]
fn an_early_answer_saves_the_steps_that_are_not_sent_yet() {
    let results =
        run("[[sweep]]\nnetwork.stream = [true]\ncloud.exit_entropy = [0.0, 1.0]\nlink.propagation_ms = [0.0]\n");
    let saved = |point| replications(&results, point).iter().map(|row| row.traffic.steps_saved).sum::<u64>();
    assert_eq!(saved(0), 0);
    assert!(saved(1) > 0, "an answer arrives before a slow head has computed all steps");
    for row in &results.replications {
        assert_eq!(row.traffic.steps_sent + row.traffic.steps_saved, 4 * row.requests.completed);
    }
}

/// Requests are so seldom that nobody waits, and the link is clean. The device has 40 bytes more per answer: 10 classes, 4 each.
#[test]
fn invariant_7_who_decides_about_an_early_exit_changes_no_answer() {
    let sweep = "[sweep]\nnetwork.stream = [true]\ncloud.exit_entropy = [0.8, 1.0]\ncloud.exit_at = ['cloud', 'edge']\n\
                 link.propagation_ms = [0.0]\nworkload.rate_hz = [0.2]\n";
    let study = study(&small(sweep), &random_zoo());
    let bytes: Vec<u32> = study.plan().points.iter().map(|point| point.system.cloud.answer_bytes).collect();
    assert_eq!(bytes, [8, 48, 8, 48]);
    let results = study.run(None, &|_| ()).unwrap();
    for limit in [0, 2] {
        for (cloud, edge) in replications(&results, limit).into_iter().zip(replications(&results, limit + 1)) {
            assert_eq!(cloud.requests, edge.requests);
            assert!(edge.latency_mean_s > cloud.latency_mean_s, "longer answers take longer");
            assert_eq!(cloud.traffic.answers_received, cloud.requests.completed);
            assert_eq!(edge.traffic.steps_sent + edge.traffic.steps_saved, 4 * edge.requests.completed);
            assert_eq!(edge.traffic.answers_received, edge.traffic.steps_sent, "all that is sent is executed");
            assert!(energy(edge).power.radio_rx > energy(cloud).power.radio_rx);
        }
    }
    let wasted = |point| replications(&results, point).iter().map(|row| row.traffic.steps_wasted).sum::<u64>();
    assert!(wasted(3) > 0 && wasted(3) >= wasted(1));
}

/// The answers of random networks are noise, so the test looks at the operations of the tail: on a lost step it executes a
/// step of zeros, repeats the step before, or executes nothing.
#[test]
fn the_tail_replaces_a_lost_step_as_the_scenario_says() {
    let results = run("[sweep]\nlink.missing = ['zero', 'last', 'drop-step']\nlink.packet_loss = [0.3]\n");
    let lost: Vec<u64> =
        (0..3).map(|p| replications(&results, p).iter().map(|row| row.traffic.packets_lost).sum()).collect();
    assert!(lost[0] > 0 && lost.iter().all(|&packets| packets == lost[0]), "the same packets are lost: {lost:?}");
    let service = |point| replications(&results, point)[0].phases.unwrap().cloud_service;
    assert!(service(2) < service(0), "a dropped step is not executed");
    assert!(service(1) != service(0), "a repeated step has spikes where a step of zeros has none");
}

/// A JPEG is smaller than the image, the more so the lower its quality; raw 8-bit features take one byte per value.
#[test]
fn images_and_bottlenet_features_have_a_choice_of_codec() {
    let results = run(concat!(
        "[[sweep]]\nnetwork.family = ['float']\nnetwork.split = ['input']\n",
        "[[sweep]]\nnetwork.family = ['float']\nnetwork.split = ['input']\nnetwork.codec = ['jpeg']\nnetwork.jpeg_quality = [5, 95]\n",
        "[[sweep]]\nnetwork.family = ['float']\nnetwork.split = ['stage3']\nnetwork.width = [4]\nnetwork.codec = ['raw', 'jpeg']\n",
    ));
    let codecs: Vec<&str> = results.points.iter().map(|point| point.codec.as_str()).collect();
    assert_eq!(codecs, ["8-bit", "jpeg 5", "jpeg 95", "8-bit", "jpeg 90"]);
    // An image of 28 x 28 pixels has 16 blocks of 256 multiplications, whatever its quality.
    let multiplied = |point: u32| {
        let rows = results.compute_energy.iter().filter(|row| {
            let is_codec =
                row.energy.event == "codec" && row.energy.price == "mac" && row.energy.convention == "inside";
            row.point.0 == point && is_codec && row.energy.prices == "horowitz-45nm-fp32"
        });
        rows.map(|row| row.energy.joules).sum::<f64>()
    };
    assert_eq!(multiplied(0), 0.0);
    for point in [1, 2] {
        assert!((multiplied(point) / (16.0 * 256.0 * 4.6e-12) - 1.0).abs() < 1e-9, "{}", multiplied(point));
    }
    assert!(multiplied(3) > 0.0 && multiplied(4) > multiplied(3), "features become bytes first");
    let latency = |point: usize| results.replications.iter().find(|row| row.point.0 as usize == point).unwrap();
    let compute = |point| latency(point).phases.unwrap().edge_compute;
    assert!(compute(0) == 0.0 && compute(1) > 20e-6, "coding takes the device time, and the overhead of an inference");
    let bits: Vec<f64> = results.points.iter().map(|point| point.payload_bits.unwrap()).collect();
    assert_eq!((bits[0], bits[3]), (8.0 * 28.0 * 28.0, 8.0 * 4.0 * 2.0 * 2.0));
    assert!(bits[1] < bits[2] && bits[2] < bits[0], "{bits:?}");
    assert_eq!(results.points[1].label, "float input jpeg 5");
}

#[test]
fn the_manifest_has_a_hash_of_every_file_that_was_read() {
    let study = study(&find_scenario("adaptive-split").unwrap(), &Zoo::shipped().unwrap());
    let trace = include_bytes!("../../traces/round-trip.csv");
    let images = Dataset::fashion_mnist_test().unwrap();
    let found = |files: &[FileUsed]| files.iter().map(|f| (f.name.clone(), f.blake3.clone())).collect::<Vec<_>>();
    let trace_hash = blake3::hash(trace).to_hex().to_string();
    assert_eq!(found(&study.manifest().traces), [("traces/round-trip.csv".to_string(), trace_hash)]);
    assert_eq!(found(&study.manifest().datasets), [("fashion-mnist".to_string(), images.blake3())]);
    assert!(!study.manifest().networks.is_empty());
    let mut other = images.clone();
    other.labels[0] ^= 1;
    assert_ne!(other.blake3(), images.blake3());
}

/// Whole networks at the edge and in the cloud, on processors that compute with zeros and that skip them: time and energy are those
/// of the operations in the layers table. 4 GHz, 20 us and 0.9 and 4.6 pJ at the edge.
#[test]
fn invariant_15_a_processor_that_skips_zeros_does_so_in_time_and_energy_for_both_families() {
    let results = run("[sweep]\nnetwork.family = ['spiking', 'float']\nnetwork.split = ['output']\n\
         fleet.profile = ['edge-accelerator', 'edge-accelerator-zero-skipping']\n");
    assert_eq!(results.points.len(), 4);
    let mut seconds = vec![];
    for point in &results.points {
        let layers = results.layers.iter().filter(|layer| layer.point == point.point).map(|layer| &layer.means);
        let skips = point.convention == "non-zero";
        let (ac, mac, updates) = layers.fold((0.0, 0.0, 0.0), |(ac, mac, updates), layer| {
            let counts = if skips { layer.nonzero } else { layer.counts };
            (ac + counts.ac, mac + counts.mac, updates + counts.neuron_updates)
        });
        // Each sample is asked for three times; the first 5 answers are no part of the latencies, so means differ a little.
        for row in replications(&results, point.point.0) {
            let expected = (ac + mac + updates) / 4e9 + 20e-6;
            assert!((row.phases.unwrap().edge_compute / expected - 1.0).abs() < 0.05, "{}", point.label);
            // Nor are all answers in the window in which energy is measured.
            let joules = (0.9 * (ac + updates) + 4.6 * mac) * 1e-12;
            assert!((row.energy.unwrap().compute.sum() / joules - 1.0).abs() < 0.02, "{}", point.label);
        }
        seconds.push((ac + mac + updates) / 4e9);
    }
    let [spiking, spiking_skipping, float, float_skipping] = seconds[..] else { panic!("four design points") };
    assert!(spiking_skipping < spiking, "the first layer of the spiking network reads real values too");
    assert!(float_skipping < float);
    // Both conventions are in the table of energies, whatever the devices do.
    let joules = |point: u32, convention: &str| -> f64 {
        let rows = results.compute_energy.iter().filter(|row| row.point.0 == point).map(|row| &row.energy);
        let rows = rows.filter(|energy| energy.prices == "memory-45nm-fp32" && energy.convention == convention);
        rows.map(|energy| energy.joules).sum()
    };
    assert_eq!((joules(2, "inside"), joules(2, "non-zero")), (joules(3, "inside"), joules(3, "non-zero")));
    assert!(joules(2, "non-zero") < joules(2, "inside"));
    // The rows of the memory list name the memory of each event.
    let memories = results
        .compute_energy
        .iter()
        .map(|row| &row.energy)
        .filter(|energy| energy.event == "weight bytes read" && energy.prices == "memory-45nm-fp32");
    assert!(memories.into_iter().all(|energy| energy.price.starts_with("sram_") || energy.price == "dram"));
}

/// The tails of a float network in a cloud that skips zeros: the flag is the profile's, and nothing at the edge changes.
#[test]
fn a_cloud_skips_zeros_only_if_its_profile_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let server = include_str!("../../profiles/cloud/server.toml");
    let (dense, rest) = server.split_once("[skips_zeros]\nvalue = 0").unwrap();
    std::fs::write(folder.path().join("sparse.toml"), format!("{dense}[skips_zeros]\nvalue = 1{rest}")).unwrap();
    let text = small("[sweep]\nnetwork.split = ['stage1']\ncloud.profile = ['server', 'sparse.toml']\n").text;
    let text = text.replace("family = \"spiking\"", "family = \"float\"");
    let text = text.replace("servers = 1", "servers = 1\nprices = \"horowitz-45nm-fp32\"");
    std::fs::write(folder.path().join("study.toml"), text).unwrap();
    let source = Source::read(&folder.path().join("study.toml")).unwrap();
    let results = study(&source, &random_zoo()).run(None, &|_| ()).unwrap();
    let mean = |point: u32, value: fn(&ReplicationRow) -> f64| {
        let rows = replications(&results, point);
        rows.iter().map(|row| value(row)).sum::<f64>() / rows.len() as f64
    };
    assert_eq!(mean(0, |row| row.energy.unwrap().compute.sum()), mean(1, |row| row.energy.unwrap().compute.sum()));
    assert!(mean(1, |row| row.phases.unwrap().cloud_service) < mean(0, |row| row.phases.unwrap().cloud_service));
    assert!(mean(1, |row| row.cloud_energy_j.unwrap()) < mean(0, |row| row.cloud_energy_j.unwrap()));
}
