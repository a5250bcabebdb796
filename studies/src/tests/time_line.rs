//! Design points over time.

use super::plan;
use crate::study::Study;
use cospike_models::dataset::Dataset;
use cospike_models::zoo::Zoo;
use cospike_results::index::PointIndex;
use cospike_results::rows::TimeLineRow;
use cospike_results::store::entries::{Entries, Location};
use cospike_sim_core::cloud::Autoscaling;

/// What happened in the intervals is what happened in the run, and is there only where something is decided while it goes on.
#[test]
fn where_servers_follow_the_load_the_first_replication_is_shown_over_time() {
    let (zoo, dataset) = (Zoo::shipped().unwrap(), Dataset::fashion_mnist_test().unwrap());
    let mut plan = plan(&zoo, &dataset);
    let mut scaled = plan.points[0].clone();
    scaled.label = "scaled".into();
    // One server is asked for twice as much as it can do.
    scaled.system.cloud.processor.overhead_seconds = 0.02;
    scaled.system.cloud.scaling = Some(Autoscaling {
        min_servers: 1,
        max_servers: 4,
        up_above: 0.0,
        down_below: 0.0,
        period_seconds: 0.01,
        startup_seconds: 0.0,
    });
    plan.points.push(scaled);
    let study = Study::new(plan, &zoo, [dataset]).unwrap();
    let results = study.run(None, &|_| ()).unwrap();
    let line = &results.time_line;
    assert!(line.iter().all(|row| row.point == PointIndex(1)) && line.len() > 60, "{}", line.len());
    let row = results.replications.iter().find(|row| (row.point, row.replication) == (PointIndex(1), 0)).unwrap();
    let answered: u64 = line.iter().map(|row| row.slice.answered).sum();
    assert_eq!(answered, row.requests.completed);
    let latency: f64 =
        line.iter().filter_map(|row| Some(row.slice.latency_mean_s? * row.slice.answered as f64)).sum::<f64>();
    assert!((latency / answered as f64 / row.latency_mean_s.unwrap() - 1.0).abs() < 1e-6);
    let time = |row: &TimeLineRow| row.slice.to_s - row.slice.from_s;
    let servers: f64 = line.iter().map(|row| row.slice.servers * time(row)).sum::<f64>() / row.simulated_s;
    assert!((servers / row.mean_servers.unwrap() - 1.0).abs() < 1e-6 && servers > 1.0, "{servers}");

    let folder = tempfile::tempdir().unwrap();
    let entries = Entries::open(&Location::Folder(folder.path().into()), |_| ()).unwrap();
    for _ in 0..2 {
        assert_eq!(study.run(Some(&entries), &|_| ()).unwrap(), results, "computed or from the store");
    }
}
