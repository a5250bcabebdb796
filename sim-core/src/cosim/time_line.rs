//! A run over time: what happened in each of some hundred intervals of equal length.

use super::{End, Observer, Phase, QueueAt};
use crate::kernel::SimTime;
use crate::record;
use std::collections::VecDeque;

record! {
    /// What happened in an interval of a run.
    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    pub struct TimeSlice {
        /// Beginning of the interval.
        pub from_s: f64 => ("s", "from"),
        /// End of the interval.
        pub to_s: f64 => ("s", "to"),
        /// Requests that were asked.
        pub asked: u64 => ("requests", "asked"),
        /// Requests that were answered.
        pub answered: u64 => ("requests", "answered"),
        /// Requests that were dropped for any reason.
        pub dropped: u64 => ("requests", "dropped"),
        /// Mean latency of the requests that were answered.
        pub latency_mean_s: Option<f64> => ("s", "mean latency"),
        /// Heads that devices began.
        pub begun: u64 => ("requests", "heads begun"),
        /// Heads that devices began of another design than the first.
        pub switched: u64 => ("requests", "heads of another design"),
        /// Mean number of requests that waited for the processor of their device.
        pub edge_waiting: f64 => ("requests", "waiting at the edge"),
        /// Mean number of messages that waited for an uplink.
        pub uplink_waiting: f64 => ("messages", "waiting for the uplink"),
        /// Mean number of requests or steps that waited for a server.
        pub cloud_waiting: f64 => ("requests", "waiting in the cloud"),
        /// Mean number of servers that serve or could; those that are starting draw power, but are not among them.
        pub servers: f64 => ("servers", "servers"),
    }
}

/// Divides a run into at most [`TimeLine::MOST`] intervals of equal length, which doubles whenever the run outgrows them, so that neither
/// its length nor the number of its events needs to be known. All sums are whole numbers: nothing depends on how often they were put
/// together.
#[derive(Clone, Debug)]
pub struct TimeLine {
    /// Length of an interval in nanoseconds.
    width: u64,
    bins: Vec<Bin>,
    /// When each request was asked, from number `first` on; `None` once it has ended.
    asked: VecDeque<Option<SimTime>>,
    first: u64,
    edges: Queues,
    uplinks: Queues,
    cloud: Level,
    servers: Level,
}

/// Sums over one interval.
#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    asked: u64,
    answered: u64,
    dropped: u64,
    latency: u128,
    begun: u64,
    switched: u64,
    /// Numbers times nanoseconds: waiting at the edge, for the uplink and in the cloud, and servers.
    held: [u128; 4],
}

/// Place of a number in [`Bin::held`].
#[derive(Clone, Copy, Debug)]
enum Held {
    Edge,
    Uplink,
    Cloud,
    Servers,
}

/// A number that stays until it changes.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    since: u64,
    value: u64,
}

/// Lengths of queues, and their sum.
#[derive(Clone, Debug, Default)]
struct Queues {
    lengths: Vec<u32>,
    sum: Level,
}

impl TimeLine {
    /// Greatest number of intervals.
    pub const MOST: usize = 128;

    /// Length of the intervals at the start of a run, in nanoseconds.
    const SHORTEST: u64 = 1_000;

    /// A run before its first event.
    pub fn new() -> Self {
        Self {
            width: Self::SHORTEST,
            bins: vec![],
            asked: VecDeque::new(),
            first: 0,
            edges: Queues::default(),
            uplinks: Queues::default(),
            cloud: Level::default(),
            servers: Level::default(),
        }
    }

    /// The intervals of a run that has ended at `end`, the last of which may be shorter.
    pub fn slices(mut self, end: SimTime) -> Vec<TimeSlice> {
        for (held, level) in [
            (Held::Edge, self.edges.sum),
            (Held::Uplink, self.uplinks.sum),
            (Held::Cloud, self.cloud),
            (Held::Servers, self.servers),
        ] {
            self.hold(held, level, end);
        }
        let (width, end) = (self.width, end.nanoseconds());
        // What happens at the very end belongs to the interval before it.
        if self.bins.len() > 1 && (self.bins.len() as u64 - 1) * width == end {
            let last = self.bins.pop().unwrap_or_default();
            self.bins.last_mut().into_iter().for_each(|bin| *bin = bin.plus(&last));
        }
        let slices = (0_u64..).zip(&self.bins).map(|(number, bin)| {
            let from = number * width;
            bin.slice(from, (from + width).min(end.max(from)))
        });
        slices.collect()
    }

    /// The interval at `now`.
    fn bin(&mut self, now: SimTime) -> &mut Bin {
        let mut number = now.nanoseconds() / self.width;
        while number >= Self::MOST as u64 {
            self.bins =
                self.bins.chunks(2).map(|pair| pair.iter().fold(Bin::default(), |sum, bin| sum.plus(bin))).collect();
            self.width *= 2;
            number /= 2;
        }
        let number = number as usize;
        if number >= self.bins.len() {
            self.bins.resize(number + 1, Bin::default());
        }
        &mut self.bins[number]
    }

    /// A number had its value until `now`.
    fn hold(&mut self, held: Held, Level { since, value }: Level, now: SimTime) {
        // Long enough for `now` first: then no interval changes below.
        self.bin(now);
        let (now, mut from) = (now.nanoseconds(), since);
        while from < now {
            let number = from / self.width;
            let until = now.min((number + 1) * self.width);
            self.bins[number as usize].held[held as usize] += u128::from(value) * u128::from(until - from);
            from = until;
        }
    }

    /// The request was asked at `now`, unless that is known.
    fn ask(&mut self, now: SimTime, request: u64) {
        let place = request.saturating_sub(self.first) as usize;
        if request >= self.first && place >= self.asked.len() {
            self.asked.resize(place, None);
            self.asked.push_back(Some(now));
            self.bin(now).asked += 1;
        }
    }
}

impl Default for TimeLine {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer for TimeLine {
    fn phase(&mut self, now: SimTime, request: u64, _: u32, _: Phase) {
        self.ask(now, request);
    }

    fn chosen(&mut self, now: SimTime, _: u64, _: u32, design: u8) {
        let bin = self.bin(now);
        bin.begun += 1;
        bin.switched += u64::from(design != 0);
    }

    fn end(&mut self, now: SimTime, request: u64, _: u32, end: End) {
        self.ask(now, request);
        let asked = request.checked_sub(self.first).and_then(|place| self.asked.get_mut(place as usize)?.take());
        while let Some(None) = self.asked.front() {
            self.asked.pop_front();
            self.first += 1;
        }
        let bin = self.bin(now);
        match end {
            End::Answered => {
                bin.answered += 1;
                bin.latency += asked.map_or(0, |asked| u128::from(now.since(asked).nanoseconds()));
            }
            End::Dropped(_) => bin.dropped += 1,
        }
    }

    fn queue(&mut self, now: SimTime, at: QueueAt, length: u32) {
        let (held, before) = match at {
            QueueAt::Edge { device } => (Held::Edge, self.edges.set(now, device, length)),
            QueueAt::Uplink { uplink } => (Held::Uplink, self.uplinks.set(now, uplink, length)),
            QueueAt::Cloud => (Held::Cloud, self.cloud.set(now, length.into())),
        };
        self.hold(held, before, now);
    }

    fn servers(&mut self, now: SimTime, running: u32) {
        let before = self.servers.set(now, running.into());
        self.hold(Held::Servers, before, now);
    }
}

impl Level {
    /// Sets another value and returns what there was before.
    fn set(&mut self, now: SimTime, value: u64) -> Self {
        std::mem::replace(self, Self { since: now.nanoseconds(), value })
    }
}

impl Queues {
    /// Sets the length of one queue and returns the sum that there was before.
    fn set(&mut self, now: SimTime, number: u32, length: u32) -> Level {
        let number = number as usize;
        if number >= self.lengths.len() {
            self.lengths.resize(number + 1, 0);
        }
        let before = std::mem::replace(&mut self.lengths[number], length);
        self.sum.set(now, self.sum.value - u64::from(before) + u64::from(length))
    }
}

impl Bin {
    fn plus(mut self, other: &Self) -> Self {
        self.asked += other.asked;
        self.answered += other.answered;
        self.dropped += other.dropped;
        self.latency += other.latency;
        self.begun += other.begun;
        self.switched += other.switched;
        self.held.iter_mut().zip(other.held).for_each(|(sum, more)| *sum += more);
        self
    }

    /// What it says of the nanoseconds `from..to`.
    fn slice(&self, from: u64, to: u64) -> TimeSlice {
        let mean = |held: Held| if to > from { self.held[held as usize] as f64 / (to - from) as f64 } else { 0.0 };
        let latency = self.latency as f64 / 1e9;
        TimeSlice {
            from_s: SimTime::from_nanoseconds(from).seconds(),
            to_s: SimTime::from_nanoseconds(to).seconds(),
            asked: self.asked,
            answered: self.answered,
            dropped: self.dropped,
            latency_mean_s: (self.answered > 0).then(|| latency / self.answered as f64),
            begun: self.begun,
            switched: self.switched,
            edge_waiting: mean(Held::Edge),
            uplink_waiting: mean(Held::Uplink),
            cloud_waiting: mean(Held::Cloud),
            servers: mean(Held::Servers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cosim::DropReason;

    fn moment(milliseconds: u64) -> SimTime {
        SimTime::from_nanoseconds(milliseconds * 1_000_000)
    }

    /// One request asked at 1 s and answered at 3 s of a run of 4 s, which waits in the cloud from 1.5 to 2.5 s; a second is refused at
    /// once; two servers, and four from 2 s on.
    #[test]
    fn a_run_is_divided_into_intervals_that_hold_all_of_it() {
        let mut line = TimeLine::new();
        line.servers(moment(0), 2);
        line.phase(moment(1000), 0, 0, Phase::EdgeWait);
        line.chosen(moment(1000), 0, 0, 1);
        line.end(moment(1200), 1, 0, End::Dropped(DropReason::QueueFull));
        line.queue(moment(1500), QueueAt::Cloud, 1);
        line.servers(moment(2000), 4);
        line.queue(moment(2500), QueueAt::Cloud, 0);
        line.end(moment(3000), 0, 0, End::Answered);
        let slices = line.slices(moment(4000));
        assert!((TimeLine::MOST / 2..=TimeLine::MOST).contains(&slices.len()), "{}", slices.len());
        assert_eq!((slices[0].from_s, slices.last().unwrap().to_s), (0.0, 4.0));
        assert!(slices.windows(2).all(|pair| pair[0].to_s == pair[1].from_s));
        let sum = |get: fn(&TimeSlice) -> f64| slices.iter().map(get).sum::<f64>();
        let integral = |get: fn(&TimeSlice) -> f64| {
            slices.iter().map(|slice| get(slice) * (slice.to_s - slice.from_s)).sum::<f64>()
        };
        let counts = [
            sum(|s| s.asked as f64),
            sum(|s| s.answered as f64),
            sum(|s| s.dropped as f64),
            sum(|s| s.switched as f64),
        ];
        assert_eq!(counts, [2.0, 1.0, 1.0, 1.0]);
        assert!((integral(|slice| slice.cloud_waiting) - 1.0).abs() < 1e-9);
        assert!((integral(|slice| slice.servers) - (2.0 * 2.0 + 2.0 * 4.0)).abs() < 1e-9);
        let latencies: Vec<f64> = slices.iter().filter_map(|slice| slice.latency_mean_s).collect();
        assert_eq!(latencies, [2.0]);
        let answered = slices.iter().find(|slice| slice.answered == 1).unwrap();
        assert!(answered.from_s <= 3.0 && 3.0 < answered.to_s);
    }

    /// Intervals double as the run goes on: what they say does not depend on when they did.
    #[test]
    fn intervals_that_were_put_together_say_what_those_of_a_run_known_beforehand_do() {
        let events: Vec<u64> = (0..1000).map(|i| i * i % 5003).collect();
        let run = |from_the_end: bool| {
            let mut line = TimeLine::new();
            if from_the_end {
                line.bin(moment(5003));
            }
            let mut sorted = events.clone();
            sorted.sort_unstable();
            for (number, time) in (0_u64..).zip(sorted) {
                line.phase(moment(time), number, 0, Phase::EdgeWait);
                line.queue(moment(time), QueueAt::Edge { device: number as u32 % 7 }, number as u32 % 5);
                line.end(moment(time), number, 0, End::Answered);
            }
            line.slices(moment(5003))
        };
        assert_eq!(run(false), run(true));
    }

    #[test]
    fn what_happens_at_the_very_end_belongs_to_the_last_interval() {
        let mut line = TimeLine::new();
        let end = SimTime::from_nanoseconds(3 * TimeLine::SHORTEST);
        line.phase(moment(0), 0, 0, Phase::EdgeWait);
        line.end(end, 0, 0, End::Answered);
        let answered: Vec<u64> = line.slices(end).iter().map(|slice| slice.answered).collect();
        assert_eq!(answered, [0, 0, 1]);
    }

    #[test]
    fn a_run_without_time_has_no_mean_that_is_not_a_number() {
        let mut line = TimeLine::new();
        line.phase(moment(0), 0, 0, Phase::EdgeWait);
        line.end(moment(0), 0, 0, End::Answered);
        let slices = line.slices(moment(0));
        assert_eq!((slices.len(), slices[0].asked, slices[0].latency_mean_s), (1, 1, Some(0.0)));
        assert!(slices[0].servers == 0.0);
    }
}
