//! The record of a study in its store.

use crate::output;
use cospike_results::store::entries::Entries;
use cospike_studies::housekeeping::StudyRecord;
use cospike_studies::{Pieces, Study};
use std::cell::RefCell;

/// Leaves a record of the study in its store, by which `cospike store` knows whose the pieces are. Without it they are only harder to
/// look after, so a failure is said and nothing ends.
pub(crate) fn leave_record(study: &Study, store: &Entries) {
    warn(write(study, store, |own| own));
}

/// The same of a study of several parts, which become known one after the other and have one record together.
pub(super) struct RecordOfParts<'a> {
    /// Study by which the record is named.
    study: &'a Study,
    store: &'a Entries,
    /// The parts so far.
    parts: RefCell<Option<StudyRecord>>,
}

impl<'a> RecordOfParts<'a> {
    pub(super) fn new(study: &'a Study, store: &'a Entries) -> Self {
        Self { study, store, parts: RefCell::default() }
    }

    pub(super) fn add(&self, part: &Study) {
        let parts = Pieces::new(part.plan(), self.store).map_err(anyhow::Error::from).and_then(|pieces| {
            let part = StudyRecord::new(part.plan(), &pieces);
            let parts = self.parts.take().map_or(part.clone(), |parts| parts.joined(part));
            self.parts.replace(Some(parts.clone()));
            write(self.study, self.store, |own| own.joined(parts))
        });
        warn(parts);
    }
}

/// Writes what `complete` makes of the record of a study.
fn write(study: &Study, store: &Entries, complete: impl FnOnce(StudyRecord) -> StudyRecord) -> anyhow::Result<()> {
    let pieces = Pieces::new(study.plan(), store)?;
    Ok(complete(StudyRecord::new(study.plan(), &pieces)).write(&pieces)?)
}

fn warn(written: anyhow::Result<()>) {
    if let Err(error) = written {
        output::warn(&format!("the store knows nothing of this study, because {error:#}"));
    }
}
