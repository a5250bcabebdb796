//! Edge, link and cloud.

use crate::diagnostic::{Mistake, Origin};
use crate::located::Located;
use crate::profiles::{CloudProfile, DeviceProfile, LinkProfile};
use crate::scenario::{self, FleetSection, LinkSection, Scenario};
use crate::traces;
use cospike_sim_core::cloud::{Autoscaling, BatchTime, Batching, Cloud, EarlyExit, ExitAt};
use cospike_sim_core::edge::{DesignChoice, DesignThreshold, DropPolicy, EdgeDevice, Governor, SpeedLevel};
use cospike_sim_core::energy::Form;
use cospike_sim_core::link::{Channel, Link, PacketLoss, Radio, Rate, Sharing, Transport};

/// A profile that leaves out what `key` of the scenario needs.
fn lacks<T>(key: &Located<T>, profile: &Located<String>, quantity: &str) -> Mistake {
    let message = format!("this needs `{quantity}`, which the profile `{}` does not have", profile);
    Mistake::in_value(key, message).help("add it to a copy of the profile, with its source, or leave this out")
}

pub(super) fn edge(scenario: &Scenario, device: &DeviceProfile, form: Option<Form>) -> Result<EdgeDevice, Mistake> {
    let fleet = &scenario.fleet;
    let sleep_after = fleet.sleep_after_ms.as_ref();
    let standby =
        device.standby(sleep_after.map(|ms| ms.get() * 1e-3), form).map_err(|quantity| match sleep_after {
            Some(key) => lacks(key, &fleet.profile, quantity),
            None => lacks(&fleet.profile, &fleet.profile, quantity),
        })?;
    let (levels, governor) = speed(scenario);
    Ok(EdgeDevice {
        measured_watts: measured_watts(fleet, device)?,
        standby,
        levels,
        governor,
        queue_capacity: fleet.queue_capacity.as_ref().map(Located::get),
        when_full: match fleet.when_full.get() {
            scenario::WhenFull::DropNewest => DropPolicy::Newest,
            scenario::WhenFull::DropOldest => DropPolicy::Oldest,
        },
        battery_joules: fleet.battery_j.as_ref().map(Located::get),
        design: design(scenario),
        exit_entropy: fleet.exit_entropy.as_ref().map(Located::get),
        ..EdgeDevice::plain(device.processor(), device.static_watts())
    })
}

/// What the device draws while it computes, if there are no prices of operations.
fn measured_watts(fleet: &FleetSection, device: &DeviceProfile) -> Result<Option<f64>, Mistake> {
    if fleet.prices.is_some() {
        return Ok(None);
    }
    // What was measured of whole heads depends on the network, which is not known yet.
    if fleet.measured.is_some() {
        return Ok(Some(0.0));
    }
    device.measured_watts().map(Some).map_err(|quantity| {
        let message = format!(
            "without `prices` a device needs `{quantity}`, what it draws while it computes, which the profile `{}` does not \
             have",
            *fleet.profile
        );
        Mistake::in_value(&fleet.profile, message).help("give `prices` in [fleet], or another profile")
    })
}

fn speed(scenario: &Scenario) -> (Vec<SpeedLevel>, Governor) {
    let levels = scenario.fleet.speed.iter();
    let factors = |l: &Located<scenario::SpeedLevel>| SpeedLevel {
        rate_factor: l.rate_factor.get(),
        power_factor: l.power_factor.get(),
    };
    let thresholds: Vec<u32> = levels.clone().skip(1).map(|level| level.from_waiting.get()).collect();
    match levels.map(factors).collect::<Vec<_>>() {
        none if none.is_empty() => (vec![SpeedLevel::NOMINAL], Governor::Fixed { level: 0 }),
        one if one.len() == 1 => (one, Governor::Fixed { level: 0 }),
        several => (several, Governor::ByQueue { thresholds }),
    }
}

/// Design 0 is the network's own cut, design `i` the `i`-th alternative.
fn design(scenario: &Scenario) -> DesignChoice {
    let Some(switching) = &scenario.fleet.switching else {
        return DesignChoice::Fixed { design: 0 };
    };
    let own = DesignThreshold { from_bits_per_second: 0.0, design: 0 };
    let others = scenario.network.alternative.iter().zip(1..).map(|(alternative, design)| DesignThreshold {
        from_bits_per_second: alternative.from_mbps.get() * 1e6,
        design,
    });
    DesignChoice::ByRate {
        smoothing: switching.smoothing.get(),
        initial_bits_per_second: switching.initial_mbps.get() * 1e6,
        designs: std::iter::once(own).chain(others).collect(),
    }
}

pub(super) fn link(scenario: &Scenario, profile: &LinkProfile, origin: &Origin) -> Result<Link, Mistake> {
    let section = &scenario.link;
    let radio = radio(section, profile)?;
    let or = |given: &Option<Located<f64>>, profile: f64| given.as_ref().map_or(profile, Located::get);
    Ok(Link {
        uplink: rate(section, profile, origin)?,
        propagation_seconds: or(&section.propagation_ms, profile.propagation.get()) * 1e-3,
        jitter_seconds: or(&section.jitter_ms, 0.0) * 1e-3,
        header_bytes: profile.header.get() as u32, // checked to be a whole number of 32 bits
        frame: profile.frame(),
        grant_seconds: profile.grant_seconds(),
        channel: Channel {
            packet_loss: packet_loss(section, profile),
            bit_error_probability: or(&section.bit_error, 0.0),
            bit_erasure_probability: or(&section.bit_erasure, 0.0),
            peak_snr_db: section.peak_snr_db.as_ref().map(Located::get),
        },
        transport: transport(section),
        sharing: match section.sharing.get() {
            scenario::Sharing::Dedicated => Sharing::Dedicated,
            scenario::Sharing::Cell => Sharing::Cell,
            scenario::Sharing::SharedCell => {
                Sharing::SharedCell { weights: section.weights.iter().map(Located::get).collect() }
            }
        },
        radio,
        ..Link::plain(profile.uplink.get() * 1e6, profile.downlink.get() * 1e6, radio.power)
    })
}

fn radio(section: &LinkSection, profile: &LinkProfile) -> Result<Radio, Mistake> {
    let radio = profile.radio();
    let Some(key) = &section.wake_up else { return Ok(radio) };
    let schedule = key;
    let (duty, tries) = (schedule.duty.get(), schedule.tries.get());
    let (period, retry) = (schedule.period_ms.get() * 1e-3, schedule.retry_ms.get() * 1e-3);
    let standby = profile.asleep(duty, period, tries, retry);
    let standby = standby.map_err(|quantity| lacks(key, &section.profile, quantity))?;
    Ok(Radio { standby, ..radio })
}

fn rate(section: &LinkSection, profile: &LinkProfile, origin: &Origin) -> Result<Rate, Mistake> {
    if let Some(trace) = &section.rate_trace {
        let period_seconds = section.rate_trace_period_s.as_ref();
        let steps = traces::rates(trace, period_seconds, origin)?;
        let period_seconds = period_seconds.map(Located::get);
        return Ok(Rate::Steps { steps: steps.into(), period_seconds });
    }
    if let Some(trace) = &section.mahimahi_trace {
        return Ok(Rate::Opportunities { milliseconds: traces::opportunities(trace, origin)?.into() });
    }
    let mbps = section.uplink_mbps.as_ref().map_or(profile.uplink.get(), Located::get);
    Ok(Rate::Constant { bits_per_second: mbps * 1e6 })
}

fn packet_loss(section: &LinkSection, profile: &LinkProfile) -> PacketLoss {
    match &section.bursts {
        Some(bursts) => PacketLoss::GilbertElliott {
            mean_good_seconds: bursts.mean_good_ms.get() * 1e-3,
            mean_bad_seconds: bursts.mean_bad_ms.get() * 1e-3,
            good_probability: bursts.good_loss.get(),
            bad_probability: bursts.bad_loss.get(),
        },
        None => PacketLoss::Independent {
            probability: section.packet_loss.as_ref().map_or(profile.packet_loss.get(), Located::get),
        },
    }
}

fn transport(section: &LinkSection) -> Transport {
    if let Some(retransmit) = &section.retransmit {
        let timeout_seconds = retransmit.timeout_ms.get() * 1e-3;
        return Transport::Retransmit { timeout_seconds, tries: retransmit.tries.get() };
    }
    section.repeat.as_ref().map_or(Transport::Datagram, |copies| Transport::Repeat { copies: copies.get() })
}

pub(super) fn cloud(scenario: &Scenario, profile: &CloudProfile) -> Cloud {
    let section = &scenario.cloud;
    Cloud {
        order: section.order.get(),
        batching: section.batching.as_ref().map_or(Batching::NONE, |b| batching(b)),
        scaling: section.autoscaling.as_ref().map(|scaling| autoscaling(scaling)),
        power: profile.power(),
        exit: section.exit_entropy.as_ref().map(|entropy| EarlyExit {
            entropy: entropy.get(),
            at: section.exit_at.as_ref().map_or(ExitAt::Cloud, Located::get),
        }),
        ..Cloud::plain(
            section.servers.get(),
            profile.processor(),
            profile.answer.get() as u32, // checked to be a whole number of 32 bits
        )
    }
}

/// Bytes that answers hold in addition to the profile's: where devices decide about an early exit, the score of each class as a
/// float32.
pub(super) fn score_bytes(cloud: &Cloud, classes: usize) -> u32 {
    match cloud.exit {
        Some(EarlyExit { at: ExitAt::Edge, .. }) => 4 * classes as u32, // a layer has far fewer channels
        _ => 0,
    }
}

fn batching(section: &scenario::Batching) -> Batching {
    let milliseconds = |time: &Option<Located<f64>>| time.as_ref().map_or(0.0, Located::get) * 1e-3;
    Batching {
        max_size: section.max_size.get(),
        max_wait_seconds: section.max_wait_ms.get() * 1e-3,
        time: match &section.marginal_cost {
            Some(cost) => BatchTime::Counts { marginal_cost: cost.get() },
            None => BatchTime::Linear {
                fixed_seconds: milliseconds(&section.fixed_ms),
                item_seconds: milliseconds(&section.item_ms),
            },
        },
    }
}

fn autoscaling(section: &scenario::Autoscaling) -> Autoscaling {
    Autoscaling {
        min_servers: section.min_servers.get(),
        max_servers: section.max_servers.get(),
        up_above: section.up_above.get(),
        down_below: section.down_below.get(),
        period_seconds: section.period_s.get(),
        startup_seconds: section.startup_s.get(),
    }
}
