//! How long the runs of the design points are, beside each other: a number of requests that stays the same while the fleet grows makes
//! the largest fleet run shortest, and its queues have the least time to show.

use super::extent;
use crate::declarations::grouped;
use crate::scenario::Scenario;
use cospike_sim_core::cosim::System;
use cospike_sim_core::kernel::Number;
use cospike_sim_core::workload::ArrivalProcess;
use std::collections::BTreeMap;

/// Ratio of simulated times from which a study is warned of.
const MOST_SHRINKING: f64 = 1.5;
/// Most values that a warning lists.
const MOST_LISTED: usize = 8;

/// Expected simulated time of every size of the fleet, by the number of requests.
#[derive(Default)]
pub(super) struct Lengths(BTreeMap<u64, BTreeMap<u32, f64>>);

impl Lengths {
    /// Adds a design point whose length follows from its requests.
    pub(super) fn add(&mut self, scenario: &Scenario, system: &System) {
        if system.workload.horizon_seconds.is_none() && !matches!(system.workload.arrivals, ArrivalProcess::Trace(_)) {
            let seconds = extent::arrival_seconds(scenario, system);
            let of_requests = self.0.entry(system.workload.requests).or_default();
            let longest = of_requests.entry(system.devices).or_insert(seconds);
            *longest = longest.max(seconds);
        }
    }

    /// Words on fleets that grow while the requests stay the same.
    pub(super) fn warning(&self) -> Option<String> {
        let shrinks = |fleets: &&BTreeMap<u32, f64>| {
            let (first, last) = (fleets.first_key_value(), fleets.last_key_value());
            first.zip(last).is_some_and(|((_, first), (_, last))| *first >= MOST_SHRINKING * last)
        };
        let (requests, fleets) = self.0.iter().find(|(_, fleets)| shrinks(fleets))?;
        let ((least, longest), (most, shortest)) = (fleets.first_key_value()?, fleets.last_key_value()?);
        let devices: Vec<String> = fleets.keys().take(MOST_LISTED).map(u32::to_string).collect();
        let scaled = |devices: &u32| (u128::from(*requests) * u128::from(*devices) / u128::from(*least)).to_string();
        let wanted: Vec<String> = fleets.keys().take(MOST_LISTED).map(scaled).collect();
        let more = if fleets.len() > MOST_LISTED { ", ..." } else { "" };
        let rounded = |seconds: &f64| Number(format!("{seconds:.2e}").parse().unwrap_or(*seconds));
        Some(format!(
            "the fleet grows from {} to {} devices but asks for {} requests in all, so its simulated time shrinks from about {} s to {} s, \
             in which queues may not show what they grow to: sweep `workload.requests` along with it, as in [sweep.zip] fleet.devices = \
             [{}{more}], workload.requests = [{}{more}], and `workload.warmup` likewise",
            grouped((*least).into()),
            grouped((*most).into()),
            grouped((*requests).into()),
            rounded(longest),
            rounded(shortest),
            devices.join(", "),
            wanted.join(", "),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fleets_that_share_their_requests_are_warned_of_with_the_numbers_to_give() {
        let fleets = |of: &[(u64, u32, f64)]| {
            let mut lengths = Lengths::default();
            for (requests, devices, seconds) in of {
                lengths.0.entry(*requests).or_default().insert(*devices, *seconds);
            }
            lengths.warning()
        };
        let warning = fleets(&[(1_000, 10, 100.0), (1_000, 25, 40.0)]).unwrap();
        assert!(
            warning.contains("from 10 to 25 devices but asks for 1,000 requests in all")
                && warning.contains("from about 100 s to 40 s")
                && warning.contains("fleet.devices = [10, 25], workload.requests = [1000, 2500]"),
            "{warning}"
        );
        assert_eq!(fleets(&[(1_000, 10, 100.0), (2_500, 25, 100.0)]), None, "requests grow along");
        assert_eq!(fleets(&[(1_000, 10, 100.0), (1_000, 11, 91.0)]), None, "nearly as long");
    }
}
