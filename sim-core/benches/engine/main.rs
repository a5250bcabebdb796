//! Events per second of the event engine: `cargo bench -p cospike-sim-core --bench engine`.
//!
//! `-- --quick` for a fast pass, `-- --json` for machines, `-- --only CoSpike` for one engine. Everything runs on one
//! thread, one after the other, in one process. A second is one of processor time, and a figure is the best of some
//! repetitions: other programs on the machine disturb that least, as they can only slow it down.
//!
//! What the comparison with NeXosim leaves out, and one must know: NeXosim does more per event. It locks its queue,
//! boxes argument and future, passes each event through the mailbox of a model on an asynchronous executor, and gives
//! typed ports, isolated models, detection of lost messages and deadlocks, saving and restoring, and threads within a
//! time step in return. CoSpike's queue moves plain values to a handler that the caller writes, as `BinaryHeap` and
//! the 4-ary heap do, and these two can neither cancel nor order by priority. All draw from the same generator. A real
//! handler costs more than these and makes every ratio smaller: that is what the row "co-inference" shows.

mod coinference;
mod hold;
mod nexosim;
mod pending;
mod queueing;

use cospike_sim_core::kernel::EventQueue;
use hold::Increments;
use pending::{FourHeap, Pending, StandardHeap};

/// How much to run.
#[derive(Clone, Copy)]
struct Effort {
    events: u64,
    repetitions: u32,
}

/// One figure.
struct Row {
    workload: String,
    pending: Option<u32>,
    engine: &'static str,
    /// Events per second.
    rate: f64,
}

type Engine = (&'static str, Box<dyn Fn(u64) -> f64>);

fn hold_engine<P: Pending>(law: Increments, pending: u32) -> Engine {
    (P::NAME, Box::new(move |events| hold::run::<P>(law, pending, events)))
}

/// NeXosim is so much slower that it runs a tenth of the events.
fn nexosim_engine(run: impl Fn(u64) -> f64 + 'static) -> Engine {
    ("NeXosim", Box::new(move |events| run(events / 10)))
}

/// Every workload: its name, its pending events, and the engines that can run it.
fn workloads() -> Vec<(String, Option<u32>, Vec<Engine>)> {
    let mut workloads = Vec::new();
    for law in Increments::ALL {
        for pending in [1_000, 10_000, 100_000, 1_000_000] {
            let engines = vec![
                hold_engine::<EventQueue<u32>>(law, pending),
                hold_engine::<FourHeap>(law, pending),
                hold_engine::<StandardHeap>(law, pending),
                nexosim_engine(move |events| nexosim::hold(law, pending, events)),
            ];
            workloads.push((format!("hold, {law}"), Some(pending), engines));
        }
    }
    let engines: Vec<Engine> = vec![
        (EventQueue::<u32>::NAME, Box::new(queueing::single_server::<EventQueue<u32>>)),
        (FourHeap::NAME, Box::new(queueing::single_server::<FourHeap>)),
        (StandardHeap::NAME, Box::new(queueing::single_server::<StandardHeap>)),
        nexosim_engine(nexosim::single_server),
    ];
    workloads.push(("M/M/1 at load 0.8".into(), None, engines));
    let engines: Vec<Engine> = vec![
        (EventQueue::<u32>::NAME, Box::new(queueing::ping_pong::<EventQueue<u32>>)),
        (FourHeap::NAME, Box::new(queueing::ping_pong::<FourHeap>)),
        (StandardHeap::NAME, Box::new(queueing::ping_pong::<StandardHeap>)),
        nexosim_engine(nexosim::ping_pong),
    ];
    workloads.push(("ping-pong".into(), None, engines));
    for devices in [100, 10_000, 1_000_000] {
        let engine: Engine = (EventQueue::<u32>::NAME, Box::new(move |events| coinference::run(devices, events)));
        workloads.push((format!("co-inference, {devices} devices"), None, vec![engine]));
    }
    workloads
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let given = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let only = arguments.iter().position(|argument| argument == "--only").and_then(|at| arguments.get(at + 1));
    // `cargo test --benches` runs this program too: the smallest run then shows that it works.
    let effort = match (given("--bench"), given("--quick")) {
        (false, _) => Effort { events: 10_000, repetitions: 1 },
        (true, true) => Effort { events: 500_000, repetitions: 2 },
        (true, false) => Effort { events: 2_000_000, repetitions: 5 },
    };
    let mut rows = Vec::new();
    for (workload, pending, engines) in workloads() {
        for (engine, run) in engines.iter().filter(|(engine, _)| only.is_none_or(|only| only == engine)) {
            let rate = (0..effort.repetitions).map(|_| run(effort.events)).fold(0.0, f64::max);
            rows.push(Row { workload: workload.clone(), pending, engine, rate });
        }
        if !given("--json") {
            print_line(&rows, &workload, pending);
        }
    }
    if given("--json") {
        print_json(&rows);
    }
}

/// One line per workload: million events/s of each engine, and how often CoSpike's rate contains it.
fn print_line(rows: &[Row], workload: &str, pending: Option<u32>) {
    let rows: Vec<_> = rows.iter().filter(|row| row.workload == workload && row.pending == pending).collect();
    let ours = rows.iter().find(|row| row.engine == EventQueue::<u32>::NAME);
    print!("{workload:34} {:>9}", pending.map_or(String::new(), |pending| pending.to_string()));
    for row in &rows {
        print!("   {} {:.2}", row.engine, row.rate / 1e6);
        if let Some(ours) = ours.filter(|ours| ours.engine != row.engine) {
            print!(" (x{:.1})", ours.rate / row.rate);
        }
    }
    println!();
}

fn print_json(rows: &[Row]) {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            serde_json::json!({
                "workload": row.workload,
                "pending": row.pending,
                "engine": row.engine,
                "events_per_second": row.rate,
            })
        })
        .collect();
    println!("{}", serde_json::Value::from(rows));
}
