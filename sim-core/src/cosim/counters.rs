//! The counters of a run.

use super::observer::DropReason;
use crate::record;

record! {
    /// Requests of a run, by what became of them.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct RequestCounters {
        /// Requests that devices made: completed, dropped for any reason, or in flight.
        pub generated: u64 => ("requests", "generated"),
        /// Requests that were answered.
        pub completed: u64 => ("requests", "completed"),
        /// Requests dropped because the queue of the device was full.
        pub dropped_queue_full: u64 => ("requests", "dropped: queue full"),
        /// Requests dropped because none of their packets arrived.
        pub dropped_lost: u64 => ("requests", "dropped: all packets lost"),
        /// Requests dropped because the battery of the device was empty when it was asked, or before it had the answer.
        pub dropped_battery: u64 => ("requests", "dropped: battery empty"),
        /// Requests dropped because the device noticed no wake-up signal for their answer.
        pub dropped_unreachable: u64 => ("requests", "dropped: device unreachable"),
        /// Requests still under way when the horizon ended the run.
        pub in_flight: u64 => ("requests", "in flight at the end"),
        /// Completed requests whose answer is the label of the sample.
        pub correct: u64 => ("requests", "correct"),
        /// Correct requests that were answered by their deadline; all correct ones, without deadlines.
        pub correct_in_time: u64 => ("requests", "correct and in time"),
        /// Requests answered late, dropped, or in flight at the end although their deadline was over; 0 without deadlines.
        pub deadline_misses: u64 => ("requests", "deadline misses"),
        /// Completed requests that the device answered by itself.
        pub answered_at_edge: u64 => ("requests", "answered at the edge"),
    }
}

record! {
    /// What crossed the air in a run, and what went wrong there.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct TrafficCounters {
        /// Packets put on the uplink; copies and repeated tries are counted one by one.
        pub packets_sent: u64 => ("packets", "packets sent"),
        /// Packets that did not arrive; copies and repeated tries are counted one by one.
        pub packets_lost: u64 => ("packets", "packets lost"),
        /// Packets sent again because they had not arrived whole.
        pub retransmissions: u64 => ("packets", "retransmissions"),
        /// Payload bits that reached the cloud inverted, after what the transport repaired.
        pub bits_flipped: u64 => ("bit", "bits flipped"),
        /// Payload bits that reached the cloud but could not be told, after what the transport repaired.
        pub bits_erased: u64 => ("bit", "bits erased"),
        /// Steps whose sending began; whole payloads, for designs that do not send step by step.
        pub steps_sent: u64 => ("steps", "steps sent"),
        /// Steps of answered requests that were not sent because the answer came first.
        pub steps_saved: u64 => ("steps", "steps saved"),
        /// Steps of answered requests that were sent but came to nothing, because the answer was decided without them.
        pub steps_wasted: u64 => ("steps", "steps wasted"),
        /// Answers that devices received. Where the device decides about an early exit, each step that the cloud executes has one, also
        /// after the decision.
        pub answers_received: u64 => ("answers", "answers received"),
        /// Times that a wake-up radio took noise for a signal while the main radio was off.
        pub false_alarms: u64 => ("alarms", "false alarms"),
        /// Wake-up signals that were not noticed.
        pub missed_signals: u64 => ("signals", "missed signals"),
        /// Devices whose battery ran empty.
        pub depleted_devices: u64 => ("devices", "depleted devices"),
    }
}

record! {
    /// The sequence of a run's events, in short.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Trajectory {
        /// Events that were executed.
        pub events: u64 => ("events", "events"),
        /// Fingerprint of time, kind and subject of every event in order: equal trajectories have equal ones.
        pub fingerprint: u64 => ("", "fingerprint"),
    }
}

impl RequestCounters {
    /// Requests dropped for any reason.
    pub fn dropped(&self) -> u64 {
        self.dropped_queue_full + self.dropped_lost + self.dropped_battery + self.dropped_unreachable
    }

    /// Share of correct answers among the completed requests; `None` without any.
    pub fn accuracy_among_answered(&self) -> Option<f64> {
        (self.completed > 0).then(|| self.correct as f64 / self.completed as f64)
    }

    /// Share of requests answered correctly among all that were made; `None` without any.
    pub fn accuracy_over_all(&self) -> Option<f64> {
        (self.generated > 0).then(|| self.correct as f64 / self.generated as f64)
    }

    /// Counts a request that was dropped.
    pub(super) fn count_drop(&mut self, reason: DropReason) {
        *match reason {
            DropReason::QueueFull => &mut self.dropped_queue_full,
            DropReason::AllPacketsLost => &mut self.dropped_lost,
            DropReason::BatteryEmpty => &mut self.dropped_battery,
            DropReason::Unreachable => &mut self.dropped_unreachable,
        } += 1;
    }
}
