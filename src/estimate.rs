//! What a study will need, held against what the machine has.

use crate::failure::Failure;
use crate::memory::machine_bytes;
use crate::output::plural;
use cospike_studies::estimate::Estimate;
use cospike_studies::{Census, Plan};

/// Memory above which an estimate is worth a line.
const NOTABLE_BYTES: u64 = 1 << 30;

/// Simulation time above which an estimate is worth a line, in seconds: an hour.
const NOTABLE_SECONDS: f64 = 3_600.0;

/// Estimate for `plan`, whose design points have this `census`, on the threads that a run would have.
pub(crate) fn estimate(plan: &Plan, census: &Census) -> Estimate {
    Estimate::new(plan, census, threads())
}

/// Number of threads that a run has.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Refuses a plan that needs more memory than the machine has.
pub(crate) fn check_memory(plan: &Plan, census: &Census) -> Result<(), Failure> {
    let estimate = estimate(plan, census);
    match machine_bytes().filter(|&bytes| estimate.bytes() > bytes) {
        None => Ok(()),
        Some(machine) => {
            let (needed, has) = (gibibytes(estimate.bytes()), gibibytes(machine));
            let message =
                format!("the study `{}` needs at least {needed} GiB of memory, this machine has {has} GiB", plan.name);
            let help = format!("help: most of it is for {}", estimate.most());
            Err(Failure::mistake(format_args!("{message}\n{help}")))
        }
    }
}

/// Lines about needs that are large.
pub(crate) fn notable(estimate: &Estimate) -> Vec<String> {
    let mut lines = vec![];
    if estimate.bytes() >= NOTABLE_BYTES {
        let needed = gibibytes(estimate.bytes());
        let machine =
            machine_bytes().map_or_else(String::new, |bytes| format!(" (this machine has {} GiB)", gibibytes(bytes)));
        lines.push(format!("needs at least {needed} GiB of memory{machine}, most of it for {}", estimate.most()));
    }
    if estimate.seconds() >= NOTABLE_SECONDS {
        let time = duration(estimate.seconds());
        lines.push(format!("takes at least {time} on this machine: {:.1e} requests to simulate", estimate.requests));
    }
    lines
}

fn gibibytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / (1_u64 << 30) as f64)
}

pub(crate) fn duration(seconds: f64) -> String {
    let days = seconds / 86_400.0;
    match days {
        days if days >= 730.0 => format!("{:.0} years", days / 365.25),
        days if days >= 2.0 => format!("{days:.0} days"),
        days if days >= 2.0 / 24.0 => format!("{:.0} hours", days * 24.0),
        _ => plural((seconds / 60.0).ceil() as u64, "minute"),
    }
}
