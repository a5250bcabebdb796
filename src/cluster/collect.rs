//! `collect`: the results of what is stored.

use super::Opened;
use crate::arguments::Collect;
use crate::failure::Failure;
use crate::run::{Written, finished, open_place, write_results};

/// Writes results and report of what is stored of a study.
pub(crate) fn collect(arguments: &Collect) -> Result<(), Failure> {
    let opened = Opened::new(&arguments.shared)?;
    let place = open_place(arguments.out.as_deref(), &[&arguments.shared.store], &opened.study)?;
    let (results, store_failure) = finished(opened.study.collect(&opened.store))?;
    write_results(&place, &Written { results, store_failure }, arguments.json)
}
