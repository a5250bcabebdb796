//! A study in units: everything once, in any order, and what is stored is what a run gives.

use super::{open, plan, study};
use crate::inventory::State;
use crate::keys::Piece;
use crate::pieces::Pieces;
use crate::plan::{DesignPoint, Metric, Plan, Precision};
use crate::study::Study;
use crate::units::{Task, Unit};
use crate::work::{Finished, Preparation};
use cospike_models::dataset::Dataset;
use cospike_models::zoo::Zoo;
use cospike_results::index::{NetworkIndex, PointIndex};
use cospike_results::store::entries::{Entries, entry_key};
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

/// As many points as `requests`, each with that many, and two networks in turn.
fn study_of(requests: &[u64], replications: u32) -> Study {
    let (zoo, dataset) = (Zoo::shipped().unwrap(), Dataset::fashion_mnist_test().unwrap());
    let mut plan: Plan = plan(&zoo, &dataset);
    plan.replications = replications;
    plan.networks.push(plan.networks[0].clone());
    plan.networks[1].samples.count -= 1;
    let first = plan.points[0].clone();
    let point = |(number, &requests): (usize, &u64)| {
        let mut point = DesignPoint { label: format!("{number}"), ..first.clone() };
        point.designs = vec![NetworkIndex(number as u32 % 2)];
        point.system.workload.requests = requests;
        point
    };
    plan.points = requests.iter().enumerate().map(point).collect();
    Study::new(plan, &zoo, [dataset]).unwrap()
}

/// Executes a unit whose networks are stored.
fn work_on(study: &Study, unit: &Unit, pieces: &Pieces<'_>) -> Finished {
    match &unit.task {
        Task::Inference(network) => study.work_on_inference(*network, pieces, &|_| ()).unwrap(),
        Task::Simulation { networks, points, replications } => {
            let Preparation::Ready(prepared) = study.prepare(networks, points, pieces).unwrap() else {
                panic!("stored")
            };
            let goes_on = AtomicBool::new(false);
            let inventory = study.inventory(pieces).unwrap();
            study.work_on_simulation((points, replications), &prepared, (pieces, &inventory), &goes_on).unwrap()
        }
    }
}

fn remove(store: &Entries, pieces: &Pieces<'_>, piece: Piece) {
    let key = pieces.keys().key(piece).unwrap();
    let listed = store.list().unwrap();
    store.remove(listed.iter().find(|listed| entry_key(&listed.name) == Some(key)).unwrap()).unwrap();
}

#[test]
fn every_piece_is_in_one_unit_whatever_the_points_cost() {
    let place = tempfile::tempdir().unwrap();
    let store = open(place.path());
    let cheap_and_dear: Vec<u64> = (0..10_000).map(|number| if number == 17 { 1_000_000_000 } else { 1 }).collect();
    for (requests, replications) in [(&[40, 40, 40][..], 7), (&[40][..], 1_000), (&cheap_and_dear[..], 3)] {
        let study = study_of(requests, replications);
        let pieces = Pieces::new(study.plan(), &store).unwrap();
        let units = study.units(pieces.keys()).unwrap();
        let all: Vec<Piece> = units.iter().flat_map(|unit| unit.task.pieces()).collect();
        assert_eq!(all.len(), 2 + requests.len() * replications as usize);
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "none twice");
        assert!(units.len() < 10_000, "{}", units.len());
        let total: u64 = units.iter().map(|unit| unit.cost).sum();
        let of_one_piece =
            units.iter().filter(|unit| unit.task.pieces().len() > 1).all(|unit| unit.cost <= total / 1000);
        assert!(of_one_piece, "only what cannot be divided costs much");
    }
}

#[test]
fn invariant_4_units_in_any_order_give_what_a_run_gives() {
    let study = study_of(&[40, 30, 20], 3);
    let wanted = study.run(None, &|_| ()).unwrap();
    let place = tempfile::tempdir().unwrap();
    let store = open(place.path());
    let pieces = Pieces::new(study.plan(), &store).unwrap();
    let mut units = study.units(pieces.keys()).unwrap();
    let before = study.collect(&store).unwrap();
    assert!(before.points.iter().all(|point| point.failure.as_deref() == Some("not computed yet")), "{before:?}");
    assert!(before.replications.is_empty() && store.keys().unwrap().is_empty(), "nothing is computed");
    let (inferences, simulations) = units.split_at_mut(2);
    inferences.reverse();
    simulations.reverse();
    for (number, unit) in units.iter().enumerate() {
        let inventory = study.inventory(&pieces).unwrap();
        assert!(!inventory.has(&unit.task) && !inventory.is_complete(), "{number}");
        assert_eq!(work_on(&study, unit, &pieces).failed, 0);
        assert!(study.inventory(&pieces).unwrap().has(&unit.task));
        assert_eq!(work_on(&study, unit, &pieces).failed, 0, "again, for nothing");
    }
    assert!(study.inventory(&pieces).unwrap().is_complete());
    assert_eq!(study.collect(&store).unwrap(), wanted);
    let stop = AtomicBool::new(true);
    remove(&store, &pieces, Piece::Replication(PointIndex(1), 2));
    let inventory = study.inventory(&pieces).unwrap();
    assert_eq!(*inventory.points[1].replications, [State::Stored, State::Stored, State::Missing]);
    let Preparation::Ready(prepared) = study.prepare(&[NetworkIndex(1)], &[PointIndex(1)], &pieces).unwrap() else {
        panic!("stored")
    };
    let missing = (&[PointIndex(1)][..], &(0..3));
    let stopped = study.work_on_simulation(missing, &prepared, (&pieces, &inventory), &stop).unwrap();
    assert_eq!(stopped, Finished { computed: 0, failed: 0, is_incomplete: true });
    let collected = study.collect(&store).unwrap();
    assert_eq!(collected.points[1].failure.as_deref(), Some("replication 2: not computed yet"));
    let by_another = study.simulate_and_store((1, 2), study.networks_of(&prepared), Some(&pieces), &mut |_| ());
    assert!(by_another.is_ok());
    let late = study.work_on_simulation(missing, &prepared, (&pieces, &inventory), &AtomicBool::new(false)).unwrap();
    assert_eq!(late, Finished::default(), "what another process has stored since is found");
}

#[test]
fn a_point_with_a_precision_target_is_complete_when_its_mean_is_precise() {
    let mut plan = study().plan().clone();
    plan.replications = 10;
    plan.precision = Some(Precision { relative: 1e-9, metric: Metric::Latency, max_replications: 13 });
    let study = Study::new(plan, &Zoo::shipped().unwrap(), [Dataset::fashion_mnist_test().unwrap()]).unwrap();
    let place = tempfile::tempdir().unwrap();
    let store = open(place.path());
    let pieces = Pieces::new(study.plan(), &store).unwrap();
    let units = study.units(pieces.keys()).unwrap();
    assert_eq!(units.len(), 2);
    let finished: Vec<u32> = units.iter().map(|unit| work_on(&study, unit, &pieces).computed).collect();
    assert_eq!(finished, [1, 13]);
    assert!(study.inventory(&pieces).unwrap().is_complete());
    assert_eq!(study.collect(&store).unwrap(), study.run(None, &|_| ()).unwrap());
    remove(&store, &pieces, Piece::Replication(PointIndex(0), 11));
    assert!(!study.inventory(&pieces).unwrap().has(&units[1].task), "the target still asks for it");
    assert_eq!(work_on(&study, &units[1], &pieces).computed, 1);
}
