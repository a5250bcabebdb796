//! A plan that is made in code, without any scenario file.

mod failures;
mod parts;
mod shares;
mod streaming;
mod symbols;
mod time_line;

use crate::error::StudyError;
use crate::keys::{INFERENCE_SCHEMA, SIMULATION_SCHEMA};
use crate::plan::{
    DesignPoint, NamedPrices, PLAN_SCHEMA, Packets, Parameters, Plan, PlanError, PlannedNetwork, ProfileNames,
    Provenance, SampleSet,
};
use crate::study::Study;
use cospike_models::dataset::Dataset;
use cospike_models::zoo::{NetworkChoice, PLAIN, UnitChoice, Zoo};
use cospike_results::index::{NetworkIndex, PointIndex, PriceIndex};
use cospike_results::key::ContentKey;
use cospike_results::manifest::FileUsed;
use cospike_results::store::entries::{Entries, Listed, Location, entry_key};
use cospike_sim_core::cloud::Cloud;
use cospike_sim_core::compute::Processor;
use cospike_sim_core::cosim::System;
use cospike_sim_core::edge::EdgeDevice;
use cospike_sim_core::energy::{Form, PriceList};
use cospike_sim_core::inference::Convention;
use cospike_sim_core::link::{Link, RadioPower};
use cospike_sim_core::network::{BottleneckKind, Family, Readout};
use cospike_sim_core::payload::{Missing, Packetise};
use cospike_sim_core::record::Record;
use cospike_sim_core::workload::{ArrivalProcess, SampleOrder, Workload};
use std::num::NonZeroUsize;

const SAMPLES: u32 = 20;

/// Two devices that send what a bottleneck unit of width 2 behind stage 3 of the spiking ResNet emits.
pub(crate) fn plan(zoo: &Zoo, dataset: &Dataset) -> Plan {
    let unit = UnitChoice { kind: BottleneckKind::Spiking, variant: PLAIN.into(), width: 2 };
    let choice = NetworkChoice {
        backbone: "resnet14".into(),
        family: Family::Spiking,
        split: "stage3".into(),
        unit: Some(unit),
        codec: None,
        time_steps: Some(4),
        readout: None,
    };
    let files = zoo.network(&choice).unwrap().files;
    let processor =
        Processor { ac_per_second: 1e9, mac_per_second: 1e9, neuron_updates_per_second: 1e9, overhead_seconds: 1e-5 };
    let power = RadioPower { up_watts_per_mbps: 0.3, down_watts_per_mbps: 0.1, active_watts: 0.1 };
    let system = System {
        devices: 2,
        edge: EdgeDevice::plain(processor, 0.01),
        link: Link::plain(1e6, 1e6, power),
        cloud: Cloud::plain(1, processor, 4),
        workload: Workload {
            arrivals: ArrivalProcess::Poisson { requests_per_second: 50.0 },
            samples: SampleOrder::FleetDeck,
            requests: 40,
            horizon_seconds: None,
            warmup: 0,
            deadlines_seconds: vec![],
        },
        starvation_seconds: None,
    };
    Plan {
        schema: PLAN_SCHEMA,
        name: "by-hand".into(),
        seed: 7,
        replications: 2,
        precision: None,
        decision: None,
        prices: vec![NamedPrices {
            name: "unit".into(),
            list: PriceList::new(Form::Operations, |_| Some(1e-12)).unwrap(),
        }],
        networks: vec![PlannedNetwork {
            choice,
            weights: files.into_iter().map(|(name, blake3)| FileUsed::new(name, blake3)).collect(),
            matched_steps: Some(4),
            stepwise: false,
            samples: SampleSet { dataset: "images".into(), blake3: dataset.blake3(), count: SAMPLES },
        }],
        points: vec![DesignPoint {
            label: "w2".into(),
            parameters: Parameters::default(),
            profiles: ProfileNames { device: "device".into(), link: "link".into(), cloud: "cloud".into() }.into(),
            system: system.into(),
            packets: Packets { packetise: Packetise::Message, payload_bytes: NonZeroUsize::new(1_000).unwrap() },
            missing: Missing::Zero,
            prices: Some(PriceIndex(0)),
            cloud_prices: None,
            convention: Convention::Inside,
            cloud_convention: Convention::Inside,
            designs: vec![NetworkIndex(0)],
            local: None,
        }],
        provenance: Provenance::default(),
    }
}

/// The plan above with its network and samples.
pub(crate) fn study() -> Study {
    let (zoo, dataset) = (Zoo::shipped().unwrap(), Dataset::fashion_mnist_test().unwrap());
    Study::new(plan(&zoo, &dataset), &zoo, [dataset]).unwrap()
}

#[test]
fn a_plan_that_was_written_as_json_gives_the_same_results() {
    let (zoo, dataset) = (Zoo::shipped().unwrap(), Dataset::fashion_mnist_test().unwrap());
    let plan = plan(&zoo, &dataset);
    let text = serde_json::to_string(&plan).unwrap();
    let read: Plan = serde_json::from_str(&text).unwrap();
    assert_eq!(read, plan);
    let results = study().run(None, &|_| ()).unwrap();
    assert_eq!(Study::new(read, &zoo, [dataset]).unwrap().run(None, &|_| ()).unwrap(), results);
    // 40 requests deal the 20 samples twice each, and nothing is lost.
    let correct = u64::from(results.points[0].correct.unwrap());
    assert!(correct >= 15, "the shipped network answers most of {SAMPLES} images");
    assert!(results.replications.iter().all(|row| row.requests.completed == 40 && row.requests.correct == 2 * correct));
}

#[test]
fn invariant_14_content_decides_and_not_names() {
    let (zoo, dataset) = (Zoo::shipped().unwrap(), Dataset::fashion_mnist_test().unwrap());
    let mut plan = plan(&zoo, &dataset);
    plan.networks[0].weights[1].name = "renamed".into();
    plan.networks[0].samples.dataset = "renamed".into();
    assert!(Study::new(plan.clone(), &zoo, [dataset.clone()]).is_ok(), "names are for people");
    let mut other = dataset.clone();
    other.labels[0] ^= 1;
    let error = Study::new(plan.clone(), &zoo, [other]).unwrap_err();
    assert!(matches!(error, StudyError::NoDataset { .. }), "{error}");
    plan.networks[0].weights[1].blake3 = plan.networks[0].weights[0].blake3.clone();
    let error = Study::new(plan, &zoo, [dataset]).unwrap_err();
    assert!(matches!(&error, StudyError::OtherWeights { network, .. } if network.ends_with("renamed")), "{error}");
}

/// Whatever a Rust user writes into a plan is refused with a reason, and never panics.
#[test]
fn a_plan_that_cannot_be_executed_says_why() {
    type Breakage = (fn(&mut Plan), fn(&PlanError) -> bool);
    let broken: [Breakage; 10] = [
        (
            |plan| {
                let negative = r#"{"operations":{"ac":-1.0,"mac":0.0,"neuron_update":0.0}}"#;
                plan.prices[0].list = serde_json::from_str(negative).unwrap();
            },
            |error| matches!(error, PlanError::Price { name, .. } if name == "unit"),
        ),
        (|plan| plan.schema = 0, |error| matches!(error, PlanError::Schema { found: 0 })),
        (|plan| plan.name = "../x".into(), |error| matches!(error, PlanError::Name { .. })),
        (|plan| plan.replications = 0, |error| matches!(error, PlanError::Nothing { what: "replications" })),
        (|plan| plan.points.clear(), |error| matches!(error, PlanError::Nothing { what: "design points" })),
        (|plan| plan.points[0].designs.clear(), |error| matches!(error, PlanError::Designs { designs: 0, .. })),
        (
            |plan| plan.points[0].prices = Some(PriceIndex(1)),
            |error| matches!(error, PlanError::Index { index: 1, .. }),
        ),
        (
            |plan| plan.points[0].local = Some(NetworkIndex(9)),
            |error| matches!(error, PlanError::Index { what: "network", index: 9, len: 1, .. }),
        ),
        (
            |plan| plan.points.push(plan.points[0].clone()),
            |error| matches!(error, PlanError::Label { first: 0, second: 1, label } if label == "w2"),
        ),
        (|plan| plan.points[0].system.devices = 0, |error| matches!(error, PlanError::Value { point: 0, .. })),
    ];
    let (zoo, dataset) = (Zoo::shipped().unwrap(), Dataset::fashion_mnist_test().unwrap());
    for (number, (break_it, is_expected)) in broken.into_iter().enumerate() {
        let mut plan = plan(&zoo, &dataset);
        assert_eq!(plan.check(), Ok(()));
        break_it(&mut plan);
        let error = plan.check().unwrap_err();
        assert!(is_expected(&error), "{number}: {error}");
    }
}

/// A store in `folder` in which nothing is damaged.
fn open(folder: &std::path::Path) -> Entries {
    Entries::open(&Location::Folder(folder.into()), |damage| panic!("{damage}")).unwrap()
}

#[test]
fn invariant_13_what_was_finished_is_found_again_and_only_what_is_new_is_added() {
    let (zoo, dataset) = (Zoo::shipped().unwrap(), Dataset::fashion_mnist_test().unwrap());
    let place = tempfile::tempdir().unwrap();
    let store = open(place.path());
    let run = |plan: Plan| Study::new(plan, &zoo, [dataset.clone()]).unwrap().run(Some(&store), &|_| ()).unwrap();
    let first = plan(&zoo, &dataset);
    let results = run(first.clone());
    assert_eq!(results, study().run(None, &|_| ()).unwrap(), "a store changes no result");
    let stored = store.keys().unwrap();
    assert_eq!(stored.len(), 2 + 2, "an inference, its summary and two replications");
    assert_eq!(run(first.clone()), results);
    let mut renamed = first.clone();
    renamed.points[0].label = "another label".into();
    renamed.networks[0].weights[1].name = "renamed".into();
    assert_eq!(run(renamed).replications, results.replications);
    assert_eq!(store.keys().unwrap(), stored, "nothing was new");
    let mut dearer = first.clone();
    dearer.prices[0].list = PriceList::new(Form::Operations, |_| Some(2e-12)).unwrap();
    dearer.replications = 3;
    run(dearer);
    assert_eq!(store.keys().unwrap().len(), stored.len() + 3, "other prices need no other inference");
    // An interrupted study goes on where it was, whatever is missing.
    for kept in stored {
        let others = |listed: &Listed| entry_key(&listed.name) != Some(kept);
        store.list().unwrap().iter().filter(|listed| others(listed)).for_each(|listed| store.remove(listed).unwrap());
        assert_eq!(run(first.clone()), results);
    }
}

#[test]
fn invariant_14_every_value_that_matters_is_part_of_the_key() {
    let (zoo, dataset) = (Zoo::shipped().unwrap(), Dataset::fashion_mnist_test().unwrap());
    let plan = plan(&zoo, &dataset);
    let keys = |plan: &Plan| {
        let (inference, point) = (plan.inference_key(NetworkIndex(0)), plan.point_key(PointIndex(0)));
        (inference.unwrap(), point.unwrap())
    };
    let (inference, point) = keys(&plan);
    /// Name, whether the inference depends on it, and the change.
    type Change = (&'static str, bool, fn(&mut Plan));
    let changes: [Change; 12] = [
        ("weights", true, |plan| plan.networks[0].weights[1].blake3.push('0')),
        ("samples", true, |plan| plan.networks[0].samples.count -= 1),
        ("unit", true, |plan| plan.networks[0].choice.unit.as_mut().unwrap().width = 4),
        ("time steps", true, |plan| plan.networks[0].choice.time_steps = Some(2)),
        ("readout", true, |plan| plan.networks[0].choice.readout = Some(Readout::Last)),
        ("seed", false, |plan| plan.seed += 1),
        ("link", false, |plan| plan.points[0].system.link.propagation_seconds = 1e-9),
        ("packets", false, |plan| plan.points[0].packets.packetise = Packetise::Step),
        ("cloud prices", false, |plan| plan.points[0].cloud_prices = Some(PriceIndex(0))),
        ("zeros at the edge", false, |plan| plan.points[0].convention = Convention::NonZero),
        ("zeros in the cloud", false, |plan| plan.points[0].cloud_convention = Convention::NonZero),
        ("matched steps", false, |plan| plan.networks[0].matched_steps = None),
    ];
    for (what, is_of_the_inference, change) in changes {
        let mut other = plan.clone();
        change(&mut other);
        let (other_inference, other_point) = keys(&other);
        assert_eq!(other_inference != inference, is_of_the_inference, "{what}");
        assert_ne!(other_point, point, "{what}");
    }
}

/// Who changes a number of an equal plan has to raise [`INFERENCE_SCHEMA`] or [`SIMULATION_SCHEMA`], or stored pieces of an older
/// version would pass for new ones. Then the hash here changes with it.
#[test]
fn invariant_14_numbers_change_with_the_schemas_only() {
    let study = study();
    let hash = |text: String| ContentKey::from_json("numbers of the test study", &text).unwrap().to_string();
    let inference = hash(format!("{:?}", study.infer(&study.networks[0], &|| ()).unwrap()));
    let rows: Vec<_> = study.run(None, &|_| ()).unwrap().replications.iter().map(Record::values).collect();
    let simulation = hash(format!("{rows:?}"));
    let help = "if a number has changed on purpose, raise the schema";
    assert_eq!((INFERENCE_SCHEMA, &inference[..16]), (9, "4ef38b2894907d55"), "{help}");
    assert_eq!((SIMULATION_SCHEMA, &simulation[..16]), (12, "efa63322a39fa2fa"), "{help}");
}
