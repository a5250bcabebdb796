//! Traces of a run against its results: slices, counters and windows add up to the rows, and tracing changes nothing.

use crate::random_zoo::random_zoo;
use crate::small;
use cospike_results::rows::{ReplicationRow, Results};
use cospike_sim_core::kernel::SimTime;
use cospike_studies::trace::{Scope, Trace};
use cospike_studies::{Study, Watched};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A sweep with full queues and lost payloads; at point 0 each device has its own link, at point 1 all share one.
const BUSY: &str = "[sweep]\nfleet.queue_capacity = [1]\nfleet.battery_j = [1e3]\nworkload.rate_hz = [800.0]\n\
                    link.packet_loss = [0.6]\nlink.uplink_mbps = [1.0]\nlink.sharing = ['dedicated', 'cell']\n";
/// The replication that is traced, of three per design point.
const REPLICATION: u32 = 1;

/// A slice of a track.
#[derive(Clone, Debug, PartialEq)]
struct Slice {
    process: String,
    track: String,
    name: String,
    /// Begin in nanoseconds.
    from: u64,
    /// End in nanoseconds.
    to: u64,
    /// Number of slices around it on its track.
    depth: usize,
    about: Value,
}

impl Slice {
    fn duration(&self) -> u64 {
        self.to - self.from
    }
}

/// A trace as a viewer reads it.
#[derive(Default)]
struct Shown {
    slices: Vec<Slice>,
    /// Times and values of each counter by process and name, in the order of time.
    counters: BTreeMap<(String, String), Vec<(u64, f64)>>,
    instants: Vec<(String, u64)>,
    processes: BTreeSet<String>,
}

fn nanoseconds(event: &Value) -> u64 {
    (event["ts"].as_f64().unwrap() * 1e3).round() as u64
}

/// Reads a trace. On each track begins and ends must match, and time must not decrease.
fn read(bytes: &[u8]) -> Shown {
    let trace: Value = serde_json::from_slice(bytes).unwrap();
    let (mut shown, mut names) = (Shown::default(), BTreeMap::<(u64, u64), String>::new());
    let mut open: BTreeMap<(u64, u64), (u64, Vec<Slice>)> = BTreeMap::new();
    for event in trace["traceEvents"].as_array().unwrap() {
        let (process, thread) = (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap_or(0));
        let text = |key: &str| event[key].as_str().unwrap().to_string();
        if event["ph"] == "M" {
            let name = event["args"]["name"].as_str().unwrap().to_string();
            assert!(names.insert((process, thread), name).is_none(), "named twice: {event}");
            continue;
        }
        let named = |thread: u64| -> String { names[&(process, thread)].clone() };
        shown.processes.insert(named(0));
        match event["ph"].as_str().unwrap() {
            "B" => {
                let (now, stack) = open.entry((process, thread)).or_default();
                assert!(nanoseconds(event) >= *now, "{event}");
                *now = nanoseconds(event);
                let (from, to, depth) = (*now, *now, stack.len());
                let (process, track, name) = (named(0), named(thread), text("name"));
                stack.push(Slice { process, track, name, from, to, depth, about: event["args"].clone() });
            }
            "E" => {
                let (now, stack) = open.get_mut(&(process, thread)).unwrap();
                assert!(nanoseconds(event) >= *now, "{event}");
                *now = nanoseconds(event);
                shown.slices.push(Slice { to: *now, ..stack.pop().unwrap() });
            }
            "C" => {
                let (unit, value) = event["args"].as_object().unwrap().iter().next().unwrap();
                let name = format!("{} {unit}", text("name"));
                let values = shown.counters.entry((named(0), name)).or_default();
                values.push((nanoseconds(event), value.as_f64().unwrap()));
            }
            "i" => shown.instants.push((text("name"), nanoseconds(event))),
            other => panic!("no event of kind {other} is written"),
        }
    }
    assert!(open.values().all(|(_, stack)| stack.is_empty()), "every slice ends");
    shown
}

fn busy() -> Study {
    crate::study(&small(BUSY), &random_zoo())
}

fn traced(study: &Study, point: usize, devices: Range<u32>, seconds: Range<f64>) -> (Shown, Results) {
    let time = |seconds| SimTime::from_seconds(seconds).unwrap();
    let scope = Scope { devices, time: time(seconds.start)..time(seconds.end) };
    let mut bytes = vec![];
    let mut trace =
        Trace::new(&mut bytes, &study.plan().points[point].system.to_system(), scope, &json!({ "study": "small" }));
    let watched = Watched { point, replication: REPLICATION, observer: &mut trace };
    let results = study.run_observed(watched, None, &|_| ()).unwrap();
    let traced = trace.finish().unwrap();
    assert_eq!(traced.cut, None);
    (read(&bytes), results)
}

fn row(results: &Results, point: usize) -> &ReplicationRow {
    let mut rows = results.replications.iter();
    rows.find(|row| (row.point.0, row.replication) == (point as u32, REPLICATION)).unwrap()
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{found} is not {expected}");
}

/// The requests of a trace, each with its phases.
fn requests(shown: &Shown) -> Vec<(&Slice, Vec<&Slice>)> {
    let is_request = |slice: &&Slice| slice.track.starts_with("requests");
    let outer = shown.slices.iter().filter(is_request).filter(|slice| slice.depth == 0);
    let inside = |request: &Slice| {
        let phases = shown.slices.iter().filter(is_request).filter(|slice| slice.depth == 1);
        phases.filter(|phase| phase.about["request"] == request.about["request"]).collect()
    };
    outer.map(|request| (request, inside(request))).collect()
}

#[test]
fn slices_of_a_complete_trace_add_up_to_the_results() {
    let study = busy();
    for point in [0, 1] {
        let (shown, results) = traced(&study, point, 0..3, 0.0..1e6);
        let row = row(&results, point);
        let requests = requests(&shown);
        let ended = |how: &str| requests.iter().filter(|(request, _)| request.about["end"] == how).count() as u64;
        assert_eq!(
            (ended("answered"), ended("dropped: all packets lost")),
            (row.requests.completed, row.requests.dropped_lost)
        );
        assert_eq!(shown.instants.len() as u64, row.requests.dropped_queue_full);
        assert!(row.requests.dropped_queue_full > 0 && row.requests.dropped_lost > 0 && row.requests.completed > 10);
        // The first five are the warm-up.
        let measured =
            |request: &Slice| request.about["end"] == "answered" && request.about["request"].as_u64() >= Some(5);
        let measured: Vec<_> = requests.iter().filter(|(request, _)| measured(request)).collect();
        for (request, phases) in &measured {
            let sum: u64 = phases.iter().map(|phase| phase.duration()).sum();
            assert_eq!(sum, request.duration(), "{request:?}");
            close(request.about["age_ms"].as_f64().unwrap() * 1e6, request.duration() as f64);
        }
        let mean = |durations: u64| durations as f64 / 1e9 / measured.len() as f64;
        close(mean(measured.iter().map(|(request, _)| request.duration()).sum()), row.latency_mean_s.unwrap());
        let phases = row.phases.unwrap();
        for (phase, expected) in [
            ("edge wait", phases.edge_wait),
            ("head", phases.edge_compute),
            ("uplink wait", phases.uplink_wait),
            ("uplink", phases.uplink),
            ("cloud wait", phases.cloud_wait),
            ("tail", phases.cloud_service),
            ("downlink", phases.downlink),
        ] {
            let slices = measured.iter().flat_map(|(_, phases)| phases).filter(|slice| slice.name == phase);
            close(mean(slices.map(|slice| slice.duration()).sum()), expected);
        }
        let busy =
            |track: &str| shown.slices.iter().filter(|slice| slice.track == track).map(Slice::duration).sum::<u64>();
        let seconds = |track: &str| busy(track) as f64 / 1e9 / row.simulated_s;
        close(seconds("processor"), 3.0 * row.edge_utilisation.unwrap());
        close(seconds("uplink"), row.uplink_utilisation.unwrap() * if point == 0 { 3.0 } else { 1.0 });
        close(seconds("server 0"), row.cloud_utilisation.unwrap());
        let places = if point == 0 { &["cloud"][..] } else { &["cell", "cloud"] };
        let devices = (0..3).map(|device| format!("device {device}"));
        assert_eq!(shown.processes, places.iter().map(|place| place.to_string()).chain(devices).collect());
    }
}

#[test]
fn counters_are_never_negative_and_queues_drain() {
    let (shown, results) = traced(&busy(), 0, 0..3, 0.0..1e6);
    let all = |name: &'static str| shown.counters.iter().filter(move |((_, counter), _)| counter.starts_with(name));
    assert!(shown.counters.values().flatten().all(|&(_, value)| value >= 0.0));
    for queue in ["edge queue", "uplink queue", "cloud queue"] {
        assert!(all(queue).count() > 0 && all(queue).all(|(_, values)| values.last().unwrap().1 == 0.0), "{queue}");
    }
    assert!(all("edge queue").any(|(_, values)| values.iter().any(|&(_, length)| length == 1.0)));
    assert!(all("radio").all(|(_, values)| values[0] == (0, 0.0) && values.iter().any(|&(_, state)| state == 3.0)));
    assert_eq!((all("power W").count(), all("battery J").count()), (3, 3));
    // What the batteries lost in the window was drawn by the devices, but for inferences and bits under way at its ends.
    let row = row(&results, 0);
    let left = |seconds: Option<f64>| -> f64 {
        let until = (seconds.unwrap() * 1e9) as u64;
        let last = |values: &[(u64, f64)]| *values.iter().rev().find(|(now, _)| *now <= until).unwrap();
        // The device has drawn the power of its last change ever since.
        let left = |battery, power| {
            let ((since, joules), (_, watts)) = (last(battery), last(power));
            joules - watts * (until - since) as f64 * 1e-9
        };
        all("battery J").zip(all("power W")).map(|((_, battery), (_, power))| left(battery, power)).sum()
    };
    let (gone, drawn) = (left(row.window_from_s) - left(row.window_to_s), row.energy.unwrap().total);
    let drawn = drawn * row.window_answered.unwrap() as f64;
    assert!((gone / drawn - 1.0).abs() < 0.1, "{gone} J of {drawn} J");
}

/// The trace of a window of time and one device is that part of the whole trace, cut off at both ends.
#[test]
fn a_window_shows_its_part_of_the_whole_trace_and_nothing_else() {
    let study = busy();
    let (whole, _) = traced(&study, 0, 0..3, 0.0..1e6);
    let (from, to) = (15_000_000, 40_000_000);
    let (window, _) = traced(&study, 0, 1..2, from as f64 / 1e9..to as f64 / 1e9);
    let shown = BTreeSet::from(["cloud".to_string(), "device 1".to_string()]);
    assert_eq!(window.processes, shown);
    let cut = |slice: &Slice| Slice { from: slice.from.max(from), to: slice.to.min(to), ..slice.clone() };
    let is_in = |slice: &&Slice| shown.contains(&slice.process) && slice.from < to && slice.to > from;
    // What a slice says about its request differs where the request is cut off, so it is not compared.
    let key = |slice: Slice| (slice.process, slice.track, slice.from, slice.depth, slice.to, slice.name);
    let mut expected: Vec<_> = whole.slices.iter().filter(is_in).map(cut).map(key).collect();
    let mut found: Vec<_> = window.slices.iter().cloned().map(key).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert!(found.iter().any(|slice| slice.2 == from) && found.iter().any(|slice| slice.4 == to) && found.len() > 20);
    for ((process, counter), values) in &window.counters {
        let before = &whole.counters[&(process.clone(), counter.clone())];
        assert!(values.iter().all(|(now, _)| (from..to).contains(now)));
        let level = before.iter().rev().find(|(now, _)| *now < from).copied();
        let changes = before.iter().filter(|(now, _)| (from..to).contains(now)).copied();
        let expected: Vec<_> = level.map(|(_, value)| (from, value)).into_iter().chain(changes).collect();
        assert_eq!(*values, expected, "{process} {counter}");
    }
    let in_window = |&&(_, now): &&(String, u64)| (from..to).contains(&now);
    assert!(window.instants.len() <= whole.instants.iter().filter(in_window).count());
    assert!(window.instants.iter().all(|instant| whole.instants.contains(instant)));
}

#[test]
fn tracing_does_not_change_results() {
    let study = busy();
    let untraced = study.run(None, &|_| ()).unwrap();
    let (_, results) = traced(&study, 1, 0..3, 0.0..1e6);
    assert_eq!(results, untraced);
}
