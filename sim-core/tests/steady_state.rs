//! Steady-state means, paired comparison and the stopping rule against queues with a known truth.
//!
//! How often intervals cover in 1,000 and more experiments is the slow test `coverage`.

mod truth;

use cospike_sim_core::kernel::{SimTime, Streams};
use cospike_sim_core::stats::{
    PrecisionTarget, Sequential, SteadyMean, TimeWeighted, Verdict, compare_with_control, mean_interval, wilson,
};
use rand::RngExt;
use rand_distr::StandardNormal;
use truth::*;

const SEED: u64 = 5;
const LOADS: [f64; 5] = [0.3, 0.5, 0.7, 0.9, 0.95];

/// One long run per load, begun empty. Of five 95 % intervals one may miss (two miss in 2 % of all seeds), none by
/// more than its width; each is narrow, and none holds the truth of a queue of another kind.
fn assert_truth<I: Iterator<Item = f64>>(
    run: impl Fn(Streams, f64) -> I,
    truth: fn(f64) -> f64,
    other: fn(f64) -> f64,
) {
    let mut misses = 0;
    for load in LOADS {
        let mut stream = SteadyMean::new();
        run(Streams::new(SEED, 0), load)
            .take(customers_for(0.03, load).max(1_000_000))
            .for_each(|value| stream.push(value));
        let found = stream.estimate().unwrap();
        let (mean, truth, other) = (found.mean, truth(load), other(load));
        misses += u32::from(!mean.contains(truth));
        assert!((mean.estimate - truth).abs() < 2.0 * mean.half_width(), "load {load}: {mean:?} misses {truth} widely");
        assert!(mean.half_width() < 0.06 * truth, "load {load}: {mean:?} is too wide to say anything");
        assert!(!mean.contains(other), "load {load}: {mean:?} cannot tell {truth} from {other}");
    }
    assert!(misses <= 1, "{misses} of {} intervals miss", LOADS.len());
}

fn waits(servers: u32, service: Service) -> impl Fn(Streams, f64) -> Box<dyn Iterator<Item = f64>> {
    move |streams, load| Box::new(fifo(streams, load, servers, service, 0.0).map(|visit| visit.waited))
}

#[test]
fn waits_of_m_m_1_have_the_textbook_mean() {
    assert_truth(waits(1, Service::Exponential), m_m_1_wait, m_d_1_wait);
}

#[test]
fn waits_of_m_d_1_have_the_textbook_mean() {
    assert_truth(waits(1, Service::Constant), m_d_1_wait, m_m_1_wait);
}

#[test]
fn waits_of_m_m_3_have_the_textbook_mean() {
    assert_truth(waits(3, Service::Exponential), |load| m_m_c_wait(load, 3), |load| m_m_c_wait(load, 2));
}

/// First come, first served, the sojourn would depend on the service: 1 + wait, by Pollaczek-Khinchine.
#[test]
fn sojourns_under_processor_sharing_do_not_depend_on_the_service() {
    let sojourns = |service| {
        move |streams: Streams, load: f64| processor_sharing(streams, load, service).map(|visit| visit.sojourn())
    };
    assert_truth(sojourns(Service::Constant), sharing_sojourn, |load| 1.0 + m_d_1_wait(load));
    assert_truth(sojourns(Service::Hyperexponential), sharing_sojourn, |load| 1.0 + 6.5 / 2.0 * m_m_1_wait(load));
}

/// The time average of those present, from `TimeWeighted`, against `load / (1 - load)`, and, customer by customer,
/// against arrivals per second times mean sojourn.
#[test]
fn invariant_8_littles_law_holds_at_every_queue() {
    let load = 0.7;
    let present = |replication, queue: usize| -> f64 {
        let streams = Streams::new(SEED, replication);
        let visits: Box<dyn Iterator<Item = Visit>> = match queue {
            0 => Box::new(fifo(streams, load, 1, Service::Exponential, 0.0)),
            1 => Box::new(fifo(streams, load, 1, Service::Constant, 0.0)),
            2 => Box::new(fifo(streams, load, 3, Service::Exponential, 0.0)),
            _ => Box::new(processor_sharing(streams, load, Service::Hyperexponential)),
        };
        let visits: Vec<Visit> = visits.take(20_000).collect();
        let mut changes: Vec<(SimTime, bool)> = visits
            .iter()
            .flat_map(|visit| [(visit.arrived, true), (visit.left, false)])
            .map(|(seconds, comes)| (SimTime::from_seconds(seconds).unwrap(), comes))
            .collect();
        // Who comes at the instant of another's leaving comes first.
        changes.sort_unstable_by_key(|&(time, comes)| (time, !comes));
        let mut level = TimeWeighted::default();
        for &(time, comes) in &changes {
            if comes { level.increase(time) } else { level.decrease(time) }
        }
        let (end, _) = changes[changes.len() - 1];
        let mean = level.mean(end).unwrap();
        let sojourns: f64 = visits.iter().map(Visit::sojourn).sum();
        assert!((mean * end.seconds() / sojourns - 1.0).abs() < 1e-8, "queue {queue}: {mean} {sojourns}");
        mean
    };
    // Arrivals per second times mean sojourn.
    let truths = [
        load * (1.0 + m_m_1_wait(load)),
        load * (1.0 + m_d_1_wait(load)),
        3.0 * load * (1.0 + m_m_c_wait(load, 3)),
        load * sharing_sojourn(load),
    ];
    for (queue, truth) in truths.into_iter().enumerate() {
        let levels: Vec<f64> = (0..20).map(|replication| present(replication, queue)).collect();
        let interval = mean_interval(&levels).unwrap();
        assert!(
            interval.contains(truth) && interval.half_width() < 0.06 * truth,
            "queue {queue}: {interval:?} {truth}"
        );
    }
}

/// 300 s of work stand before the first customer of a queue at load 0.8: that is gone after 1,500 s or 1,200 customers.
/// The mean after deletion is true; without deletion it would be false.
#[test]
fn a_backlog_at_the_start_is_deleted_and_would_have_spoilt_the_mean() {
    let (load, customers) = (0.8, 100_000);
    let mut stream = SteadyMean::new();
    let waits = || fifo(Streams::new(SEED, 1), load, 1, Service::Exponential, 300.0).map(|visit| visit.waited);
    waits().take(customers).for_each(|wait| stream.push(wait));
    let estimate = stream.estimate().unwrap();
    let truth = m_m_1_wait(load);
    assert!((800..3_000).contains(&estimate.deleted), "{estimate:?}");
    assert!(estimate.mean.contains(truth), "{estimate:?}");
    let spoilt = waits().take(customers).sum::<f64>() / customers as f64;
    assert!(!estimate.mean.contains(spoilt), "{spoilt} {estimate:?}");
}

/// First-order autoregression of mean 10 that starts at its mean: 92.5 to 97.5 % of 300 intervals must cover;
/// intervals that took the values as independent would in one half.
#[test]
fn intervals_cover_a_cheap_autocorrelated_process() {
    let covered = (0..300)
        .filter(|&replication| {
            let mut rng = Streams::new(SEED, replication).stream("noise", 0);
            let (mut deviation, mut stream) = (0.0, SteadyMean::new());
            for _ in 0..5_000 {
                deviation = 0.8 * deviation + rng.sample::<f64, _>(StandardNormal);
                stream.push(10.0 + deviation);
            }
            stream.estimate().unwrap().mean.contains(10.0)
        })
        .count() as u64;
    assert!(wilson(covered, 300).unwrap().contains(0.95), "{covered} of 300");
}

/// Two servers, one 2 % slower, with the same arrivals and the same work: ten short replications see the difference,
/// which they could not if each had its own random numbers.
#[test]
fn invariant_3_common_random_numbers_show_a_difference_that_noise_would_hide() {
    let load = 0.5;
    // A slower server is a faster clock of arrivals: waits in units of its own service.
    let mean_wait = |replication, slowness: f64| {
        let visits = stationary_m_m_1(Streams::new(SEED, replication), load * slowness);
        visits.take(2_000).map(|visit| slowness * visit.waited).sum::<f64>() / 2_000.0
    };
    let of = |slowness, replications: std::ops::Range<u64>| -> Vec<f64> {
        replications.map(|replication| mean_wait(replication, slowness)).collect()
    };
    let (control, slower, foreign) = (of(1.0, 0..10), of(1.02, 0..10), of(1.02, 10..20));
    let [paired, unpaired] = compare_with_control(&control, &[&slower, &foreign]).unwrap()[..] else { panic!("two") };
    assert!(paired.adjusted_p_value < 0.01 && paired.simultaneous.low > 0.0, "{paired:?}");
    assert!(unpaired.difference.half_width() > 3.0 * paired.difference.half_width(), "{paired:?} {unpaired:?}");
}

#[test]
fn the_stopping_rule_reaches_the_relative_error_it_promises() {
    let target = PrecisionTarget { relative_error: 0.05, minimum: 10, maximum: 1_000 };
    let mut rule = Sequential::new(target).unwrap();
    let load = 0.8;
    let verdict = (0..)
        .map(|replication| {
            let visits = stationary_m_m_1(Streams::new(SEED, replication), load);
            rule.push(visits.take(5_000).map(|visit| visit.waited).sum::<f64>() / 5_000.0)
        })
        .find(|verdict| *verdict != Verdict::Continue);
    let Some(Verdict::Precise(interval)) = verdict else { panic!("{verdict:?}") };
    assert!((interval.estimate / m_m_1_wait(load) - 1.0).abs() <= 0.05, "{interval:?}");
}
