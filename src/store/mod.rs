//! `store`: what is in a store, and what can go.

mod export;
mod list;

pub(crate) use export::export;
pub(crate) use list::{list, sizes};

use crate::arguments::{CollectGarbage, VerifyStore};
use crate::failure::Failure;
use crate::given::GivenStore;
use crate::output::{plural, say};
use anyhow::anyhow;
use cospike_cluster::PASSING_NOTES;
use cospike_results::store::entries::{Entries, Location, entry_key};
use cospike_studies::housekeeping::Survey;
use std::time::Duration;

/// Opens the store that is meant, which must be there: a mistyped folder is not made, and nothing is written into another one.
fn open(given: &GivenStore) -> Result<(Location, Entries), Failure> {
    let nowhere = || Failure::mistake("this system names no cache: name a store with `--store`");
    let location = given.location(None).ok_or_else(nowhere)?;
    if !Entries::is_there(&location) {
        return Err(Failure::mistake(format_args!("{location} holds no store: `cospike run` makes one")));
    }
    given.open(None)?.ok_or_else(|| Failure::mistake(format_args!("{location}: this store cannot be used")))
}

/// A number of bytes with a unit.
fn bytes(bytes: u64) -> String {
    indicatif::DecimalBytes(bytes).to_string()
}

/// Removes what nobody needs.
pub(crate) fn collect_garbage(arguments: &CollectGarbage) -> Result<(), Failure> {
    let (location, entries) = open(&arguments.store)?;
    let survey = Survey::new(&entries, &PASSING_NOTES)?;
    let days = |days: u32| Duration::from_hours(24 * u64::from(days));
    let garbage = survey.garbage(arguments.unused_days.map(days))?;
    let (amount, records) = (garbage.amount(), plural(garbage.records.len() as u64, "study record"));
    let notes = plural(garbage.passed.len() as u64, "note");
    let what =
        format!("{} ({}), {records} and {notes} of processes", plural(amount.entries, "piece"), bytes(amount.bytes));
    if arguments.dry_run {
        say!("would remove {what} from {location}");
        return Ok(());
    }
    garbage.remove(&entries)?;
    say!("removed {what} from {location}");
    Ok(())
}

/// Reads every entry. A damaged one is named and set aside.
pub(crate) fn verify(arguments: &VerifyStore) -> Result<(), Failure> {
    let (location, entries) = open(&arguments.store)?;
    let set_aside =
        || Ok::<_, Failure>(entries.list()?.iter().filter(|found| entry_key(&found.name).is_none()).count() as u64);
    let (before, mut whole) = (set_aside()?, 0);
    for key in entries.keys()? {
        whole += u64::from(entries.get(&key)?.is_some());
    }
    let damaged = set_aside()?.saturating_sub(before);
    say!("{location}: {} whole, {damaged} damaged", plural(whole, "piece"));
    match damaged {
        0 => Ok(()),
        _ => {
            Err(anyhow!("{} set aside: what they held is computed anew when it is needed", plural(damaged, "piece"))
                .into())
        }
    }
}
