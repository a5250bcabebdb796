//! The zoo: what it offers, and what it says of what it does not have.

mod random_zoo;

use cospike_models::zoo::{NetworkChoice, PLAIN, UnitChoice, Zoo, ZooError};
use cospike_sim_core::network::{BottleneckKind, Family};
use cospike_sim_core::split::HeadOutput;
use random_zoo::random_zoo;
use std::borrow::Cow;

fn choice(family: Family, split: &str, width: Option<u32>) -> NetworkChoice {
    let unit =
        width.map(|width| UnitChoice { kind: BottleneckKind::default_for(family), variant: PLAIN.into(), width });
    NetworkChoice {
        backbone: "resnet14".into(),
        family,
        split: split.into(),
        unit,
        codec: None,
        time_steps: None,
        readout: None,
    }
}

#[test]
fn every_shipped_weight_file_makes_a_network() {
    let zoo = Zoo::shipped().unwrap();
    for file in zoo.weight_files() {
        let wanted = zoo.choice(&file.name).unwrap();
        let made = zoo.network(&wanted).unwrap_or_else(|error| panic!("{}: {error}", file.name));
        assert!(made.files.contains(&(file.name.clone(), file.blake3.clone())));
        assert_eq!(made.network.steps() as u32, file.metadata.time_steps);
    }
}

#[test]
fn what_the_zoo_does_not_have_is_named_with_what_it_has() {
    let zoo = random_zoo();
    let error = zoo.network(&choice(Family::Float, "stage2", Some(5))).unwrap_err();
    let ZooError::UnknownUnit { unit, known, .. } = error else { panic!("{error}") };
    let same_kind = known.iter().filter(|other| other.kind == unit.kind).map(|other| other.width);
    assert_eq!((same_kind.collect::<Vec<_>>(), known.len()), (vec![2, 4, 8], 9));
    let error = zoo.network(&choice(Family::Float, "stage9", None)).unwrap_err();
    assert!(error.to_string().contains("stage9"));
    let empty = Zoo::from_files([]).unwrap();
    let error = empty.network(&choice(Family::Spiking, "stage2", None)).unwrap_err();
    assert!(matches!(error, ZooError::UnknownBackbone { known, .. } if known.is_empty()));
    let broken = Zoo::from_files([("broken".to_string(), Cow::Borrowed(&b"no weights"[..]))]);
    assert!(matches!(broken, Err(ZooError::File { path, .. }) if path == "broken"));
}

/// A file's metadata say which of the units at a split point it is; each is found by that, and none by another's.
#[test]
fn every_unit_is_chosen_by_kind_variant_and_width() {
    let zoo = random_zoo();
    let files: Vec<_> = zoo.weight_files().iter().filter(|file| file.metadata.unit.is_some()).collect();
    assert_eq!(files.len(), 3 * 9 + 3);
    for file in files {
        let network = zoo.network(&zoo.choice(&file.name).unwrap()).unwrap();
        assert_eq!(network.files[1], (file.name.clone(), file.blake3.clone()));
    }
    let unit = UnitChoice { kind: BottleneckKind::Binary, variant: PLAIN.into(), width: 4 };
    let binary = NetworkChoice { unit: Some(unit), ..choice(Family::Float, "stage3", None) };
    // 4 channels of 2x2, each value in one bit, once.
    let head = zoo.network(&binary).unwrap().network.head(&[100; 784]).unwrap();
    assert!(matches!(head.output, HeadOutput::Payload(payload) if payload.bytes.len() == 2));
    // As many values of 4 levels, which have three bits, once.
    let quantised = zoo.network(&choice(Family::Quantised, "stage3", Some(4))).unwrap();
    assert_eq!((quantised.network.steps(), quantised.matched_steps), (1, Some(4)));
    let head = quantised.network.head(&[100; 784]).unwrap();
    assert!(matches!(head.output, HeadOutput::Payload(payload) if payload.bytes.len() == 6));
}

#[test]
fn twins_are_found_by_the_name_of_any_of_them() {
    let zoo = random_zoo();
    for name in ["resnet14-stage2-w4", "resnet14-spiking-stage2-w4", "resnet14-quantised-stage2-w4"] {
        let twins = zoo.twins(name).unwrap();
        let families = [twins.spiking, twins.float, twins.quantised.unwrap()].map(|choice| choice.family);
        assert_eq!(families, Family::ALL, "{name}");
    }
    assert_eq!(zoo.twins("resnet14-stage3-w4-binary").map_err(|error| error.to_string().is_empty()), Err(false));
}
