//! Every input that is kept is read again.

use cospike_fuzz::TARGETS;
use std::fs;
use std::path::Path;

#[test]
fn what_is_kept_of_every_kind_of_file_is_read_or_refused() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in TARGETS {
        let files = fs::read_dir(corpora.join(name)).unwrap().map(|file| file.unwrap().path());
        let mut files: Vec<_> = files.collect();
        files.sort();
        assert!(!files.is_empty(), "{name} has a corpus");
        let mut accepted = 0;
        for file in files {
            // Shown with the panic of a target that fails.
            println!("{}", file.display());
            accepted += usize::from(target(&fs::read(file).unwrap()));
        }
        // What always refuses says nothing of the rest.
        assert!(accepted > 0, "nothing in the corpus of {name} is accepted");
    }
}
