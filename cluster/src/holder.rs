//! Who is at work: a process, and whether it still is.

pub use cospike_results::timestamp::Timestamp;

use crate::shard::{Environment, find_job};
use serde::{Deserialize, Serialize};
use std::fmt::{Display, Formatter};
use std::fs;

/// A process that works on a study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Unique among all processes.
    pub id: String,
    /// Name of its machine.
    pub host: String,
    /// Its number there.
    pub process: u32,
    /// The job that it is a part of, such as `Slurm 123_4`.
    pub job: Option<String>,
    /// When it began, by the clock of its machine.
    pub since: Timestamp,
    /// What tells it from other processes of the same number on a machine of the same name, where the system says so.
    identity: Option<Identity>,
}

/// A process as the kernel of its machine knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    /// Of this start of the machine.
    boot: String,
    /// Name space in which the number of the process counts.
    namespace: String,
    /// Ticks from the start of the machine to that of the process.
    started: u64,
}

impl Holder {
    /// This process, whose job is found in the `environment`.
    ///
    /// # Errors
    /// The message of the system, if it gives no random number.
    pub fn this(environment: Environment<'_>) -> std::io::Result<Self> {
        let process = std::process::id();
        Ok(Self {
            id: unique_name()?,
            host: gethostname::gethostname().to_string_lossy().into_owned(),
            process,
            job: find_job(environment),
            since: Timestamp::now(),
            identity: Identity::find(process),
        })
    }

    /// The same, as if it were a process of another machine.
    #[cfg(test)]
    pub(crate) fn elsewhere(self) -> Self {
        Self { identity: None, ..self }
    }

    /// Whether the process is known to have ended, because it was one of this machine. Of others nothing is known here.
    pub fn is_dead(&self) -> bool {
        let (Some(identity), Some(here)) = (&self.identity, Identity::find(std::process::id())) else { return false };
        let is_of_here = (&identity.boot, &identity.namespace) == (&here.boot, &here.namespace);
        is_of_here && started(self.process) != Some(identity.started)
    }
}

impl Display for Holder {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "process {} on {}", self.process, self.host)?;
        self.job.as_ref().map_or(Ok(()), |job| write!(formatter, " ({job})"))
    }
}

impl Identity {
    fn find(process: u32) -> Option<Self> {
        Some(Self {
            boot: fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().into(),
            namespace: fs::read_link("/proc/self/ns/pid").ok()?.to_string_lossy().into(),
            started: started(process)?,
        })
    }
}

/// Start of a process of this machine, in ticks since that of the machine; `None` if there is none, or one that is dead and waits for
/// its parent.
fn started(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program stands in brackets, and may itself hold brackets and spaces.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") { None } else { fields.nth(18)?.parse().ok() }
}

/// A name that nothing else has: 16 hexadecimal digits.
///
/// # Errors
/// The message of the system, if it gives no random number.
pub fn unique_name() -> std::io::Result<String> {
    Ok(format!("{:016x}", getrandom::u64()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_dead_when_it_has_ended_or_another_one_has_its_number() {
        let nothing: Environment<'_> = &|_| None;
        let this = Holder::this(nothing).unwrap();
        let text = serde_json::to_string(&this).unwrap();
        assert_eq!(serde_json::from_str::<Holder>(&text).unwrap(), this);
        assert!(!this.is_dead());
        let Some(identity) = this.identity.clone() else { return };
        let other = |identity| Holder { identity, ..this.clone() };
        assert!(other(Some(Identity { started: identity.started - 1, ..identity.clone() })).is_dead());
        assert!(
            !other(Some(Identity { boot: "another".into(), started: 1, ..identity })).is_dead(),
            "not of this machine"
        );
        assert!(!other(None).is_dead());
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let of_child = Identity::find(child.id());
        let child_holder = Holder { process: child.id(), identity: of_child.clone(), ..this };
        child.wait().unwrap();
        assert!(of_child.is_none() || child_holder.is_dead());
    }
}
