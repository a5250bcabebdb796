//! Two M/M/1 stations in series, on the event queue of CoSpike: mean sojourn at each with its 95 % interval over
//! replications, beside theory. `benches/peers/tandem_queue.py` runs the same in SimPy.
//!
//! `cargo run --release -p cospike-sim-core --example tandem_queue`

use cospike_sim_core::kernel::{EventQueue, SimTime, Streams, TimeError};
use cospike_sim_core::stats::{Moments, mean_interval};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::Exp1;
use std::collections::VecDeque;
use std::error::Error;

const ARRIVALS_PER_SECOND: f64 = 0.7;
const SERVICES_PER_SECOND: [f64; 2] = [1.0, 0.9];
const CUSTOMERS: u64 = 30_000;
/// The first to leave a station are not measured.
const WARM_UP: u64 = 3_000;
const REPLICATIONS: u64 = 20;
const SEED: u64 = 1;

#[derive(Clone, Copy)]
enum Event {
    Arrival,
    Departure(usize),
}

/// When those who are at a station came to it, the one in service first.
struct Station {
    present: VecDeque<SimTime>,
    services: ChaCha8Rng,
    left: u64,
    sojourns: Moments,
}

struct Tandem {
    queue: EventQueue<Event>,
    arrivals: ChaCha8Rng,
    stations: [Station; 2],
}

impl Tandem {
    fn new(streams: &Streams) -> Self {
        let station = |index| Station {
            present: VecDeque::new(),
            services: streams.stream("service", index),
            left: 0,
            sojourns: Moments::default(),
        };
        let stations = [station(0), station(1)];
        Self { queue: EventQueue::new(), arrivals: streams.stream("arrival", 0), stations }
    }

    /// Mean sojourn at each station, in seconds.
    fn run(mut self) -> Result<[f64; 2], TimeError> {
        self.expect_arrival()?;
        while self.stations[1].left < CUSTOMERS {
            match self.queue.pop() {
                Some(Event::Arrival) => {
                    self.enter(0)?;
                    self.expect_arrival()?;
                }
                Some(Event::Departure(station)) => self.leave(station)?,
                None => unreachable!("the next arrival is always scheduled"),
            }
        }
        Ok(self.stations.map(|station| station.sojourns.mean().expect("more customers than warm-up")))
    }

    fn expect_arrival(&mut self) -> Result<(), TimeError> {
        let gap = exponential(&mut self.arrivals, ARRIVALS_PER_SECOND)?;
        self.queue.schedule(gap, 0, Event::Arrival)?;
        Ok(())
    }

    fn enter(&mut self, station: usize) -> Result<(), TimeError> {
        let present = &mut self.stations[station].present;
        present.push_back(self.queue.now());
        if present.len() == 1 { self.serve(station) } else { Ok(()) }
    }

    fn serve(&mut self, station: usize) -> Result<(), TimeError> {
        let service = exponential(&mut self.stations[station].services, SERVICES_PER_SECOND[station])?;
        self.queue.schedule(service, 0, Event::Departure(station))?;
        Ok(())
    }

    fn leave(&mut self, index: usize) -> Result<(), TimeError> {
        let station = &mut self.stations[index];
        let came = station.present.pop_front().expect("a departure is of someone");
        station.left += 1;
        if station.left > WARM_UP {
            station.sojourns.push(self.queue.now().since(came).seconds());
        }
        if !station.present.is_empty() {
            self.serve(index)?;
        }
        if index == 0 { self.enter(1) } else { Ok(()) }
    }
}

fn exponential(rng: &mut ChaCha8Rng, per_second: f64) -> Result<SimTime, TimeError> {
    SimTime::from_seconds(rng.sample::<f64, _>(Exp1) / per_second)
}

fn main() -> Result<(), Box<dyn Error>> {
    let runs = (0..REPLICATIONS)
        .map(|replication| Tandem::new(&Streams::new(SEED, replication)).run())
        .collect::<Result<Vec<_>, _>>()?;
    for (station, services_per_second) in SERVICES_PER_SECOND.into_iter().enumerate() {
        let means: Vec<f64> = runs.iter().map(|run| run[station]).collect();
        let interval = mean_interval(&means)?;
        // By Burke's theorem the second station sees Poisson arrivals too.
        let theory = 1.0 / (services_per_second - ARRIVALS_PER_SECOND);
        println!(
            "station {}: mean sojourn {:.4} s, 95 % interval {:.4} to {:.4} s, theory {theory:.4} s",
            station + 1,
            interval.estimate,
            interval.low,
            interval.high
        );
    }
    Ok(())
}
