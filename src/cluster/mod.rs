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

use crate::arguments::Shared;
use crate::estimate::check_memory;
use crate::failure::Failure;
use crate::output::{note, printable};
use crate::scenario::compile_scenario;
use cospike_cluster::Environment;
use cospike_results::store::entries::Entries;
use cospike_studies::{Pieces, Study};

/// A study and the store in which its pieces are.
struct Opened {
    study: Study,
    store: Entries,
}

impl Opened {
    fn new(shared: &Shared) -> Result<Self, Failure> {
        let zoo = shared.zoo.open()?;
        let compiled = compile_scenario(&shared.scenario, &zoo)?;
        check_memory(&compiled.plan)?;
        compiled.plan.provenance.warnings.iter().for_each(|warning| note!("warning: {}", printable(warning)));
        let store = Entries::open(&shared.store, |damage| note!("warning: {damage}")).map_err(Failure::mistake)?;
        Ok(Self { study: compiled.into_study(&zoo)?, store })
    }

    fn pieces(&self) -> Result<Pieces<'_>, Failure> {
        Ok(Pieces::new(self.study.plan(), &self.store)?)
    }
}

/// The environment of this process. A value that is no text is none that a scheduler has set.
const ENVIRONMENT: Environment<'static> = &|name| std::env::var(name).ok();
