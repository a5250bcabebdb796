//! The same workloads on NeXosim 1.0, with its single-threaded executor and plain `fn` inputs, its cheapest form.

use crate::hold::{Draw, Increments};
use crate::queueing::{Exponential, LOAD};
use cpu_time::ThreadTime;
use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::Output;
use nexosim::simulation::{Mailbox, SimInit, Simulation};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Events that happened, over all models of the run.
static HAPPENED: AtomicU64 = AtomicU64::new(0);

fn happened() -> u64 {
    HAPPENED.load(Ordering::Relaxed)
}

/// One thread only counts, so no read-modify-write is needed.
fn count() {
    HAPPENED.store(happened() + 1, Ordering::Relaxed);
}

/// Runs for `span` at a time until `events` have happened; gives events per second.
fn measure(simulation: &mut Simulation, span: Duration, events: u64) -> f64 {
    let (before, start) = (happened(), ThreadTime::now());
    while happened() - before < events {
        simulation.step_until(span).unwrap();
    }
    (happened() - before) as f64 / start.elapsed().as_secs_f64()
}

/// What a model must not save, as it is not a state of the simulated system: models have to be serializable.
struct Unsaved<T>(T);

impl<T> Serialize for Unsaved<T> {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("a benchmark is not saved"))
    }
}

impl<'de, T> Deserialize<'de> for Unsaved<T> {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("a benchmark is not restored"))
    }
}

/// One model that schedules all events for itself.
#[derive(Serialize, Deserialize)]
struct Holder {
    draw: Unsaved<Draw>,
    counters: Vec<u32>,
}

#[Model]
impl Holder {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>, _: &mut ()) {
        for entity in 0..self.counters.len() as u32 {
            let delay = Duration::from_nanos(self.draw.0.first().max(1));
            cx.schedule_event(delay, schedulable!(Self::happen), entity).unwrap();
        }
    }

    #[nexosim(schedulable)]
    fn happen(&mut self, entity: u32, cx: &Context<Self>) {
        count();
        self.counters[entity as usize] += 1;
        // NeXosim takes no delay of zero.
        let delay = Duration::from_nanos(self.draw.0.next().max(1));
        cx.schedule_event(delay, schedulable!(Self::happen), entity).unwrap();
    }
}

/// Hold model with one model; events per second.
pub(crate) fn hold(law: Increments, pending: u32, events: u64) -> f64 {
    let holder = Holder { draw: Unsaved(Draw::new(law)), counters: vec![0; pending as usize] };
    let mut simulation =
        SimInit::with_num_threads(1).add_model(holder, Mailbox::new(), "holder").init(MonotonicTime::EPOCH).unwrap();
    let (before, warm_up) = (happened(), u64::from(pending).max(events / 10));
    let span = Duration::from_nanos(1_000_000_000 * 10_000 / u64::from(pending));
    while happened() - before < warm_up {
        simulation.step_until(span).unwrap();
    }
    measure(&mut simulation, span, events)
}

/// Sends customers to the server.
#[derive(Serialize, Deserialize)]
struct Source {
    customer: Output<()>,
    gaps: Unsaved<Exponential>,
}

#[Model]
impl Source {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>, _: &mut ()) {
        cx.schedule_event(Duration::from_nanos(self.gaps.0.next()), schedulable!(Self::arrive), ()).unwrap();
    }

    #[nexosim(schedulable)]
    async fn arrive(&mut self, _: (), cx: &Context<Self>) {
        count();
        cx.schedule_event(Duration::from_nanos(self.gaps.0.next()), schedulable!(Self::arrive), ()).unwrap();
        self.customer.send(()).await;
    }
}

/// Serves them one at a time.
#[derive(Serialize, Deserialize)]
struct Server {
    present: u64,
    services: Unsaved<Exponential>,
}

#[Model]
impl Server {
    fn customer(&mut self, _: (), cx: &Context<Self>) {
        self.present += 1;
        if self.present == 1 {
            cx.schedule_event(Duration::from_nanos(self.services.0.next()), schedulable!(Self::leave), ()).unwrap();
        }
    }

    #[nexosim(schedulable)]
    fn leave(&mut self, _: (), cx: &Context<Self>) {
        count();
        self.present -= 1;
        if self.present > 0 {
            cx.schedule_event(Duration::from_nanos(self.services.0.next()), schedulable!(Self::leave), ()).unwrap();
        }
    }
}

/// M/M/1; logical events per second.
pub(crate) fn single_server(events: u64) -> f64 {
    let (source_box, server_box) = (Mailbox::new(), Mailbox::new());
    let mut source = Source { customer: Output::default(), gaps: Unsaved(Exponential::new(1, 1.0 / LOAD)) };
    source.customer.connect(Server::customer, &server_box);
    let server = Server { present: 0, services: Unsaved(Exponential::new(2, 1.0)) };
    let mut simulation = SimInit::with_num_threads(1)
        .add_model(source, source_box, "source")
        .add_model(server, server_box, "server")
        .init(MonotonicTime::EPOCH)
        .unwrap();
    measure(&mut simulation, Duration::from_secs(10_000), events)
}

/// Gives the ball back after 1 s.
#[derive(Serialize, Deserialize)]
struct Player {
    ball: Output<()>,
}

#[Model]
impl Player {
    fn receive(&mut self, _: (), cx: &Context<Self>) {
        cx.schedule_event(Duration::from_secs(1), schedulable!(Self::strike), ()).unwrap();
    }

    #[nexosim(schedulable)]
    async fn strike(&mut self) {
        count();
        self.ball.send(()).await;
    }
}

/// Two models that send each other a ball; events per second.
pub(crate) fn ping_pong(events: u64) -> f64 {
    let (ping_box, pong_box) = (Mailbox::new(), Mailbox::new());
    let (mut ping, mut pong) = (Player { ball: Output::default() }, Player { ball: Output::default() });
    ping.ball.connect(Player::receive, &pong_box);
    pong.ball.connect(Player::receive, &ping_box);
    let mut bench = SimInit::with_num_threads(1);
    let serve = nexosim::ports::EventSource::new().connect(Player::receive, &ping_box).register(&mut bench);
    let mut simulation =
        bench.add_model(ping, ping_box, "ping").add_model(pong, pong_box, "pong").init(MonotonicTime::EPOCH).unwrap();
    simulation.process_event(&serve, ()).unwrap();
    measure(&mut simulation, Duration::from_secs(10_000), events)
}
