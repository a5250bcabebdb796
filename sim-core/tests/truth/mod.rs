//! Queues with a known truth, as small as they can be: what the statistics are tested against owes nothing to the
//! event engine. Mean service is 1 s throughout; `load` is the share of its time that a server is busy.

use cospike_sim_core::kernel::Streams;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::Exp1;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// One customer's way through a queue, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    pub(crate) arrived: f64,
    /// Until service began; 0 under processor sharing.
    pub(crate) waited: f64,
    pub(crate) left: f64,
}

impl Visit {
    pub(crate) fn sojourn(&self) -> f64 {
        self.left - self.arrived
    }
}

/// Distribution of the service time, of mean 1.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Service {
    Constant,
    Exponential,
    /// Exponential of mean 0.5 for 9 customers in 10 and 5.5 for the other: a squared coefficient of variation of 5.5.
    Hyperexponential,
}

impl Service {
    fn draw(self, rng: &mut ChaCha8Rng) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Exponential => rng.sample(Exp1),
            Self::Hyperexponential => {
                let mean = if rng.random_bool(0.9) { 0.5 } else { 5.5 };
                mean * rng.sample::<f64, _>(Exp1)
            }
        }
    }
}

/// First come, first served at `servers` equal servers, Poisson arrivals. Endless, in the order of arrival. With one
/// server this is Lindley's recursion.
pub(crate) fn fifo(
    streams: Streams,
    load: f64,
    servers: u32,
    service: Service,
    backlog: f64,
) -> impl Iterator<Item = Visit> {
    // Streams of their own: two queues that differ in service see the same arrivals.
    let (mut gaps, mut services) = (streams.stream("gaps", 0), streams.stream("services", 0));
    let rate = load * f64::from(servers);
    let mut free = vec![backlog; servers as usize];
    let mut arrived = 0.0;
    std::iter::repeat_with(move || {
        arrived += gaps.sample::<f64, _>(Exp1) / rate;
        let first = free.iter_mut().min_by(|a, b| a.total_cmp(b)).unwrap();
        let begins = first.max(arrived);
        *first = begins + service.draw(&mut services);
        Visit { arrived, waited: begins - arrived, left: *first }
    })
}

/// Processor sharing by one server, Poisson arrivals. Endless, in the order of departure.
///
/// All who are there are served at equal rates, so each needs an equal *share*: they leave in the order of the share
/// at which they came plus their service.
pub(crate) fn processor_sharing(streams: Streams, load: f64, service: Service) -> impl Iterator<Item = Visit> {
    let (mut gaps, mut services) = (streams.stream("gaps", 0), streams.stream("services", 0));
    let (mut now, mut share) = (0.0_f64, 0.0_f64);
    let mut arrival = gaps.sample::<f64, _>(Exp1) / load;
    // (share at departure, arrival) as bits, which sort like the numbers because these are not negative.
    let mut present: BinaryHeap<Reverse<(u64, u64)>> = BinaryHeap::new();
    std::iter::from_fn(move || {
        loop {
            let count = present.len() as f64;
            let next = present.peek().map(|Reverse((share, _))| f64::from_bits(*share));
            match next.map(|next| now + (next - share) * count) {
                Some(departure) if departure <= arrival => {
                    let Reverse((_, came)) = present.pop()?;
                    (now, share) = (departure, next?);
                    return Some(Visit { arrived: f64::from_bits(came), waited: 0.0, left: now });
                }
                _ => {
                    // From zero whenever it is empty, so that no digits are lost in a long run.
                    share = if present.is_empty() { 0.0 } else { share + (arrival - now) / count };
                    now = arrival;
                    present.push(Reverse(((share + service.draw(&mut services)).to_bits(), now.to_bits())));
                    arrival = now + gaps.sample::<f64, _>(Exp1) / load;
                }
            }
        }
    })
}

/// M/M/1 that begins in equilibrium: the workload found first is 0 with probability `1 - load`, otherwise exponential
/// of rate `1 - load`. Every wait then has the same distribution.
pub(crate) fn stationary_m_m_1(streams: Streams, load: f64) -> impl Iterator<Item = Visit> {
    let mut rng = streams.stream("beginning", 0);
    let backlog = if rng.random_bool(load) { rng.sample::<f64, _>(Exp1) / (1.0 - load) } else { 0.0 };
    fifo(streams, load, 1, Service::Exponential, backlog)
}

/// Mean wait in M/M/1.
pub(crate) fn m_m_1_wait(load: f64) -> f64 {
    load / (1.0 - load)
}

/// Mean wait in M/D/1 (Pollaczek-Khinchine).
pub(crate) fn m_d_1_wait(load: f64) -> f64 {
    m_m_1_wait(load) / 2.0
}

/// Mean wait in M/M/c: `C / (c (1 - load))`, `C` Erlang's probability of having to wait, from the recursion of his
/// loss formula `B(k) = a B(k-1) / (k + a B(k-1))` and `C = B / (1 - load (1 - B))`.
pub(crate) fn m_m_c_wait(load: f64, servers: u32) -> f64 {
    let offered = load * f64::from(servers);
    let lost = (1..=servers).fold(1.0, |lost, k| offered * lost / (f64::from(k) + offered * lost));
    lost / (1.0 - load * (1.0 - lost)) / (f64::from(servers) * (1.0 - load))
}

/// Mean sojourn in M/G/1 under processor sharing, whatever the service distribution.
pub(crate) fn sharing_sojourn(load: f64) -> f64 {
    1.0 / (1.0 - load)
}

/// Time-average variance constant of the waits in M/M/1: the variance of the mean of `n` is about this over `n` (Daley,
/// Journal of the Australian Mathematical Society 8, 1968, pp. 683-699). It says how long a run must be.
pub(crate) fn m_m_1_variance_constant(load: f64) -> f64 {
    load * (2.0 + load * (5.0 + load * (load - 4.0))) / (1.0 - load).powi(4)
}

/// Customers for a 95 % half-width of `share` of the mean wait in M/M/1.
pub(crate) fn customers_for(share: f64, load: f64) -> usize {
    ((1.96 / (share * m_m_1_wait(load))).powi(2) * m_m_1_variance_constant(load)) as usize
}
