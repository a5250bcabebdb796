//! No text makes the reader of scenarios panic; `tests/cases.rs` has the mistakes one by one.

use cospike_scenarios::diagnostic::Source;
use cospike_scenarios::library::find_scenario;
use cospike_scenarios::sweep::expand;
use proptest::prelude::*;

proptest! {
    /// Part of a valid scenario is replaced by random text. The outcome is a scenario or a diagnostic, never a panic.
    #[test]
    fn invariant_11_no_text_makes_the_reader_panic(
        cut in 0..1600_usize, length in 0..40_usize, put in "[\\[\\]{}\"'=.,#0-9a-zé\\n -]{0,12}",
    ) {
        let text = find_scenario("quickstart").unwrap().text;
        let boundary = |place: usize| (0..=place.min(text.len())).rev().find(|&p| text.is_char_boundary(p)).unwrap();
        let (start, end) = (boundary(cut), boundary(cut + length));
        let text = [&text[..start], &put, &text[end..]].concat();
        let source = Source::shipped("mangled.toml", text);
        if let Err(mistake) = expand(&source) {
            prop_assert!(mistake.to_string().starts_with("error: "));
        }
    }
}
