//! `submit`: what is missing of a study, as an array of jobs.

use super::{Opened, into_study};
use crate::arguments::Submit;
use crate::failure::Failure;
use crate::output::{note, plural, printable, say, warn};
use crate::run::record::leave_record;
use crate::scenario::failure;
use anyhow::Context;
use cospike_cluster::kubernetes::{self, IndexedJob, Scenario};
use cospike_cluster::{
    ArrayJob, CommandError, Engine, Resources, Submission, covered, hyperqueue, number_of_shares, quote_all,
    shares_of_missing, slurm, unique_name,
};
use cospike_models::zoo::Format;
use cospike_results::store::entries::Location;
use cospike_studies::{Inventory, Plan, Portion};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// Submits what is neither stored nor submitted of a study.
pub(crate) fn submit(arguments: &Submit) -> Result<(), Failure> {
    if arguments.kubernetes {
        return print_manifest(arguments);
    }
    let read = arguments.study.scenario.read()?;
    let mut opened = Opened::new(&arguments.study, &read)?;
    let units = opened.study.divide(opened.points.bundles().map_err(failure)?);
    let (study, store) = (opened.study.clone(), opened.store.clone());
    let inventory = opened.know(&|part| {
        if !arguments.dry_run {
            leave_record(&study, &part.plan().points, &store);
        }
    });
    let request = Request { arguments, opened: &opened, inventory: inventory?.inventory, units: &units };
    if arguments.slurm { request.slurm() } else { request.hyperqueue() }
}

/// Prints the manifest of a job for Kubernetes. The store is not asked what is missing, because it may be out of reach from here; the
/// pods find it out.
fn print_manifest(arguments: &Submit) -> Result<(), Failure> {
    let read = arguments.study.scenario.read()?;
    let (compiled, mut points) = read.checked_without_search()?;
    let (study, named) = into_study(compiled, &read.zoo)?;
    let Some(Location::Url(store)) = arguments.study.store.location(named.as_ref()) else {
        return Err(Failure::mistake(
            "pods share no folder: give them an object store with `--store s3://BUCKET/FOLDER`",
        ));
    };
    let plan = study.plan();
    let units = study.divide(points.bundles().map_err(failure)?);
    let given = &arguments.study.scenario;
    let scenario = match given.file() {
        None => Scenario::BuiltIn(given.word().into()),
        Some(path) => Scenario::Text(fs::read_to_string(path).with_context(|| path.display().to_string())?),
    };
    if let (Scenario::Text(_), Some(file)) = (&scenario, file_beside(plan)) {
        return Err(Failure::mistake(format_args!(
            "the scenario reads {}, which pods do not have: only scenarios that read no other files can run there",
            printable(file)
        )));
    }
    let options = given.options()?.into_iter().map(text).collect::<Result<Vec<String>, _>>()?;
    let costs: Vec<u64> = units.iter().map(|unit| unit.cost).collect();
    let job = IndexedJob {
        name: kubernetes::job_name(&plan.name, &unique_name()?),
        pods: number_of_shares(&costs, arguments.shards, arguments.max_array.unwrap_or(u32::MAX)),
        image: arguments.image.clone().unwrap_or_default(),
        scenario,
        arguments: options.into_iter().chain(["--store".into(), store]).collect(),
    };
    let text = kubernetes::manifest(&job, &resources(arguments)).map_err(Failure::mistake)?;
    say!("{}", text.trim_end());
    Ok(())
}

/// A file that a study reads besides its scenario: a recording, a profile or price list of the user's own, a network, samples.
fn file_beside(plan: &Plan) -> Option<&str> {
    let recordings = plan.provenance.traces.iter().map(|file| file.name.as_str());
    let is_path = |name: &&str| name.contains(['/', '.']);
    let profiles = plan.provenance.profiles.iter().map(|profile| profile.name.as_str()).filter(is_path);
    let networks = plan.networks.iter().flat_map(|network| &network.weights).map(|file| file.name.as_str());
    let networks = networks.filter(|name| Format::recognise(name).is_some());
    let samples = plan.networks.iter().map(|network| network.samples.dataset.as_str()).filter(is_path);
    recordings.chain(profiles).chain(networks).chain(samples).next()
}

/// What is to be submitted.
struct Request<'a> {
    arguments: &'a Submit,
    opened: &'a Opened<'a>,
    inventory: Inventory,
    units: &'a [Portion],
}

impl Request<'_> {
    fn slurm(&self) -> Result<(), Failure> {
        let resources = resources(self.arguments);
        let queued = self.queued(Engine::Slurm)?;
        let Some(shares) = self.shares(&queued, self.most()?)? else { return Ok(()) };
        let mut submission = Submission::new(Engine::Slurm, shares)?;
        let folder = self.folder(&submission)?;
        let job = self.job(&submission, &folder)?;
        let text = slurm::script(&job, &resources).map_err(Failure::mistake)?;
        if self.arguments.dry_run {
            say!("{}", text.trim_end());
            return Ok(());
        }
        fs::create_dir_all(&job.logs).with_context(|| job.logs.display().to_string())?;
        let script = folder.join("job.sh");
        fs::write(&script, text).with_context(|| script.display().to_string())?;
        // Noted before it is submitted: an element may start at once, and looks its share up.
        submission.write(&self.opened.store, &self.opened.study.key())?;
        match slurm::submit(&script) {
            Ok(number) => submission.job = Some(number),
            Err(error) => {
                submission.remove(&self.opened.store, &self.opened.study.key())?;
                return Err(error.into());
            }
        }
        submission.write(&self.opened.store, &self.opened.study.key())?;
        let number = submission.job.as_deref().unwrap_or_default();
        say!("submitted as {} job {number}: {}", Engine::Slurm, plural(submission.shares.len() as u64, "share"));
        say!("script {}, logs in {}", script.display(), job.logs.display());
        Ok(())
    }

    /// Numbers of the units on which elements will work that are queued or running; says so.
    fn queued(&self, engine: Engine) -> Result<BTreeSet<u32>, Failure> {
        let study = &self.opened.study.plan().name;
        let mut earlier = Submission::all(&self.opened.store, &self.opened.study.key())?;
        // One that HyperQueue has no number of is to be run by hand, where `hq` is.
        earlier
            .retain(|submission| submission.engine == engine && (engine == Engine::Slurm || submission.job.is_some()));
        let names: Vec<String> = earlier.iter().map(|submission| submission.job_name(study)).collect();
        let live = match engine {
            Engine::Slurm => slurm::live_elements(&names),
            Engine::HyperQueue => hyperqueue::live_elements(&names),
        };
        let live = match live {
            // Nothing is submitted without asking first; a script can be read everywhere.
            Err(error) if self.arguments.dry_run => {
                warn(&format!("what is queued is not known: {error}"));
                return Ok(BTreeSet::new());
            }
            live => live?,
        };
        for submission in &earlier {
            let number = submission.job.as_deref().unwrap_or("of unknown number");
            match live.get(&submission.job_name(study)) {
                Some(elements) if !elements.is_empty() => note!(
                    "{engine} job {number} of {} is still queued or running, with {} of {}",
                    submission.submitted,
                    elements.len(),
                    plural(submission.shares.len() as u64, "share")
                ),
                _ if self.arguments.dry_run => {}
                _ => submission.remove(&self.opened.store, &self.opened.study.key())?,
            }
        }
        Ok(covered(&earlier, study, &live))
    }

    /// Most elements that an array may have.
    fn most(&self) -> Result<u32, Failure> {
        let of_slurm = match slurm::max_array() {
            Err(error) if self.arguments.dry_run => {
                let usual = slurm::DEFAULT_MAX_ARRAY;
                warn(&format!("Slurm's usual limit of {usual} shares is taken, because its own is not known: {error}"));
                usual
            }
            most => most?,
        };
        Ok(self.arguments.max_array.unwrap_or(u32::MAX).min(of_slurm))
    }

    fn hyperqueue(&self) -> Result<(), Failure> {
        let most = self.arguments.max_array.unwrap_or(u32::MAX);
        let queued = self.queued(Engine::HyperQueue)?;
        let Some(shares) = self.shares(&queued, most)? else { return Ok(()) };
        let mut submission = Submission::new(Engine::HyperQueue, shares)?;
        let folder = self.folder(&submission)?;
        let job = self.job(&submission, &folder)?;
        let words = hyperqueue::submission(&job, &resources(self.arguments)).map_err(Failure::mistake)?;
        let line = quote_all(&words).map_err(Failure::mistake)?;
        say!("{line}");
        if self.arguments.dry_run {
            return Ok(());
        }
        fs::create_dir_all(&job.logs).with_context(|| job.logs.display().to_string())?;
        submission.write(&self.opened.store, &self.opened.study.key())?;
        match hyperqueue::submit(&words) {
            Ok(number) => {
                note!("submitted as {} job {number}", Engine::HyperQueue);
                submission.job = Some(number);
                submission.write(&self.opened.store, &self.opened.study.key())?;
            }
            Err(CommandError::Missing { .. }) => note!("`hq` is not installed here: run this line where it is"),
            Err(error) => {
                submission.remove(&self.opened.store, &self.opened.study.key())?;
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Shares of what is neither stored nor `queued`; `None` if that is nothing, which is said.
    fn shares(&self, queued: &BTreeSet<u32>, most: u32) -> Result<Option<Vec<Vec<u32>>>, Failure> {
        let missing = self.units.iter().filter(|unit| !self.inventory.has(&unit.task)).count();
        let shares = shares_of_missing(self.units, &self.inventory, queued, self.arguments.shards, most);
        let left: usize = shares.iter().map(Vec::len).sum();
        let units = plural(self.units.len() as u64, "unit");
        note!("{units}: {} stored, {} queued or running, {left} to submit", self.units.len() - missing, missing - left);
        match (left, missing) {
            (0, 0) => say!("nothing to submit: everything is stored; `cospike collect` makes the results"),
            (0, _) => say!("nothing to submit: all that is missing is queued or running"),
            _ => return Ok(Some(shares)),
        }
        Ok(None)
    }

    /// Absolute path of the folder for script and logs.
    fn folder(&self, submission: &Submission) -> Result<PathBuf, Failure> {
        let name = format!("{}-{}", self.opened.study.plan().name, submission.id);
        let folder = self.arguments.jobs.clone().unwrap_or_else(|| Path::new("cospike-jobs").join(name));
        Ok(std::path::absolute(folder)?)
    }

    /// The job, whose elements find everything by absolute paths, wherever they start and whatever their environment.
    fn job(&self, submission: &Submission, folder: &Path) -> Result<ArrayJob, Failure> {
        let given = &self.arguments.study.scenario;
        let program = std::env::current_exe().context("the path of this program is not known")?;
        let scenario = given.file().map_or_else(|| Ok(PathBuf::from(given.word())), std::path::absolute)?;
        let store = match &self.opened.location {
            Location::Folder(folder) => std::path::absolute(folder)?,
            Location::Url(url) => PathBuf::from(url),
        };
        let mut command: Vec<OsString> = vec![program.into(), "work".into(), scenario.into()];
        command.extend(given.options()?);
        command.extend(["--store".into(), store.into(), "--submission".into(), submission.id.clone().into()]);
        Ok(ArrayJob {
            name: submission.job_name(&self.opened.study.plan().name),
            elements: submission.shares.len() as u32,
            logs: folder.join("logs"),
            command: command.into_iter().map(text).collect::<Result<_, _>>()?,
        })
    }
}

fn resources(arguments: &Submit) -> Resources {
    let Submit { partition, account, time, mem, cpus, .. } = arguments;
    Resources {
        partition: partition.clone(),
        account: account.clone(),
        time: time.clone(),
        memory: mem.clone(),
        cpus: *cpus,
    }
}

/// A word of a command line that can be written into a script.
fn text(word: OsString) -> Result<String, Failure> {
    let refused = |word: OsString| Failure::mistake(format_args!("{} is no valid text", word.display()));
    word.into_string().map_err(refused)
}
