//! Payloads of analogue symbols, with noise that belongs to the request.

use super::*;
use cospike_models::zoo::CodecChoice;
use cospike_sim_core::link::symbol_bits;

/// The float network in the cloud, to which images go as symbols, at these ratios of signal to noise.
fn plan_of_symbols(zoo: &Zoo, dataset: &Dataset, ratios: &[f64]) -> Plan {
    let mut plan = plan(zoo, dataset);
    let choice = NetworkChoice {
        family: Family::Float,
        split: "input".into(),
        unit: None,
        codec: Some(CodecChoice::Symbols),
        time_steps: None,
        ..plan.networks[0].choice.clone()
    };
    let files = zoo.network(&choice).unwrap().files;
    plan.networks[0].weights = files.into_iter().map(|(name, blake3)| FileUsed::new(name, blake3)).collect();
    plan.networks[0].choice = choice;
    let point = plan.points.remove(0);
    for &ratio in ratios {
        let mut point = DesignPoint { label: format!("{ratio} dB"), ..point.clone() };
        point.system.link.channel.peak_snr_db = Some(ratio);
        plan.points.push(point);
    }
    plan
}

/// 784 pixels in packets of 1,000 bytes: at 20 dB each takes the time of 3.3291 bits, all of them that of 327 bytes; at 120 dB, of
/// 19.93 bits, 401 symbols fill a packet.
#[test]
fn symbols_are_sent_in_the_time_of_a_perfect_code_and_meet_noise() {
    let (zoo, dataset) = (Zoo::shipped().unwrap(), Dataset::fashion_mnist_test().unwrap());
    let run = |plan: Plan| Study::new(plan, &zoo, [dataset.clone()]).unwrap().run(None, &|_| ()).unwrap();
    let plan = plan_of_symbols(&zoo, &dataset, &[120.0, 20.0, -40.0]);
    let results = run(plan.clone());
    let of = |point: u32| results.replications.iter().filter(move |row| row.point == PointIndex(point));
    let bytes = |ratio: f64, symbols: f64| (symbols * symbol_bits(ratio) / 8.0).ceil();
    assert!(of(0).all(|row| row.payload_bytes == Some(bytes(120.0, 401.0) + bytes(120.0, 383.0))));
    assert!(of(1).all(|row| row.payload_bytes == Some(327.0)));
    // Without noise to speak of, the answers are those of the network on the images themselves; in noise a hundred times
    // as strong as the largest amplitude, those of chance: 4 of 40, and not 15.
    let correct = 2 * u64::from(results.points[0].correct.unwrap());
    assert!(correct >= 30 && of(0).all(|row| row.requests.correct == correct), "{correct}");
    assert!(of(2).all(|row| row.requests.correct < 15), "{:?}", of(2).map(|row| row.requests).collect::<Vec<_>>());
    assert_eq!(run(plan.clone()), results, "the noise is drawn from the seed");
    // A ratio in the middle shows whether every request meets noise of its own: both replications see each image twice.
    let middle = run(plan_of_symbols(&zoo, &dataset, &[3.0]));
    let found: Vec<u64> = middle.replications.iter().map(|row| row.requests.correct).collect();
    assert!(found.iter().any(|correct| correct % 2 == 1) || found[0] != found[1], "{found:?}");

    let mut silent = plan;
    silent.points[1].system.link.channel.peak_snr_db = None;
    assert_eq!(silent.check(), Err(PlanError::Noise { point: 1 }));
}
