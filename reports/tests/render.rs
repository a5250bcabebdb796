//! Reports of synthetic studies.

mod synthetic;

use cospike_reports::{PAGE, render};
use std::path::Path;
use synthetic::Synthetic;

fn studies() -> [(&'static str, Synthetic); 5] {
    let one_family = Synthetic { families: vec!["float"], ..Synthetic::eighteen() };
    let nothing = Synthetic { completes: false, ..Synthetic::eighteen() };
    [
        ("one", Synthetic::one()),
        ("eighteen", Synthetic::eighteen()),
        ("sixty", Synthetic::sixty()),
        ("one-family", one_family),
        ("nothing-completed", nothing),
    ]
}

#[test]
fn a_report_is_written_as_it_was_rendered() {
    for (name, study) in studies() {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reports").join(name);
        let report = render(&study.results()).unwrap();
        report.write(&folder).unwrap();
        assert_eq!(std::fs::read_to_string(folder.join(PAGE)).unwrap(), report.html);
        for (file, svg) in &report.figures {
            assert_eq!(&std::fs::read_to_string(folder.join(file)).unwrap(), svg, "{name}/{file}");
        }
    }
}
