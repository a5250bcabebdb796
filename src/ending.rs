//! Endings of the names of files that are written.

use crate::failure::Failure;
use std::path::Path;

/// Refuses a name whose ending says another format than that of `what` is written, such as `a page in HTML`. A name may have no ending.
pub(crate) fn check_ending(path: &Path, what: &str, ending: &str) -> Result<(), Failure> {
    match path.extension() {
        Some(found) if !found.eq_ignore_ascii_case(ending) => {
            let (named, better) = (path.display(), path.with_extension(ending));
            let better = better.display();
            Err(Failure::mistake(format_args!("{named} would be {what}\nhelp: name it {better}")))
        }
        _ => Ok(()),
    }
}
