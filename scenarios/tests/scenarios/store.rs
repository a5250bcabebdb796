//! The folder of a study's results: the same bytes on any number of threads, read back as written, never in place of other
//! files.

use crate::random_zoo::random_zoo;
use crate::{small, study};
use cospike_models::zoo::Zoo;
use cospike_results::rows::Results;
use cospike_results::store::folder::{self, FolderError};
use std::path::Path;

/// Names and contents of the files in `folder`, sorted.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> =
        entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect();
    files.sort();
    files
}

fn results(zoo: &Zoo, threads: usize) -> Results {
    let sweep = "[[sweep]]\nnetwork.split = ['output', 'input']\n\
                 [[sweep]]\nnetwork.family = ['spiking', 'float']\nnetwork.width = [2]\nlink.packet_loss = [0.0, 0.3]\n";
    let study = study(&small(sweep), zoo);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| study.run(None, &|_| ())).unwrap()
}

#[test]
fn invariant_4_a_study_gives_the_same_bytes_on_any_number_of_threads_and_reads_back() {
    let place = tempfile::tempdir().unwrap();
    let zoo = random_zoo();
    let (one, many) = (results(&zoo, 1), results(&zoo, 2));
    assert_eq!(one, many);
    let folders = [place.path().join("one"), place.path().join("many")];
    folder::write(&one, &folders[0]).unwrap();
    folder::write(&many, &folders[1]).unwrap();
    let [first, second] = folders.each_ref().map(|folder| files(folder));
    assert_eq!(first.len(), 7);
    let differing = first.iter().zip(&second).filter(|(a, b)| a != b).map(|((name, _), _)| name);
    assert_eq!(differing.collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(folder::read(&folders[0]).unwrap(), one);
    assert_eq!(
        one.points.iter().map(|p| p.width).collect::<Vec<_>>(),
        [None, None, Some(2), Some(2), Some(2), Some(2)]
    );
}

#[test]
fn a_study_overwrites_nothing_but_results_and_a_damaged_folder_is_an_error() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("results");
    let results = results(&random_zoo(), 2);
    folder::write(&results, &folder).unwrap();
    folder::write(&results, &folder).unwrap();
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1, "neither old nor partial results are left");
    let foreign = place.path().join("thesis");
    std::fs::create_dir(&foreign).unwrap();
    assert!(matches!(folder::write(&results, &foreign), Err(FolderError::NotResults { .. })));
    std::fs::rename(folder.join("latencies.parquet"), folder.join("points.parquet")).unwrap();
    let error = folder::read(&folder).unwrap_err();
    assert!(matches!(error, FolderError::Table { .. }) && error.to_string().contains("columns point, replication"));
}
