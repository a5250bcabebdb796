//! The generated part of `docs/results.md`.

use cospike_results::docs::page_with_columns;
use std::{env, fs};

/// Set this variable to 1 to write the page anew.
const WRITE: &str = "COSPIKE_WRITE_DOCS";

#[test]
fn the_columns_in_docs_are_those_of_the_tables() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/results.md");
    let page = fs::read_to_string(path).unwrap();
    let wanted = page_with_columns(&page).expect("docs/results.md has lost a marker of the generated text");
    if env::var_os(WRITE).is_some_and(|value| value == "1") {
        fs::write(path, wanted).unwrap();
    } else {
        assert!(
            page == wanted,
            "docs/results.md is out of date: run `{WRITE}=1 cargo test -p cospike-results --test docs`"
        );
    }
}
