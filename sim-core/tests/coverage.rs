//! How often 95 % intervals hold the truth, in 2,000 seeded experiments each, or as many as `COSPIKE_EXPERIMENTS` says: minutes, so
//! only when asked for.
//!
//! `cargo test --workspace --release --test coverage -- --ignored --nocapture --test-threads 1`
//! prints the tables of `docs/notes/statistics.md`.

mod truth;

use cospike_sim_core::kernel::Streams;
use cospike_sim_core::stats::{
    Comparison, CrossedDifference, Interval, Moments, PrecisionTarget, Sequential, StatsError, SteadyMean, Verdict,
    batch_means, compare_with_control, mean_interval, mser, overlapping_batch_means, paired_difference, wilson,
};
use rand::RngExt;
use rand_distr::StandardNormal;
use std::env;
use std::num::NonZero;
use std::sync::LazyLock;
use std::thread;
use truth::*;

const SEED: u64 = 11;

/// Number of experiments of each kind.
static EXPERIMENTS: LazyLock<u64> = LazyLock::new(|| match env::var("COSPIKE_EXPERIMENTS") {
    Ok(number) => number.parse().expect("COSPIKE_EXPERIMENTS is a whole number"),
    Err(_) => 2_000,
});

/// Standard deviation of a measured share that is 95 % in truth: 0.5 % with 2,000 experiments.
fn uncertainty() -> f64 {
    (0.95 * 0.05 / *EXPERIMENTS as f64).sqrt()
}

fn is_accepted(covered: f64) -> bool {
    (covered - 0.95).abs() <= 4.0 * uncertainty()
}

/// Outcomes of all experiments, in order. Which thread ran which makes no difference.
fn experiments<T: Send>(run: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get) as u64;
    let part =
        |thread: u64| (thread * *EXPERIMENTS / threads..(thread + 1) * *EXPERIMENTS / threads).map(&run).collect();
    thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|thread| scope.spawn(move || -> Vec<T> { part(thread) })).collect();
        handles.into_iter().flat_map(|handle| handle.join().unwrap()).collect()
    })
}

fn share<T>(outcomes: &[T], holds: impl Fn(&T) -> bool) -> f64 {
    outcomes.iter().filter(|outcome| holds(outcome)).count() as f64 / outcomes.len() as f64
}

/// Prints and asserts the coverage of `truth` by the intervals of all experiments.
fn assert_covers(name: &str, truth: f64, run: impl Fn(u64) -> Interval + Sync) {
    let intervals = experiments(run);
    let covered = share(&intervals, |interval| interval.contains(truth));
    let width = intervals.iter().map(Interval::half_width).sum::<f64>() / *EXPERIMENTS as f64;
    println!("| {name} | {:.1} % | {:.1} % |", 100.0 * covered, 100.0 * width / truth.abs());
    assert!(is_accepted(covered), "{name}: {covered}");
}

fn heading(what: &str) {
    println!("\n| {what} | covered | mean half-width / truth |\n|---|---|---|");
}

/// Mean wait of one short stationary run.
fn short_run(streams: Streams, load: f64, customers: usize) -> f64 {
    stationary_m_m_1(streams, load).take(customers).map(|visit| visit.waited).sum::<f64>() / customers as f64
}

#[test]
#[ignore = "takes minutes"]
fn replications() {
    heading("interval over 20 replications, M/M/1 begun in equilibrium");
    for (load, customers) in [(0.3, 500), (0.5, 1_000), (0.8, 5_000), (0.9, 20_000), (0.95, 80_000)] {
        assert_covers(&format!("load {load}, {customers} customers each"), m_m_1_wait(load), |experiment| {
            let run = |replication| short_run(Streams::new(SEED + experiment, replication), load, customers);
            mean_interval(&(0..20).map(run).collect::<Vec<_>>()).unwrap()
        });
    }
}

/// Loads, and customers for half-widths of 2.5 % of the mean wait; 3.5 % at load 0.95, which takes long enough.
fn cases() -> impl Iterator<Item = (f64, usize)> {
    let wanted = [(0.3, 0.025), (0.5, 0.025), (0.7, 0.025), (0.8, 0.025), (0.9, 0.025), (0.95, 0.035)];
    wanted.into_iter().map(|(load, share)| (load, customers_for(share, load)))
}

fn steady(values: impl Iterator<Item = f64>) -> Result<Interval, StatsError> {
    let mut stream = SteadyMean::new();
    values.for_each(|value| stream.push(value));
    stream.estimate().map(|estimate| estimate.mean)
}

fn waits(experiment: u64, load: f64, servers: u32, service: Service) -> impl Iterator<Item = f64> {
    fifo(Streams::new(SEED, experiment), load, servers, service, 0.0).map(|visit| visit.waited)
}

#[test]
#[ignore = "takes minutes"]
fn mser_and_overlapping_batch_means_of_m_m_1() {
    heading("one run of M/M/1 begun empty, MSER and overlapping batch means");
    for (load, customers) in cases() {
        assert_covers(&format!("load {load}, {customers} customers"), m_m_1_wait(load), |experiment| {
            steady(waits(experiment, load, 1, Service::Exponential).take(customers)).unwrap()
        });
    }
}

#[test]
#[ignore = "takes minutes"]
fn mser_and_overlapping_batch_means_of_m_d_1() {
    heading("one run of M/D/1 begun empty, MSER and overlapping batch means");
    for (load, customers) in cases().take(4) {
        assert_covers(&format!("load {load}, {customers} customers"), m_d_1_wait(load), |experiment| {
            steady(waits(experiment, load, 1, Service::Constant).take(customers)).unwrap()
        });
    }
}

#[test]
#[ignore = "takes minutes"]
fn mser_and_overlapping_batch_means_of_m_m_3() {
    heading("one run of M/M/3 begun empty, MSER and overlapping batch means");
    for (load, customers) in cases().take(4) {
        assert_covers(&format!("load {load}, {customers} customers"), m_m_c_wait(load, 3), |experiment| {
            steady(waits(experiment, load, 3, Service::Exponential).take(customers)).unwrap()
        });
    }
}

/// Twice as long: sojourns vary more here, and what is chosen is the half-width. With the lengths of M/M/1 it is 3.4 %
/// at load 0.7, and 92.9 % are covered.
#[test]
#[ignore = "takes minutes"]
fn mser_and_overlapping_batch_means_under_processor_sharing() {
    heading("one run of M/H2/1-PS begun empty, MSER and overlapping batch means");
    for (load, customers) in cases().take(3).map(|(load, customers)| (load, 2 * customers)) {
        assert_covers(&format!("load {load}, {customers} customers"), sharing_sojourn(load), |experiment| {
            let visits = processor_sharing(Streams::new(SEED, experiment), load, Service::Hyperexponential);
            steady(visits.take(customers).map(|visit| visit.sojourn())).unwrap()
        });
    }
}

/// Where it ends: the same queue, shorter and shorter. Asserted is only that the table shows what it is there to show.
#[test]
#[ignore = "takes minutes"]
fn overlapping_batch_means_of_runs_that_are_too_short() {
    println!(
        "\n| M/M/1, load 0.95, customers | refused as too short or not steady | covered | mean half-width / truth |"
    );
    println!("|---|---|---|---|");
    let (load, truth) = (0.95, m_m_1_wait(0.95));
    let covered = [4, 6, 8, 10, 12].map(|halvings| {
        let customers = customers_for(0.025, load) >> halvings;
        let run = |experiment| steady(waits(experiment, load, 1, Service::Exponential).take(customers));
        let given: Vec<Interval> = experiments(run).into_iter().flatten().collect();
        let covered = share(&given, |interval| interval.contains(truth));
        let width = given.iter().map(Interval::half_width).sum::<f64>() / given.len() as f64;
        let refused = 1.0 - given.len() as f64 / *EXPERIMENTS as f64;
        println!(
            "| {customers} | {:.1} % | {:.1} % | {:.1} % |",
            100.0 * refused,
            100.0 * covered,
            100.0 * width / truth
        );
        covered
    });
    assert!(covered.is_sorted_by(|longer, shorter| longer > shorter) && covered[4] < 0.5, "{covered:?}");
}

/// What MSER costs where there is nothing to delete: M/M/1 begun in equilibrium, in batches as `SteadyMean` has them.
#[test]
#[ignore = "takes minutes"]
fn deletion_from_a_run_that_is_steady_from_the_start() {
    println!("\n| M/M/1, load 0.9, customers | deleted | bias before | bias after | covered before | covered after |");
    println!("|---|---|---|---|---|---|");
    let (load, truth) = (0.9, m_m_1_wait(0.9));
    for wanted in [0.1, 0.05, 0.025] {
        let customers = customers_for(wanted, load);
        let size = customers / 800;
        let outcomes = experiments(|experiment| {
            let mut visits = stationary_m_m_1(Streams::new(SEED, experiment), load);
            let mut mean = || visits.by_ref().take(size).map(|visit| visit.waited).sum::<f64>() / size as f64;
            let batches: Vec<f64> = (0..800).map(|_| mean()).collect();
            let deleted = mser(&batches);
            let interval = |kept: &[f64]| overlapping_batch_means(kept, kept.len() / 20).unwrap();
            (deleted as f64 / 800.0, interval(&batches), interval(&batches[deleted..]))
        });
        let average = |of: fn(&(f64, Interval, Interval)) -> f64| {
            100.0 * outcomes.iter().map(of).sum::<f64>() / *EXPERIMENTS as f64
        };
        println!(
            "| {customers} | {:.1} % | {:+.2} % | {:+.2} % | {:.1} % | {:.1} % |",
            average(|outcome| outcome.0),
            average(|outcome| outcome.1.estimate) / truth - 100.0,
            average(|outcome| outcome.2.estimate) / truth - 100.0,
            100.0 * share(&outcomes, |outcome| outcome.1.contains(truth)),
            100.0 * share(&outcomes, |outcome| outcome.2.contains(truth)),
        );
        assert!(average(|outcome| outcome.0) < 5.0);
    }
}

/// The two estimators on the same values: equal coverage, steadier width.
#[test]
#[ignore = "takes minutes"]
fn overlapping_beside_plain_batch_means() {
    println!("\n| M/M/1, load 0.8 | covered | half-width's standard deviation / mean |\n|---|---|---|");
    let (load, customers) = (0.8, 100_000);
    let both = experiments(|experiment| {
        let visits = stationary_m_m_1(Streams::new(SEED, experiment), load);
        let waits: Vec<f64> = visits.take(customers).map(|visit| visit.waited).collect();
        let overlapping = overlapping_batch_means(&waits, customers / 20).unwrap();
        (overlapping, batch_means(&waits, 20).unwrap())
    });
    let (overlapping, plain): (Vec<_>, Vec<_>) = both.into_iter().unzip();
    let row = |name: &str, intervals: Vec<Interval>| {
        let covered = share(&intervals, |interval| interval.contains(m_m_1_wait(load)));
        let widths: Moments = intervals.iter().map(Interval::half_width).collect();
        let spread = widths.variance().unwrap().sqrt() / widths.mean().unwrap();
        println!("| {name} | {:.1} % | {:.1} % |", 100.0 * covered, 100.0 * spread);
        assert!(is_accepted(covered), "{name}: {covered}");
        spread
    };
    let (steadier, plainer) = (row("20 overlapping", overlapping), row("20 plain", plain));
    assert!(steadier < 0.95 * plainer);
}

/// The same arrivals and work at a server that is slower by the factor given.
fn slower_run(streams: Streams, load: f64, slowness: f64) -> f64 {
    slowness * short_run(streams, load * slowness, 2_000)
}

#[test]
#[ignore = "takes minutes"]
fn paired_differences() {
    heading("mean wait at a slower server less that at load 0.5, 10 replications of 2,000 customers");
    let load = 0.5;
    let truth = |slowness: f64| slowness * m_m_1_wait(load * slowness) - m_m_1_wait(load);
    let compared = |experiment: u64, slownesses: &[f64]| {
        let of = |slowness: f64| -> Vec<f64> {
            (0..10)
                .map(|replication| slower_run(Streams::new(SEED + experiment, replication), load, slowness))
                .collect()
        };
        let designs: Vec<Vec<f64>> = slownesses.iter().map(|&slowness| of(slowness)).collect();
        compare_with_control(&of(1.0), &designs.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap()
    };
    for slowness in [0.9, 1.02, 1.2] {
        let name = format!("service times {slowness}, paired by random streams");
        assert_covers(&name, truth(slowness), |experiment| compared(experiment, &[slowness])[0].difference);
    }
    // All of four at once. Bonferroni promises at least 95 %; differences that share a control are alike, so it is more.
    let slownesses = [0.8, 0.9, 1.1, 1.2];
    let all = experiments(|experiment| {
        let comparisons = compared(experiment, &slownesses);
        let holds = |pick: fn(&Comparison) -> Interval| {
            comparisons.iter().zip(slownesses).all(|(comparison, slowness)| pick(comparison).contains(truth(slowness)))
        };
        (holds(|comparison| comparison.simultaneous), holds(|comparison| comparison.difference))
    });
    let (simultaneous, single) = (share(&all, |both| both.0), share(&all, |both| both.1));
    println!("| all of 4 designs at once: Bonferroni | {:.1} % | |", 100.0 * simultaneous);
    println!("| all of 4 designs at once: single intervals | {:.1} % | |", 100.0 * single);
    assert!(simultaneous > 0.945 && single < simultaneous);
}

#[test]
#[ignore = "takes minutes"]
fn proportions() {
    heading("proportions");
    for (probability, trials) in [(0.5, 100), (0.9, 100), (0.9, 1_000), (0.95, 1_000), (0.99, 1_000)] {
        assert_covers(&format!("Wilson, {probability} of {trials}"), probability, |experiment| {
            let mut rng = Streams::new(SEED, experiment).stream("trials", trials);
            wilson((0..trials).filter(|_| rng.random_bool(probability)).count() as u64, trials).unwrap()
        });
    }
    // The first is right on 90 % of samples; the second corrects some of its errors and makes others.
    for (mended, spoilt) in [(0.3, 0.01), (0.5, 0.02), (0.2, 0.05)] {
        let truth: f64 = 0.9 * spoilt - 0.1 * mended;
        let name = format!("Newcombe's paired difference, {:.1} % against 90 % of 1,000", 100.0 * (0.9 - truth));
        assert_covers(&name, truth, |experiment| {
            let mut rng = Streams::new(SEED, experiment).stream("answers", 0);
            let answers = (0..1_000).map(|_| {
                let first = rng.random_bool(0.9);
                (first, first != rng.random_bool(if first { spoilt } else { mended }))
            });
            let (first, second): (Vec<bool>, Vec<bool>) = answers.unzip();
            paired_difference(&first, &second).unwrap().difference
        });
    }
}

/// Mean loss of a network against its backbone, over samples and trainings that are both drawn anew in each experiment.
#[test]
#[ignore = "takes minutes"]
fn samples_and_trainings() {
    heading("mean loss of 2.3 points over samples and trainings, 2,000 samples");
    // Standard deviation over trainings in points, and number of trainings.
    for (spread, trainings) in [(0.0, 3), (0.2, 3), (0.5, 3), (0.5, 5), (1.0, 5)] {
        let name = format!("{trainings} trainings that differ by {spread} points");
        let trained = |experiment| {
            let mut rng = Streams::new(SEED, experiment).stream("trainings", 0);
            let hard: Vec<f64> = (0..2_000).map(|_| 0.1 * rng.random::<f64>().powi(4)).collect();
            let row = |_| {
                let own = 0.003 + 0.01 * spread * rng.sample::<f64, _>(StandardNormal);
                // 5 % of the answers are mended; lost are as many, and more where a sample is hard: 2 % in the mean.
                let loss = |hard: &f64, draw: f64| f64::from(draw < 0.05 + own + hard) - f64::from(draw > 0.95);
                hard.iter().map(|hard| loss(hard, rng.random())).collect::<Vec<f64>>()
            };
            (0..trainings).map(row).collect::<Vec<_>>()
        };
        assert_covers(&name, 0.023, |experiment| {
            CrossedDifference::new(&trained(experiment), &[vec![0.0; 2_000]]).unwrap().difference
        });
    }
}

/// What the stopping rule costs in coverage, beside the same rule without its guards: stop at once, from two replications
/// on, as soon as the half-width is within the bound.
#[test]
#[ignore = "takes minutes"]
fn stopping_when_precise_enough() {
    println!("\n| M/M/1, load 0.8, 2,000 customers each | relative error kept | covered | replications |");
    println!("|---|---|---|---|");
    let (load, truth) = (0.8, m_m_1_wait(0.8));
    let report = |name: &str, stopped: Vec<(u64, Interval)>| {
        let bound: f64 = name.split(' ').next().unwrap().parse().unwrap();
        let kept = share(&stopped, |(_, interval)| (interval.estimate / truth - 1.0).abs() <= bound);
        let covered = share(&stopped, |(_, interval)| interval.contains(truth));
        let cost = stopped.iter().map(|(count, _)| *count as f64).sum::<f64>() / *EXPERIMENTS as f64;
        println!("| {name} | {:.1} % | {:.1} % | {cost:.0} |", 100.0 * kept, 100.0 * covered);
        (kept, covered)
    };
    for relative_error in [0.15, 0.1, 0.05] {
        let run = |experiment| move |replication| short_run(Streams::new(SEED + experiment, replication), load, 2_000);
        let guarded = experiments(|experiment| {
            let target = PrecisionTarget { relative_error, minimum: 10, maximum: 10_000 };
            let mut rule = Sequential::new(target).unwrap();
            let verdicts = (0..).map(run(experiment)).map(|value| rule.push(value));
            verdicts
                .zip(1..)
                .find_map(|(verdict, count)| match verdict {
                    Verdict::Precise(interval) => Some((count, interval)),
                    Verdict::Continue => None,
                    Verdict::GivenUp(_) => panic!("10,000 replications are enough"),
                })
                .unwrap()
        });
        let naive = experiments(|experiment| {
            let mut values = vec![run(experiment)(0)];
            loop {
                values.push(run(experiment)(values.len() as u64));
                let interval = mean_interval(&values).unwrap();
                if interval.half_width() <= relative_error * interval.estimate {
                    return (values.len() as u64, interval);
                }
            }
        });
        let (kept, covered) = report(&format!("{relative_error} with the guards"), guarded);
        let (_, unguarded) = report(&format!("{relative_error} without"), naive);
        assert!(
            kept >= 0.95 - uncertainty() && covered >= 0.9 && covered > unguarded,
            "{relative_error}: {kept} {covered} {unguarded}"
        );
    }
}
