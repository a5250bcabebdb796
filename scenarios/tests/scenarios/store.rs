//! The folder of a study's results: the same bytes on any number of threads, read back as written, never in place of other
//! files.

use crate::random_zoo::random_zoo;
use crate::{small, study};
use cospike_models::zoo::Zoo;
use cospike_results::rows::Results;
use cospike_results::store::folder::{self, FolderError, Place};
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
    assert_eq!(first.len(), 11);
    let differing = first.iter().zip(&second).filter(|(a, b)| a != b).map(|((name, _), _)| name);
    assert_eq!(differing.collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(folder::read(&folders[0]).unwrap(), one);
    assert_eq!(
        one.points.iter().map(|p| p.width).collect::<Vec<_>>(),
        [None, None, Some(2), Some(2), Some(2), Some(2)]
    );
}

#[test]
fn invariant_13_a_study_overwrites_nothing_but_results() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("results");
    let results = results(&random_zoo(), 2);
    folder::write(&results, &folder).unwrap();
    folder::write(&results, &folder).unwrap();
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1, "nothing is left beside them");
    assert_eq!(files(&folder).len(), 11, "nothing is left among them");
    let foreign = place.path().join("thesis");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("chapter.tex"), "").unwrap();
    assert!(matches!(folder::write(&results, &foreign), Err(FolderError::Taken { .. })));
    let held = Place::open(&folder, &[]).unwrap();
    assert!(matches!(folder::write(&results, &folder), Err(FolderError::Held { .. })));
    drop(held);
    folder::write(&results, &folder).unwrap();
}

/// Bits flipped, ends cut off, rows doubled, tables swapped or of another study: none is read as if it were the right one.
#[test]
fn invariant_13_a_table_that_is_not_the_one_that_was_written_is_refused_by_name() {
    let place = tempfile::tempdir().unwrap();
    let (folder, other) = (place.path().join("results"), place.path().join("other"));
    let results = results(&random_zoo(), 2);
    let mut doubled = results.clone();
    doubled.points.extend(results.points.clone());
    doubled.layers.pop();
    folder::write(&results, &folder).unwrap();
    folder::write(&doubled, &other).unwrap();
    let refused = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let error = folder::read(&folder).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
        assert!(matches!(error, FolderError::Damaged { .. }), "{name}: {error}");
        let error = folder::write(&results, &folder).unwrap_err();
        assert!(matches!(error, FolderError::Changed { path: ref changed } if *changed == path), "{error}");
        std::fs::write(&path, whole).unwrap();
    };
    let tables = files(&folder).into_iter().filter(|(name, _)| name.ends_with(".parquet"));
    for (name, bytes) in tables {
        for at in (0..bytes.len()).step_by(bytes.len() / 40) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            refused(&name, &flipped);
        }
        refused(&name, &bytes[..bytes.len() / 2]);
        refused(&name, &[&bytes[..], &bytes].concat());
        refused(&name, b"");
    }
    for name in ["points.parquet", "layers.parquet"] {
        refused(name, &std::fs::read(other.join(name)).unwrap());
    }
    refused("points.parquet", &std::fs::read(folder.join("latencies.parquet")).unwrap());
    std::fs::remove_file(folder.join("answers.parquet")).unwrap();
    assert!(matches!(folder::read(&folder), Err(FolderError::Missing { .. })));
    folder::write(&results, &folder).unwrap();
    assert_eq!(folder::read(&folder).unwrap(), results);
}

/// A reader without a lock sees one study or the other.
#[test]
fn invariant_13_results_are_read_while_they_are_replaced() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("results");
    let first = results(&random_zoo(), 2);
    let mut second = first.clone();
    second.manifest.seed += 1;
    second.points.reverse();
    second.answers.truncate(1);
    folder::write(&first, &folder).unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..20 {
                folder::write(&second, &folder).unwrap();
                folder::write(&first, &folder).unwrap();
            }
            done.store(true, std::sync::atomic::Ordering::SeqCst);
        });
        while !done.load(std::sync::atomic::Ordering::SeqCst) {
            let read = folder::read(&folder).unwrap();
            assert!(read == first || read == second);
        }
    });
}
