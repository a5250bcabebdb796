//! Edge, link and cloud.

use crate::diagnostic::{Diagnostic, Source};
use crate::profiles::{CloudProfile, DeviceProfile, LinkProfile};
use crate::scenario::{self, LinkSection, Scenario};
use crate::traces;
use cospike_sim_core::cloud::{Autoscaling, BatchTime, Batching, Cloud, Order};
use cospike_sim_core::edge::{DesignChoice, DesignThreshold, DropPolicy, EdgeDevice, Governor, SpeedLevel};
use cospike_sim_core::link::{Channel, Link, PacketLoss, Radio, Rate, Sharing, Transport};
use toml::Spanned;

fn value<T: Copy>(value: &Spanned<T>) -> T {
    *value.get_ref()
}

/// A profile that leaves out what `key` of the scenario needs.
fn lacks<T>(key: &Spanned<T>, profile: &Spanned<String>, quantity: &str, source: &Source) -> Diagnostic {
    let message = format!("this needs `{quantity}`, which the profile `{}` does not have", profile.get_ref());
    source.error_at(key, message).help("add it to a copy of the profile, with its source, or leave this out")
}

pub(super) fn edge(scenario: &Scenario, device: &DeviceProfile, source: &Source) -> Result<EdgeDevice, Diagnostic> {
    let fleet = &scenario.fleet;
    let sleep_after = fleet.sleep_after_ms.as_ref();
    let standby = device.standby(sleep_after.map(|ms| value(ms) * 1e-3)).map_err(|quantity| match sleep_after {
        Some(key) => lacks(key, &fleet.profile, quantity, source),
        None => lacks(&fleet.profile, &fleet.profile, quantity, source),
    })?;
    let (levels, governor) = speed(scenario);
    Ok(EdgeDevice {
        standby,
        levels,
        governor,
        queue_capacity: fleet.queue_capacity.as_ref().map(value),
        when_full: match fleet.when_full {
            scenario::WhenFull::DropNewest => DropPolicy::Newest,
            scenario::WhenFull::DropOldest => DropPolicy::Oldest,
        },
        battery_joules: fleet.battery_j.as_ref().map(value),
        design: design(scenario),
        exit_entropy: fleet.exit_entropy.as_ref().map(value),
        ..EdgeDevice::plain(device.processor(), device.static_watts())
    })
}

fn speed(scenario: &Scenario) -> (Vec<SpeedLevel>, Governor) {
    let levels = scenario.fleet.speed.iter().map(Spanned::get_ref);
    let factors = |l: &scenario::SpeedLevel| SpeedLevel {
        rate_factor: value(&l.rate_factor),
        power_factor: value(&l.power_factor),
    };
    let thresholds: Vec<u32> = levels.clone().skip(1).map(|level| value(&level.from_waiting)).collect();
    match levels.map(factors).collect::<Vec<_>>() {
        none if none.is_empty() => (vec![SpeedLevel::NOMINAL], Governor::Fixed { level: 0 }),
        one if one.len() == 1 => (one, Governor::Fixed { level: 0 }),
        several => (several, Governor::ByQueue { thresholds }),
    }
}

/// Design 0 is the network's own cut, design `i` the `i`-th alternative.
fn design(scenario: &Scenario) -> DesignChoice {
    let Some(switching) = scenario.fleet.switching.as_ref().map(Spanned::get_ref) else {
        return DesignChoice::Fixed { design: 0 };
    };
    let own = DesignThreshold { from_bits_per_second: 0.0, design: 0 };
    let others = scenario.network.alternative.iter().zip(1..).map(|(alternative, design)| DesignThreshold {
        from_bits_per_second: value(&alternative.get_ref().from_mbps) * 1e6,
        design,
    });
    DesignChoice::ByRate {
        smoothing: value(&switching.smoothing),
        initial_bits_per_second: value(&switching.initial_mbps) * 1e6,
        designs: std::iter::once(own).chain(others).collect(),
    }
}

pub(super) fn link(scenario: &Scenario, profile: &LinkProfile, source: &Source) -> Result<Link, Diagnostic> {
    let section = &scenario.link;
    let radio = radio(section, profile, source)?;
    let or = |given: &Option<Spanned<f64>>, profile: f64| given.as_ref().map_or(profile, value);
    Ok(Link {
        uplink: rate(section, profile, source)?,
        propagation_seconds: or(&section.propagation_ms, profile.propagation.get()) * 1e-3,
        jitter_seconds: or(&section.jitter_ms, 0.0) * 1e-3,
        header_bytes: profile.header.get() as u32, // checked to be a whole number of 32 bits
        channel: Channel {
            packet_loss: packet_loss(section, profile),
            bit_error_probability: or(&section.bit_error, 0.0),
            bit_erasure_probability: or(&section.bit_erasure, 0.0),
        },
        transport: transport(section),
        sharing: match section.sharing {
            scenario::Sharing::Dedicated => Sharing::Dedicated,
            scenario::Sharing::Cell => Sharing::Cell,
            scenario::Sharing::SharedCell => {
                Sharing::SharedCell { weights: section.weights.iter().map(value).collect() }
            }
        },
        radio,
        ..Link::plain(profile.uplink.get() * 1e6, profile.downlink.get() * 1e6, radio.power)
    })
}

fn radio(section: &LinkSection, profile: &LinkProfile, source: &Source) -> Result<Radio, Diagnostic> {
    let radio = profile.radio();
    let Some(key) = &section.wake_up else { return Ok(radio) };
    let schedule = key.get_ref();
    let (duty, tries) = (value(&schedule.duty), value(&schedule.tries));
    let (period, retry) = (value(&schedule.period_ms) * 1e-3, value(&schedule.retry_ms) * 1e-3);
    let standby = profile.asleep(duty, period, tries, retry);
    let standby = standby.map_err(|quantity| lacks(key, &section.profile, quantity, source))?;
    Ok(Radio { standby, ..radio })
}

fn rate(section: &LinkSection, profile: &LinkProfile, source: &Source) -> Result<Rate, Diagnostic> {
    if let Some(trace) = &section.rate_trace {
        let (steps, period_seconds) = traces::rates(trace, source)?;
        return Ok(Rate::Steps { steps: steps.into(), period_seconds });
    }
    if let Some(trace) = &section.mahimahi_trace {
        return Ok(Rate::Opportunities { milliseconds: traces::opportunities(trace, source)?.into() });
    }
    let mbps = section.uplink_mbps.as_ref().map_or(profile.uplink.get(), value);
    Ok(Rate::Constant { bits_per_second: mbps * 1e6 })
}

fn packet_loss(section: &LinkSection, profile: &LinkProfile) -> PacketLoss {
    match section.bursts.as_ref().map(Spanned::get_ref) {
        Some(bursts) => PacketLoss::GilbertElliott {
            mean_good_seconds: value(&bursts.mean_good_ms) * 1e-3,
            mean_bad_seconds: value(&bursts.mean_bad_ms) * 1e-3,
            good_probability: value(&bursts.good_loss),
            bad_probability: value(&bursts.bad_loss),
        },
        None => PacketLoss::Independent {
            probability: section.packet_loss.as_ref().map_or(profile.packet_loss.get(), value),
        },
    }
}

fn transport(section: &LinkSection) -> Transport {
    if let Some(retransmit) = section.retransmit.as_ref().map(Spanned::get_ref) {
        let timeout_seconds = value(&retransmit.timeout_ms) * 1e-3;
        return Transport::Retransmit { timeout_seconds, tries: value(&retransmit.tries) };
    }
    section.repeat.as_ref().map_or(Transport::Datagram, |copies| Transport::Repeat { copies: value(copies) })
}

pub(super) fn cloud(scenario: &Scenario, profile: &CloudProfile) -> Cloud {
    let section = &scenario.cloud;
    Cloud {
        order: match section.order {
            scenario::Order::FirstCome => Order::FirstCome,
            scenario::Order::EarliestDeadline => Order::EarliestDeadline,
        },
        batching: section.batching.as_ref().map_or(Batching::NONE, |b| batching(b.get_ref())),
        scaling: section.autoscaling.as_ref().map(|scaling| autoscaling(scaling.get_ref())),
        power: profile.power(),
        exit_entropy: section.exit_entropy.as_ref().map(value),
        ..Cloud::plain(
            value(&section.servers),
            profile.processor(),
            profile.answer.get() as u32, // checked to be a whole number of 32 bits
        )
    }
}

fn batching(section: &scenario::Batching) -> Batching {
    let milliseconds = |time: &Option<Spanned<f64>>| time.as_ref().map_or(0.0, value) * 1e-3;
    Batching {
        max_size: value(&section.max_size),
        max_wait_seconds: value(&section.max_wait_ms) * 1e-3,
        time: match &section.marginal_cost {
            Some(cost) => BatchTime::Counts { marginal_cost: value(cost) },
            None => BatchTime::Linear {
                fixed_seconds: milliseconds(&section.fixed_ms),
                item_seconds: milliseconds(&section.item_ms),
            },
        },
    }
}

fn autoscaling(section: &scenario::Autoscaling) -> Autoscaling {
    Autoscaling {
        min_servers: value(&section.min_servers),
        max_servers: value(&section.max_servers),
        up_above: value(&section.up_above),
        down_below: value(&section.down_below),
        period_seconds: value(&section.period_s),
        startup_seconds: value(&section.startup_s),
    }
}
