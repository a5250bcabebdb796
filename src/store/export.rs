//! `store export`: entries into another store.

use super::open;
use crate::arguments::ExportStore;
use crate::failure::Failure;
use crate::output::{plural, say, warn};
use cospike_cluster::PASSING_NOTES;
use cospike_results::store::entries::{Entries, Location};
use cospike_studies::housekeeping::Survey;

/// Copies the entries of one study, or all, into another store.
pub(crate) fn export(arguments: &ExportStore) -> Result<(), Failure> {
    let (location, entries) = open(&arguments.store)?;
    let survey = Survey::new(&entries, &PASSING_NOTES)?;
    let (keys, tenants) = survey.selection(arguments.study.as_deref()).map_err(Failure::mistake)?;
    let destination = Location::new(&arguments.destination);
    let other = Entries::open(&destination, |damage| warn(&damage.to_string())).map_err(Failure::mistake)?;
    let there = other.keys()?;
    let mut copied = 0_u64;
    for key in keys.iter().filter(|key| !there.contains(key)) {
        // Read and written with its checksum checked and made; a damaged one stays behind.
        if let Some(content) = entries.get(key)? {
            other.put(key, &content)?;
            copied += 1;
        }
    }
    for tenant in tenants {
        for note in &tenant.notes {
            if let Some(record) = entries.note(note)? {
                other.write_note(note, &record)?;
            }
        }
    }
    let known = keys.len() as u64 - copied;
    say!("copied {} from {location} to {destination}; {known} were there", plural(copied, "piece"));
    Ok(())
}
