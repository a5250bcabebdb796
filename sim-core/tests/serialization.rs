//! Systems and price lists are plain data: they survive JSON exactly, and unknown keys are refused.

use cospike_sim_core::cloud::{Autoscaling, BatchTime, Batching, Cloud, CloudPower, EarlyExit, ExitAt, Order};
use cospike_sim_core::compute::Processor;
use cospike_sim_core::cosim::System;
use cospike_sim_core::edge::{
    DesignChoice, DesignThreshold, DropPolicy, EdgeDevice, Governor, Sleep, SpeedLevel, Standby,
};
use cospike_sim_core::energy::{Form, PriceList, Unit};
use cospike_sim_core::link::{
    Channel, Frame, Link, PacketLoss, Radio, RadioPower, Rate, RateStep, Sharing, Standby as RadioStandby, Transport,
    WakeUpRadio,
};
use cospike_sim_core::payload::{Codec, Missing, Packetise};
use cospike_sim_core::workload::{ArrivalProcess, SampleOrder, TraceArrival, Workload};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

fn read_back<T: Serialize + DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

fn assert_survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    assert_eq!(&read_back(value), value);
}

/// A system that uses every optional part, with numbers that no short decimal fraction equals.
fn system() -> System {
    let processor = Processor {
        ac_per_second: 1e9 / 3.0,
        mac_per_second: 2e8 / 7.0,
        neuron_updates_per_second: 0.1 + 0.2,
        overhead_seconds: 1e-4 / 3.0,
    };
    let wake_up = WakeUpRadio {
        watts: 1e-4,
        duty: 1.0 / 3.0,
        period_seconds: 0.1,
        signal_seconds: 0.01,
        miss_probability: 0.05,
        tries: 3,
        retry_seconds: 0.2,
        false_alarms_per_second: 1.0 / 7.0,
    };
    System {
        devices: 3,
        edge: EdgeDevice {
            standby: Standby {
                idle_watts: 0.1,
                computing_watts: 0.1,
                sleep: Some(Sleep { after_seconds: 0.5, watts: 0.01, wake_seconds: 0.02, wake_watts: 0.3 }),
            },
            levels: vec![SpeedLevel { rate_factor: 1.0 / 3.0, power_factor: 0.32 }, SpeedLevel::NOMINAL],
            governor: Governor::ByQueue { thresholds: vec![2] },
            queue_capacity: Some(4),
            when_full: DropPolicy::Oldest,
            battery_joules: Some(10.0 / 3.0),
            design: DesignChoice::ByRate {
                smoothing: 0.3,
                initial_bits_per_second: 1e6 / 3.0,
                designs: vec![DesignThreshold { from_bits_per_second: 0.0, design: 1 }],
            },
            exit_entropy: Some(0.2),
            measured_watts: Some(0.1 / 3.0),
            ..EdgeDevice::plain(processor, 0.7)
        },
        link: Link {
            uplink: Rate::Steps {
                steps: vec![RateStep { seconds: 0.0, bits_per_second: 1e6 / 7.0 }].into(),
                period_seconds: Some(10.0),
            },
            downlink_bits_per_second: 1e7 / 3.0,
            propagation_seconds: 0.01,
            jitter_seconds: 0.001,
            header_bytes: 28,
            frame: Frame { overhead_seconds: 1.7e-4, header_bytes: 39, sent_joules: 1e-4 / 3.0 },
            grant_seconds: 0.018,
            channel: Channel {
                packet_loss: PacketLoss::GilbertElliott {
                    mean_good_seconds: 0.9,
                    mean_bad_seconds: 0.1,
                    good_probability: 0.0,
                    bad_probability: 1.0 / 3.0,
                },
                bit_error_probability: 1e-6,
                bit_erasure_probability: 1e-7,
                peak_snr_db: Some(20.0 / 3.0),
            },
            transport: Transport::Retransmit { timeout_seconds: 0.1, tries: 3 },
            sharing: Sharing::SharedCell { weights: vec![1.0, 2.0 / 3.0] },
            radio: Radio {
                power: RadioPower { up_watts_per_mbps: 0.4, down_watts_per_mbps: 0.05, active_watts: 1.3 },
                promotion_seconds: 0.26,
                promotion_watts: 1.2,
                tail_seconds: 11.5,
                tail_watts: 1.0,
                standby: RadioStandby::Asleep { watts: 1e-3, wake_up },
            },
        },
        cloud: Cloud {
            order: Order::EarliestDeadline,
            batching: Batching {
                max_size: 8,
                max_wait_seconds: 0.01,
                time: BatchTime::Linear { fixed_seconds: 0.01, item_seconds: 1e-3 / 3.0 },
            },
            scaling: Some(Autoscaling {
                min_servers: 1,
                max_servers: 5,
                up_above: 2.5,
                down_below: 0.5,
                period_seconds: 1.0,
                startup_seconds: 0.5,
            }),
            power: CloudPower { idle_watts: 30.0, busy_watts: 70.0 },
            exit: Some(EarlyExit { entropy: 0.1, at: ExitAt::Edge }),
            ..Cloud::plain(2, processor, 4)
        },
        workload: Workload {
            arrivals: ArrivalProcess::Trace(vec![TraceArrival { seconds: 1.0 / 3.0, device: 2 }].into()),
            samples: SampleOrder::DeviceDeck,
            requests: u64::MAX,
            horizon_seconds: Some(100.0 / 3.0),
            warmup: 5,
            deadlines_seconds: vec![0.1, 0.3],
        },
        starvation_seconds: Some(60.0),
    }
}

#[test]
fn a_system_survives_json_exactly() {
    let system = system();
    assert_survives(&system);
    for rate in [Rate::Constant { bits_per_second: 0.1 }, Rate::Opportunities { milliseconds: vec![1, 1, 5].into() }] {
        assert_survives(&rate);
    }
    let codecs = [Codec::Spikes, Codec::Graded { max: 3 }, Codec::Levels { levels: 4 }, Codec::Counts { max: 3 }];
    for codec in codecs.into_iter().chain([Codec::Jpeg { quality: 20 }, Codec::Float32, Codec::Pixels8, Codec::Symbols])
    {
        assert_survives(&codec);
    }
    assert_survives(&(
        Packetise::Message,
        Packetise::Step,
        Missing::Zero,
        Missing::Middle,
        Missing::Last,
        Missing::DropStep,
    ));
}

#[test]
fn unknown_keys_are_refused() {
    let mut json = serde_json::to_value(system()).unwrap();
    json["cloud"]["batching"]["max_sise"] = 3.into();
    let error = serde_json::from_value::<System>(json).unwrap_err().to_string();
    assert!(error.contains("unknown field `max_sise`, expected one of `max_size`"), "{error}");
    let error = serde_json::from_str::<Rate>(r#"{"constant": {"bits_per_second": 1.0, "bps": 2}}"#).unwrap_err();
    assert!(error.to_string().contains("unknown field `bps`"), "{error}");
}

#[test]
fn a_form_has_the_same_name_in_json_as_in_price_lists() {
    for form in Form::ALL {
        assert_eq!(serde_json::to_value(form).unwrap(), form.name());
        let list = PriceList::new(form, |_| Some(1.0)).unwrap();
        let json = serde_json::to_value(list).unwrap();
        assert!(json.get(form.name()).is_some(), "{json}");
    }
    assert!(Form::deserialize(serde_json::json!("lemaire2022")).is_err());
}

proptest! {
    /// Bit for bit, whatever the prices are.
    #[test]
    fn a_price_list_survives_json_exactly(values in prop::collection::vec(0.0_f64..1e6, 16), unpriced: bool) {
        for form in Form::ALL {
            let value = |key| {
                let index = form.keys().iter().position(|priced| priced.key == key)?;
                // A switch is 0 or 1, and a width is above 0.
                let value = match form.keys()[index].unit {
                    Unit::Switch => f64::from(u8::from(unpriced)),
                    _ => 1.0 + values[index],
                };
                Some(value).filter(|_| !(unpriced && form.keys()[index].may_be_unpriced))
            };
            let list = PriceList::new(form, value).unwrap();
            prop_assert_eq!(read_back(&list), list);
        }
    }
}
