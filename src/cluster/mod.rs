//! `work`, `status`, `collect` and `submit`: a study that many processes work on.

mod collect;
mod interrupt;
mod status;
mod submit;
mod work;

pub(crate) use collect::collect;
pub(crate) use status::status;
pub(crate) use submit::submit;
pub(crate) use work::work;

use crate::arguments::SharedStudy;
use crate::estimate::check_memory;
use crate::failure::Failure;
use crate::output::{printable, warn};
use cospike_cluster::Environment;
use cospike_results::store::entries::{Entries, Location};
use cospike_studies::{Pieces, Study};

/// A study and the store in which its pieces are.
struct Opened {
    study: Study,
    location: Location,
    store: Entries,
}

impl Opened {
    fn new(given: &SharedStudy) -> Result<Self, Failure> {
        let (study, named) = compile(given)?;
        let (location, store) = given.store.open(named.as_ref())?.ok_or_else(|| {
            Failure::mistake(
                "processes that work on a study meet in its store: name one with `--store DIR` or `--store URL`",
            )
        })?;
        Ok(Self { study, location, store })
    }

    fn pieces(&self) -> Result<Pieces<'_>, Failure> {
        Ok(Pieces::new(self.study.plan(), &self.store)?)
    }
}

/// The study that is given, and the place of the store that its scenario names.
fn compile(given: &SharedStudy) -> Result<(Study, Option<Location>), Failure> {
    let zoo = given.scenario.zoo()?;
    let compiled = given.scenario.compile(&zoo)?;
    check_memory(&compiled.plan)?;
    compiled.plan.provenance.warnings.iter().for_each(|warning| warn(&printable(warning)));
    let named = compiled.store.clone();
    Ok((compiled.into_study(&zoo)?, named))
}

/// The environment of this process. A value that is no text is none that a scheduler has set.
pub(crate) const ENVIRONMENT: Environment<'static> = &|name| std::env::var(name).ok();
