//! The record of a study in its store.

use crate::output;
use cospike_results::store::entries::Entries;
use cospike_studies::Study;
use cospike_studies::housekeeping::{HousekeepingError, StudyRecord};
use cospike_studies::plan::DesignPoint;
use std::cell::RefCell;

/// Leaves a record of some design points of the study in its store, by which `cospike store` knows whose the pieces are. Without it they
/// are only harder to look after, so a failure is said and nothing ends.
pub(crate) fn leave_record(study: &Study, points: &[DesignPoint], store: &Entries) {
    warn(StudyRecord::new(study.plan(), points).and_then(|record| record.write(study, store)));
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
        let written = StudyRecord::new(part.plan(), &part.plan().points).and_then(|part| {
            let parts = self.parts.take().map_or(part.clone(), |parts| parts.joined(part));
            self.parts.replace(Some(parts.clone()));
            parts.write(self.study, self.store)
        });
        warn(written);
    }
}

fn warn(written: Result<(), HousekeepingError>) {
    if let Err(error) = written {
        output::warn(&format!("the store knows nothing of this study, because {error}"));
    }
}
