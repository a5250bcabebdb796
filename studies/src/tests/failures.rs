//! What cannot be executed or simulated costs nothing else its results.

use super::plan;
use crate::error::{StoreError, StudyError};
use crate::keys::{failure_key, replication_key};
use crate::plan::{DesignPoint, Metric, Plan, PlanError, Precision};
use crate::study::Study;
use cospike_models::dataset::Dataset;
use cospike_models::zoo::Zoo;
use cospike_results::index::{NetworkIndex, PointIndex};
use cospike_results::rows::{PointRow, ReplicationRow, Results, Table};
use cospike_results::store::entries::{Entries, Listed, Location, entry_key};
use cospike_results::summary::Summary;
use cospike_sim_core::compute::Processor;
use cospike_sim_core::link::PacketLoss;
use cospike_sim_core::network::{Network, OUTPUT, Operation, Shape, Tensor, TensorStore, Weights};
use cospike_sim_core::payload::Codec;
use cospike_sim_core::split::SplitNetwork;
use cospike_sim_core::workload::{ArrivalProcess, TraceArrival};
use std::sync::Arc;

/// No packet arrives.
const ALL_LOST: PacketLoss = PacketLoss::Independent { probability: 1.0 };

/// The plan in front of which `change` puts a second design point, with the label `changed`.
fn two_points(change: fn(&mut DesignPoint)) -> Plan {
    let mut plan = plan(&Zoo::shipped().unwrap(), &Dataset::fashion_mnist_test().unwrap());
    let mut changed = DesignPoint { label: "changed".into(), ..plan.points[0].clone() };
    change(&mut changed);
    plan.points.insert(0, changed);
    plan
}

fn study(plan: Plan) -> Study {
    Study::new(plan, &Zoo::shipped().unwrap(), [Dataset::fashion_mnist_test().unwrap()]).unwrap()
}

/// Its server is a thousand times too slow for what is asked, so that requests starve.
fn starve(point: &mut DesignPoint) {
    let slow = Processor { overhead_seconds: 1.0, ..point.system.edge.processor };
    *point.system.cloud = cospike_sim_core::cloud::Cloud::plain(1, slow, 4);
    point.system.starvation_seconds = Some(2.0);
    // It is looked for now and then only.
    point.system.workload.requests = 4_000;
}

/// Replications of a design point, as if it were the first one.
fn of_point(results: &Results, point: u32) -> Vec<ReplicationRow> {
    let rows = results.replications.iter().filter(|row| row.point.0 == point);
    rows.map(|row| ReplicationRow { point: PointIndex(0), ..row.clone() }).collect()
}

#[test]
fn invariant_13_a_design_point_that_starves_fails_alone_and_once() {
    let alone = super::study().run(None, &|_| ()).unwrap();
    let place = tempfile::tempdir().unwrap();
    let store = super::open(place.path());
    let study = study(two_points(starve));
    let results = study.run(Some(&store), &|_| ()).unwrap();
    let [failed, kept] = &results.points[..] else { panic!("two points") };
    let reason = failed.failure.as_deref().unwrap();
    assert!(reason.starts_with("replication 0: at ") && reason.contains("are older than 2"), "{reason}");
    assert_eq!((failed.failed_replications, failed.correct), (2, kept.correct), "inference is that of the network");
    assert_eq!((kept.failed_replications, &kept.failure), (0, &None));
    assert_eq!((of_point(&results, 0), of_point(&results, 1)), (vec![], alone.replications.clone()));
    assert_eq!(
        store.keys().unwrap().len(),
        2 + 2 + 2,
        "an inference and its summary, two replications, and why there are not two others"
    );
    assert_eq!(study.run(Some(&store), &|_| ()).unwrap(), results);
    assert_eq!(study.collect(&store).unwrap(), results, "failures are among what is stored");
    let first = replication_key(&study.plan().point_key(PointIndex(0)).unwrap(), 0).unwrap();
    let reason = failure_key(&first).unwrap();
    let is_reason = |entry: &&Listed| entry_key(&entry.name) == Some(reason);
    store.remove(store.list().unwrap().iter().find(is_reason).unwrap()).unwrap();
    let collected = study.collect(&store).unwrap();
    assert!(collected.points[0].failure.as_ref().is_some_and(|reason| reason.contains("not computed yet")));
    assert_eq!((collected.points[0].failed_replications, &collected.points[1]), (2, kept));

    let summary = Summary::new(&results).unwrap();
    let point = &summary.points[0];
    assert!(point.estimates().iter().all(|estimate| (estimate.mean, estimate.over, estimate.of) == (None, 0, 2)));
    assert_eq!((&point.failure, point.replications, point.failed_replications), (&failed.failure, 0, 2));
    let verified = study.verify(&|_| ()).unwrap();
    let failures: Vec<bool> = verified.replications.iter().map(|run| run.failure.is_some()).collect();
    assert_eq!(failures, [true, true, false, false]);
}

/// The stages of the second network are those of one that takes other images.
#[test]
fn a_network_that_cannot_be_executed_costs_only_its_own_design_points() {
    let mut plan = two_points(|_| ());
    let mut other = plan.networks[0].clone();
    other.choice.time_steps = Some(2);
    plan.networks.push(other);
    plan.points[0].local = Some(NetworkIndex(1));
    plan.points.push(DesignPoint { label: "other".into(), designs: vec![NetworkIndex(1)], ..plan.points[1].clone() });
    let mut study = study(plan);
    let mut network = Network::new("tiny", Shape::new(1, 2, 2));
    network.push("sum", Operation::Linear, &[0], Shape::vector(10));
    network.mark_split(OUTPUT);
    let tensor = Tensor { shape: vec![10, 4], data: vec![0.0; 40] };
    let weights = Weights::from_store(&network, &TensorStore::from([("sum.weight".into(), tensor)])).unwrap();
    let made = SplitNetwork::new(&network, &weights, 1, Codec::Float32, 1).unwrap();
    Arc::get_mut(&mut study.networks).unwrap()[1].stages = vec![made].into();
    let results = study.run(None, &|_| ()).unwrap();
    let of = |point: usize| results.points[point].failure.as_deref();
    assert!(of(0).is_some_and(|reason| reason.contains("on sample 0: ")), "{:?}", of(0));
    assert_eq!((of(0), of(1)), (of(2), None));
    assert_eq!((results.points[2].correct, results.points[2].payload_bits), (None, None));
    assert_eq!(of_point(&results, 1), super::study().run(None, &|_| ()).unwrap().replications);
    assert_eq!((results.replications.len(), results.answers.len()), (2, 20), "only what was executed has rows");
    assert!(results.layers.iter().all(|row| row.point.0 != 2));
    let Err(StudyError::Failed(_)) = study.verify(&|_| ()) else { panic!("nothing to compare") };
}

/// Sums of joules stay far within a double, because no price is above a joule: a plan with another is refused.
#[test]
fn a_price_above_a_joule_is_refused_with_its_plan() {
    let priced = |price: f64| {
        let mut plan = two_points(|_| ());
        let list = format!(r#"{{"operations":{{"ac":{price:e},"mac":0,"neuron_update":0}}}}"#);
        plan.prices[0].list = serde_json::from_str(&list).unwrap();
        Study::new(plan, &Zoo::shipped().unwrap(), [Dataset::fashion_mnist_test().unwrap()])
    };
    for price in [1.001, 1e300, 1e308] {
        let Err(StudyError::Plan(PlanError::Price { name, error })) = priced(price) else {
            panic!("{price} is accepted")
        };
        assert_eq!((&*name, error.name, error.value), ("unit", "ac", price));
    }
    let results = priced(1.0).unwrap().run(None, &|_| ()).unwrap();
    assert!(results.points.iter().all(|point| point.failure.is_none()) && Summary::new(&results).is_ok());
}

/// The first piece is damaged; then something else has its name.
#[test]
fn a_store_that_fails_is_told_and_costs_no_result() {
    let place = tempfile::tempdir().unwrap();
    let store = Entries::open(&Location::Folder(place.path().into()), |_| ()).unwrap();
    let study = super::study();
    let results = study.run(Some(&store), &|_| ()).unwrap();
    let replication = replication_key(&study.plan().point_key(PointIndex(0)).unwrap(), 0).unwrap();
    let is_of_it = |listed: &Listed| entry_key(&listed.name) == Some(replication);
    let stored = place.path().join(store.list().unwrap().into_iter().find(is_of_it).unwrap().name);
    std::fs::write(&stored, "something else").unwrap();
    assert_eq!(study.run(Some(&store), &|_| ()).unwrap(), results, "computed anew");
    std::fs::remove_file(&stored).unwrap();
    std::fs::create_dir(&stored).unwrap();
    let error = study.run(Some(&store), &|_| ()).unwrap_err();
    assert!(error.to_string().contains("directory"), "{error}");
    let StudyError::Store { results: kept, error: StoreError::Entry(_) } = error else { panic!("{error}") };
    assert_eq!(*kept, results);
    std::fs::remove_dir(&stored).unwrap();
    assert_eq!(study.run(Some(&store), &|_| ()).unwrap(), results);
}

/// One answer after the warm-up but no window for the energy; then no request, and twice no answer, which fail with their reason.
#[test]
fn where_there_is_no_answer_cells_are_empty_and_never_nan() {
    let changes: [fn(&mut DesignPoint); 4] = [
        |point| point.system.workload.warmup = 39,
        |point| point.system.workload.horizon_seconds = Some(1e-9),
        |point| point.system.link.channel.packet_loss = ALL_LOST,
        |point| point.system.edge.battery_joules = Some(1e-9),
    ];
    let nothing = "no request was answered in the window";
    let why = ["so no energy was measured", "after the first 1 had ended", nothing, nothing];
    for ((number, change), why) in changes.into_iter().enumerate().zip(why) {
        let mut plan = two_points(change);
        plan.replications = 3;
        let results = study(plan).run(None, &|_| ()).unwrap();
        let failures = results.points.iter().filter_map(|point| point.failure.as_ref());
        assert_eq!(failures.count(), usize::from(number > 0), "{number}");
        assert!(results.replications.iter().all(|row| row.first_not_finite().is_none()), "{number}");
        assert!(results.points.iter().all(|row: &PointRow| row.first_not_finite().is_none()), "{number}");
        let rows = of_point(&results, 0);
        let unanswered = rows.iter().all(|row| row.latency_mean_s.is_none() && row.phases.is_none());
        assert!(unanswered == (number > 0) && rows.len() == 3, "{number}: {rows:?}");
        assert!(
            rows.iter().all(|row| row.energy.is_none() && row.no_energy.as_ref().is_some_and(|of| of.contains(why)))
        );
        let summary = Summary::new(&results).unwrap();
        assert!(summary.points[0].no_energy.is_some() && summary.points[1].no_energy.is_none());
        let text = serde_json::to_string(&summary).unwrap();
        let other = of_point(&results, 1);
        assert!(other.iter().all(|row| row.latency_mean_s.is_some() && row.first_depletion_s.is_none()), "{text}");
        assert_eq!(rows.iter().all(|row| row.first_depletion_s.is_some()), number == 3);
    }
}

/// Arrivals from a trace, equal payloads and no loss leave nothing to chance but the order of the samples.
#[test]
fn replications_in_which_nothing_random_happens_have_no_interval() {
    let mut plan = two_points(|point| {
        let arrival = |k: u32| TraceArrival { seconds: f64::from(k) * 0.1, device: k % 2 };
        point.system.workload.arrivals = ArrivalProcess::Trace((0..40).map(arrival).collect());
    });
    plan.replications = 5;
    let summary = Summary::new(&study(plan).run(None, &|_| ()).unwrap()).unwrap();
    let [recorded, random] = &summary.points[..] else { panic!("two points") };
    let latency = recorded.latency_mean_s;
    assert!(latency.is_constant && latency.mean.is_some() && latency.interval.is_none(), "{latency:?}");
    assert_eq!((latency.over, latency.of), (5, 5));
    assert!(random.energy_j.interval.is_some_and(|interval| interval.low < interval.high));
    assert!(!random.is_deterministic);
}

#[test]
fn a_precision_target_keeps_every_replication_up_to_its_maximum_and_stops_at_a_failure() {
    let mut plan = two_points(starve);
    plan.replications = 10;
    plan.precision = Some(Precision { relative: 1e-9, metric: Metric::Energy, max_replications: 14 });
    let results = study(plan.clone()).run(None, &|_| ()).unwrap();
    assert_eq!((results.points[0].failed_replications, of_point(&results, 1).len()), (10, 14));
    let summary = Summary::new(&results).unwrap();
    assert_eq!((summary.points[1].replications, summary.points[1].energy_j.of), (14, 14));
    // Without any value to be precise about, the maximum ends it.
    plan.points.remove(0);
    plan.points[0].system.link.channel.packet_loss = ALL_LOST;
    let results = study(plan).run(None, &|_| ()).unwrap();
    assert_eq!(results.replications.len(), 14);
}
