//! `store ls` and `store du`.

use super::{bytes, open};
use crate::arguments::ListStore;
use crate::failure::Failure;
use crate::output::{plural, print_json, say, table};
use cospike_cluster::PASSING_NOTES;
use cospike_studies::housekeeping::{Amount, Kind, Survey};
use serde_json::json;

/// Prints the studies that have used a store.
pub(crate) fn list(arguments: &ListStore) -> Result<(), Failure> {
    let (location, entries) = open(&arguments.store)?;
    let survey = Survey::new(&entries, &PASSING_NOTES)?;
    let unclaimed = survey.kinds.get(&Kind::Unclaimed).copied().unwrap_or_default();
    if arguments.json {
        let study = |tenant: &cospike_studies::housekeeping::Tenant| {
            json!({
                "study": tenant.record.name,
                "last_used": tenant.record.used,
                "version": tenant.record.version,
                "design_points": tenant.record.points.len(),
                "networks": tenant.record.inferences.len(),
                "pieces": tenant.amount.entries,
                "bytes": tenant.amount.bytes,
            })
        };
        let studies: Vec<_> = survey.tenants.iter().map(study).collect();
        print_json(&json!({
            "store": location.to_string(),
            "studies": studies,
            "unclaimed_pieces": unclaimed.entries,
            "unclaimed_bytes": unclaimed.bytes,
        }));
        return Ok(());
    }
    say!(
        "{location}: {}",
        match survey.tenants.len() as u64 {
            0 => "no study has used it".into(),
            1 => "1 study".into(),
            number => format!("{number} studies"),
        }
    );
    let mut rows = table(&["study", "last used", "networks", "design points", "pieces", "size"]);
    for tenant in &survey.tenants {
        rows.add_row([
            tenant.record.name.clone(),
            tenant.record.used.to_string(),
            tenant.record.inferences.len().to_string(),
            tenant.record.points.len().to_string(),
            tenant.amount.entries.to_string(),
            bytes(tenant.amount.bytes),
        ]);
    }
    if !survey.tenants.is_empty() {
        say!("{rows}");
    }
    if unclaimed.entries > 0 {
        let Amount { entries, bytes: size } = unclaimed;
        say!("{} of no study on record, {}: `cospike store gc` removes them", plural(entries, "piece"), bytes(size));
    }
    Ok(())
}

/// Prints the sizes of everything in a store.
pub(crate) fn sizes(arguments: &ListStore) -> Result<(), Failure> {
    let (location, entries) = open(&arguments.store)?;
    let survey = Survey::new(&entries, &PASSING_NOTES)?;
    let sum = |get: fn(&Amount) -> u64| survey.kinds.values().map(get).sum::<u64>();
    let (number, size) = (sum(|amount| amount.entries), sum(|amount| amount.bytes));
    if arguments.json {
        let kind = |(kind, amount): (&Kind, &Amount)| json!({ "kind": kind.name(), "pieces": amount.entries, "bytes": amount.bytes });
        let kinds: Vec<_> = survey.kinds.iter().map(kind).collect();
        print_json(&json!({ "store": location.to_string(), "pieces": number, "bytes": size, "kinds": kinds }));
        return Ok(());
    }
    say!("{location}: {} in {}", bytes(size), plural(number, "piece"));
    let mut rows = table(&["kind", "pieces", "size"]);
    for (kind, amount) in &survey.kinds {
        rows.add_row([kind.name().into(), amount.entries.to_string(), bytes(amount.bytes)]);
    }
    if number > 0 {
        say!("{rows}");
    }
    Ok(())
}
