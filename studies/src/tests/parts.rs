//! Results that come part by part.

use super::plan;
use crate::census::Census;
use crate::error::StudyError;
use crate::study::{Progress, Study};
use cospike_models::dataset::Dataset;
use cospike_models::zoo::Zoo;
use cospike_results::rows::Results;
use cospike_results::store::entries::{Entries, Location};
use std::sync::Mutex;

/// So many replications that no two design points are in one part, of a single request each.
const REPLICATIONS: u32 = 2_049;

fn study() -> Study {
    let (zoo, dataset) = (Zoo::shipped().unwrap(), Dataset::fashion_mnist_test().unwrap());
    let mut plan = plan(&zoo, &dataset);
    plan.replications = REPLICATIONS;
    plan.points[0].system.workload.requests = 1;
    for label in ["second", "third"] {
        let mut point = plan.points[0].clone();
        point.label = label.into();
        point.system.link.propagation_seconds += plan.points.len() as f64;
        plan.points.push(point);
    }
    Study::new(plan, &zoo, [dataset]).unwrap()
}

#[test]
fn parts_follow_one_another_and_are_the_results_together() {
    let study = study();
    let progress = Mutex::new(vec![]);
    let tell = |told| {
        if let Progress::Simulation { done, total } = told {
            progress.lock().unwrap().push((done, total));
        }
    };
    let mut parts: Vec<Results> = vec![];
    let failure = study.run_in_parts::<(), StudyError>(None, None, None, &tell, &mut |part| {
        parts.push(part);
        Ok(())
    });
    assert!(failure.unwrap().is_none());
    let numbers: Vec<Vec<u32>> = parts.iter().map(|part| part.points.iter().map(|row| row.point.0).collect()).collect();
    assert_eq!(numbers, [[0], [1], [2]]);
    assert!(parts.iter().all(|part| part.replications.len() == REPLICATIONS as usize && part.all_points == 3));
    let progress = progress.into_inner().unwrap();
    let all = 3 * u64::from(REPLICATIONS);
    assert!(progress.iter().all(|(_, total)| *total == all), "the total is known before the first part");
    assert_eq!(progress.iter().map(|(done, _)| *done).max(), Some(all));
    let mut parts = parts.into_iter();
    let mut joined = parts.next().unwrap();
    parts.for_each(|part| joined.append(part));
    assert_eq!(joined, study.run(None, &|_| ()).unwrap());
    let mut first = joined.clone();
    first.truncate(1);
    assert_eq!((first.points.len(), first.all_points), (1, 3));
    assert!(first.replications.iter().map(|row| row.point).eq((0..REPLICATIONS).map(|_| joined.points[0].point)));
    assert!(first.answers == joined.answers && first.layers.len() * 3 == joined.layers.len());
    assert!(first.latencies.len() * 3 == joined.latencies.len());
}

#[test]
fn who_takes_the_parts_can_end_the_study() {
    #[derive(Debug)]
    struct Enough;
    impl From<StudyError> for Enough {
        fn from(error: StudyError) -> Self {
            panic!("{error}")
        }
    }
    let mut number = 0;
    let outcome = study().run_in_parts::<(), Enough>(None, None, None, &|_| (), &mut |_| {
        number += 1;
        if number == 2 { Err(Enough) } else { Ok(()) }
    });
    assert!(matches!(outcome, Err(Enough)) && number == 2);
}

/// Design points that are given some at a time give what a plan of all of them gives: numbered on, with every answer once.
#[test]
fn invariant_4_design_points_given_in_parts_give_the_results_of_the_whole() {
    let whole = study();
    let wanted = whole.run(None, &|_| ()).unwrap();
    let mut plan = whole.plan().clone();
    let points = std::mem::take(&mut plan.points);
    let (zoo, dataset) = (Zoo::shipped().unwrap(), Dataset::fashion_mnist_test().unwrap());
    let study = Study::without_points(plan, Census::new(whole.plan()), &zoo, [dataset]).unwrap();
    assert_eq!(study.key(), study.part(0, points[1..].to_vec()).unwrap().key(), "a part has the key of its whole");
    let place = tempfile::tempdir().unwrap();
    let store = Entries::open(&Location::Folder(place.path().into()), |damage| panic!("{damage}")).unwrap();
    for store in [None, Some(&store), Some(&store)] {
        let mut parts = [&points[..2], &points[2..]].map(|part| Ok(part.to_vec())).into_iter();
        let mut joined = Results::new(study.manifest(), study.census().points());
        let failure = study.run_in_parts::<(), StudyError>(Some(&mut parts), None, store, &|_| (), &mut |part| {
            joined.append(part);
            Ok(())
        });
        assert!(failure.unwrap().is_none());
        assert!(joined == wanted);
    }
    assert!(whole.collect(&store).unwrap() == wanted, "what parts have stored is what the whole looks for");
}
