//! The requests of a run as lines of CSV, for whoever wants more than means and percentiles.

use cospike_sim_core::cosim::{End, Observer, Phase, Phases};
use cospike_sim_core::kernel::SimTime;
use csv::Writer; // quoting and line ends are not what CoSpike is for
use std::collections::BTreeMap;
use std::io::{self, Write};

/// How every such file begins: its columns.
pub const HEADER: &str = "request,device,design,arrival_s,end_s,latency_s,edge_wait_s,edge_compute_s,uplink_wait_s,uplink_s,cloud_wait_s,\
     cloud_service_s,downlink_s,end,sample,answer,correct";

/// An observer that writes a line for each request of a run, in the order in which they end; those that are under way when it ends come
/// last. Times are simulated seconds. An answered request has the time that it spent in each phase, its sample, the class answered and
/// whether that is right; one that was given up has the reason as its `end`, and the times until then.
pub struct RequestLog<W: Write> {
    file: Writer<W>,
    under_way: BTreeMap<u64, UnderWay>,
    /// Requests that were answered, of which the answer is told next.
    answered: BTreeMap<u64, (UnderWay, SimTime)>,
    written: u64,
    failure: Option<csv::Error>,
}

/// A request that has not ended.
struct UnderWay {
    device: u32,
    design: Option<u8>,
    arrival: SimTime,
    phase: Phase,
    /// When that began.
    since: SimTime,
    phases: Phases,
}

impl UnderWay {
    fn enter(&mut self, phase: Phase, now: SimTime) {
        self.phases[self.phase] += seconds_between(self.since, now);
        (self.phase, self.since) = (phase, now);
    }
}

impl<W: Write> RequestLog<W> {
    /// Begins the file.
    pub fn new(file: W) -> Self {
        let mut file = Writer::from_writer(file);
        let failure = file.write_record(HEADER.split(',')).err();
        Self { file, under_way: BTreeMap::new(), answered: BTreeMap::new(), written: 0, failure }
    }

    /// Writes the requests that are under way, and gives the number of all that were written.
    ///
    /// # Errors
    /// If the file could not be written.
    pub fn finish(mut self) -> io::Result<u64> {
        for (number, request) in std::mem::take(&mut self.under_way) {
            self.write(number, &request, None, "under way", None);
        }
        if let Some(error) = self.failure {
            return Err(error.into());
        }
        self.file.flush()?;
        Ok(self.written)
    }

    fn write(
        &mut self,
        number: u64,
        request: &UnderWay,
        end: Option<SimTime>,
        word: &str,
        answer: Option<(u32, u32, bool)>,
    ) {
        if self.failure.is_some() {
            return;
        }
        let text = |value: Option<String>| value.unwrap_or_default();
        let before = [
            number.to_string(),
            request.device.to_string(),
            text(request.design.map(|design| design.to_string())),
            request.arrival.seconds().to_string(),
            text(end.map(|end| end.seconds().to_string())),
            text(end.map(|end| seconds_between(request.arrival, end).to_string())),
        ];
        let phases = Phase::ALL.iter().map(|&phase| request.phases[phase].to_string());
        let behind = [
            word.to_string(),
            text(answer.map(|(sample, _, _)| sample.to_string())),
            text(answer.map(|(_, class, _)| class.to_string())),
            text(answer.map(|(_, _, is_correct)| is_correct.to_string())),
        ];
        self.failure = self.file.write_record(before.into_iter().chain(phases).chain(behind)).err();
        self.written += 1;
    }
}

impl<W: Write> Observer for RequestLog<W> {
    fn phase(&mut self, now: SimTime, request: u64, device: u32, phase: Phase) {
        let new = || UnderWay { device, design: None, arrival: now, phase, since: now, phases: Phases::default() };
        self.under_way.entry(request).or_insert_with(new).enter(phase, now);
    }

    fn chosen(&mut self, _: SimTime, request: u64, _: u32, design: u8) {
        if let Some(request) = self.under_way.get_mut(&request) {
            request.design = Some(design);
        }
    }

    fn end(&mut self, now: SimTime, number: u64, device: u32, end: End) {
        // One that is refused as it comes was never under way.
        self.phase(now, number, device, Phase::EdgeWait);
        let Some(request) = self.under_way.remove(&number) else { return };
        match end {
            End::Answered => _ = self.answered.insert(number, (request, now)),
            End::Dropped(reason) => self.write(number, &request, Some(now), &reason.to_string(), None),
        }
    }

    fn judged(&mut self, number: u64, sample: u32, answer: u32, is_correct: bool) {
        if let Some((request, end)) = self.answered.remove(&number) {
            self.write(number, &request, Some(end), "answered", Some((sample, answer, is_correct)));
        }
    }
}

/// Seconds from one time to a later one.
fn seconds_between(from: SimTime, to: SimTime) -> f64 {
    SimTime::from_nanoseconds(to.nanoseconds() - from.nanoseconds()).seconds()
}
