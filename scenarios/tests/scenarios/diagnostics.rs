//! Every mistake of `cases/*.toml` is reported as `cases/*.expected` says. After a deliberate change,
//! `BLESS=1 cargo test -p cospike-scenarios --test scenarios` writes what is reported now.

use crate::random_zoo::random_zoo;
use cospike_scenarios::diagnostic::Source;
use cospike_scenarios::library::find_scenario;
use cospike_scenarios::study::{Study, StudyError};
use cospike_scenarios::sweep::expand;
use proptest::prelude::*;
use std::path::Path;

proptest! {
    /// Whatever a user does to a scenario, the answer is a scenario or a diagnostic, never a panic.
    #[test]
    fn invariant_11_no_text_makes_the_reader_panic(
        cut in 0..1600_usize, length in 0..40_usize, put in "[\\[\\]{}\"'=.,#0-9a-zé\\n -]{0,12}",
    ) {
        let text = find_scenario("quickstart").unwrap().text;
        let boundary = |place: usize| (0..=place.min(text.len())).rev().find(|&p| text.is_char_boundary(p)).unwrap();
        let (start, end) = (boundary(cut), boundary(cut + length));
        let text = [&text[..start], &put, &text[end..]].concat();
        let source = Source { name: "mangled.toml".into(), folder: None, text };
        if let Err(mistake) = expand(&source) {
            prop_assert!(mistake.to_string().starts_with("error: "));
        }
    }
}

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
