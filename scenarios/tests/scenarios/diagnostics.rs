//! Every mistake of `cases/*.toml` is reported as `cases/*.expected` says. After a deliberate change,
//! `BLESS=1 cargo test -p cospike-scenarios --test scenarios` writes what is reported now.

use crate::random_zoo::random_zoo;
use cospike_scenarios::diagnostic::Source;
use cospike_scenarios::study::{Study, StudyError};
use std::path::Path;

#[test]
fn invariant_11_every_mistake_is_reported_where_it_stands() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let zoo = random_zoo();
    let mut cases: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    cases.sort();
    assert!(cases.len() >= 12);
    for path in cases {
        let mut source = Source::read(&path).unwrap();
        source.name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Err(StudyError::Mistake(mistake)) = Study::from_scenario(&source, &zoo) else {
            panic!("{} has no mistake", path.display());
        };
        let report = format!("{mistake}\n").replace(&*folder.to_string_lossy(), "FOLDER");
        assert!(report.contains(&format!(":{}:{}\n", mistake.line(), mistake.column())), "{report}");
        let expected = path.with_extension("expected");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&expected, &report).unwrap();
        }
        assert_eq!(report, std::fs::read_to_string(&expected).unwrap(), "{}", path.display());
    }
}
