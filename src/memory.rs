//! Memory of the machine.

use std::fs::read_to_string;

/// Bytes of memory that this program can ever have: those of the machine, or fewer where a container is limited. `None` where the
/// system does not say so in the way of Linux.
pub(crate) fn machine_bytes() -> Option<u64> {
    let total = total_bytes(&read_to_string("/proc/meminfo").ok()?)?;
    // The limit of version 2 of control groups, then that of version 1; without a limit there is a word or a huge number.
    let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let limit = limits.iter().filter_map(|path| read_to_string(path).ok()?.trim().parse().ok()).min();
    Some(limit.unwrap_or(u64::MAX).min(total))
}

/// The line `MemTotal: 16309912 kB`.
fn total_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read_in_bytes() {
        assert_eq!(total_bytes("MemFree: 7 kB\nMemTotal:       16309912 kB\n"), Some(16_309_912 * 1024));
        assert_eq!(total_bytes("MemTotal: many\n"), None);
    }
}
