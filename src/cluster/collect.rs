//! `collect`: the results of what is stored.

use super::Opened;
use crate::arguments::Collect;
use crate::failure::Failure;
use crate::output::plural;
use crate::run::publish::{PrintedAs, Publication, Published, failed_points, last, open_place, present};
use crate::scenario::failure;
use anyhow::anyhow;
use cospike_studies::{Pieces, State};

/// Writes results and report of what is stored of a study, and says what is missing.
pub(crate) fn collect(arguments: &Collect) -> Result<(), Failure> {
    let printed_as = PrintedAs::new(arguments.json, &arguments.columns)?;
    let read = arguments.study.scenario.read()?;
    let Opened { study, mut points, location, store } = Opened::new(&arguments.study, &read)?;
    let place = open_place(arguments.out.as_deref(), &study, location.folder())?;
    let (stored, all) = (store.keys()?, points.len());
    let (mut networks, mut is_complete) = (vec![], vec![]);
    let mut parts = points.parts().map(|part| {
        let part = part.map_err(|error| failure(error).into_error())?;
        let some = study.part(0, part.clone())?;
        let inventory = some.inventory_of(&Pieces::new(some.plan(), &store)?, &stored)?;
        networks = inventory.networks;
        is_complete.extend(inventory.points.iter().map(|point| point.is_complete));
        Ok::<_, anyhow::Error>(part)
    });
    let mut publication = Publication::new(&study, &place);
    let store_failure = study.collect_in_parts(Some(&mut parts), &store, &mut |part| publication.take(part))?;
    drop(parts);
    let Published { shown, failed } = publication.finish()?;
    let [drawn, printed] = present(&shown, &place, &printed_as);
    let failed = failed.iter().filter(|point| is_complete[point.position()]).count();
    let failed = failed_points(failed, &shown);
    let missing = is_complete.iter().filter(|is_complete| !**is_complete).count();
    let inferences = plural(networks.len() as u64, "inference");
    let networks = networks.iter().filter(|state| **state == State::Missing).count();
    let missing = (networks + missing > 0).then(|| {
        let points = plural(all as u64, "design point");
        anyhow!(
            "{missing} of {points} and {networks} of {inferences} are not computed yet: `cospike work` computes them, and \
             `cospike status` says who does"
        )
    });
    let store_failure = store_failure.map(|error| anyhow!("the store failed, so some of this may be missing: {error}"));
    last([store_failure, drawn, printed, failed, missing]).map_or(Ok(()), |error| Err(error.into()))
}
