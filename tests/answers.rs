//! Every shipped scenario answers its question: the text in `tests/answers` is made from the Parquet that its run writes.
//! `COSPIKE_BLESS=1 cargo test --test answers` writes it anew; read what has changed.

use assert_cmd::Command;
use cospike_results::store::folder;
use cospike_scenarios::library;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A test for each scenario, and one that none is missing.
macro_rules! scenarios {
    ($($test:ident $name:literal)*) => {
        $(#[test]
        fn $test() {
            check($name);
        })*

        #[test]
        fn every_shipped_scenario_is_asked() {
            assert_eq!(library::scenarios().collect::<Vec<_>>(), [$($name),*]);
        }
    };
}

scenarios! {
    adaptive_split "adaptive-split"
    autoscaling "autoscaling"
    battery "battery"
    bursty_loss "bursty-loss"
    edge_only_vs_cloud_only "edge-only-vs-cloud-only"
    fallback "fallback"
    fleet "fleet"
    lossy_link "lossy-link"
    million "million"
    neucodex "neucodex"
    quickstart "quickstart"
    radios "radios"
    streaming_early_exit "streaming-early-exit"
    whole_device "whole-device"
}

/// Store that all runs share, several at a time, so that what two scenarios need is executed once. Empty at first: nothing is found there
/// that an older program has left.
static STORE: LazyLock<PathBuf> = LazyLock::new(|| {
    let store = Path::new(env!("CARGO_TARGET_TMPDIR")).join("answers-store");
    if store.exists() {
        std::fs::remove_dir_all(&store).unwrap();
    }
    store
});

/// Runs the scenario and compares what it says with the file.
fn check(name: &str) {
    let place = tempfile::tempdir().unwrap();
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.args(["run", name, "--store"]).arg(&*STORE).arg("--out").arg(place.path().join("out")).assert().success();
    let results = folder::read(&place.path().join("out")).unwrap();
    let question = results.manifest.question.clone().expect("a question");
    let sentences = cospike_reports::answer(&results).unwrap();
    assert!(!sentences.is_empty(), "{name} answers nothing");
    let sentences = sentences.iter().map(|sentence| format!("- {sentence}"));
    let lines = [question].into_iter().chain(sentences);
    let text: String = lines.map(|line| line.replace('\u{a0}', " ") + "\n").collect();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/answers/{name}.txt"));
    if std::env::var_os("COSPIKE_BLESS").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap();
    assert!(text == expected, "{name} now says\n{text}instead of\n{expected}");
}
