//! The record of a study in its store.

use crate::output::note;
use cospike_results::store::entries::Entries;
use cospike_studies::housekeeping::StudyRecord;
use cospike_studies::{Pieces, Study};

/// Leaves a record of the study in its store, by which `cospike store` knows whose the pieces are. Without it they are only harder to
/// look after, so a failure is said and nothing ends.
pub(crate) fn leave_record(study: &Study, store: &Entries) {
    let written = Pieces::new(study.plan(), store).map_err(anyhow::Error::from).and_then(|pieces| {
        let record = StudyRecord::new(study.plan(), &pieces);
        Ok(record.write(&pieces)?)
    });
    if let Err(error) = written {
        note!("warning: the store knows nothing of this study, because {error:#}");
    }
}
