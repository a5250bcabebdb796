use crate::random_zoo::random_zoo;
use cospike_scenarios::scenario::Family;
use cospike_scenarios::zoo::{NetworkChoice, Zoo, ZooError};
use std::borrow::Cow;

fn choice(family: Family, split: &str, width: Option<u32>) -> NetworkChoice {
    NetworkChoice { backbone: "resnet14".into(), family, split: split.into(), width, time_steps: None }
}

#[test]
fn every_shipped_weight_file_makes_a_network() {
    let zoo = Zoo::shipped().unwrap();
    for entry in zoo.entries() {
        let unit = entry.metadata.unit.as_ref();
        let split = unit.map_or("output", |unit| unit.split.as_str());
        let wanted = choice(entry.metadata.family, split, unit.map(|unit| unit.width));
        let made = zoo.network(&wanted).unwrap_or_else(|error| panic!("{}: {error}", entry.name));
        assert!(made.files.contains(&(entry.name.clone(), entry.blake3.clone())));
        assert_eq!(made.network.steps() as u32, entry.metadata.time_steps);
    }
}

#[test]
fn what_the_zoo_does_not_have_is_named_with_what_it_has() {
    let zoo = random_zoo();
    let error = zoo.network(&choice(Family::Float, "stage2", Some(5))).unwrap_err();
    assert!(matches!(error, ZooError::UnknownWidth { known, .. } if known == [2, 4, 8]));
    let error = zoo.network(&choice(Family::Float, "stage9", None)).unwrap_err();
    assert!(error.to_string().contains("stage9"));
    let empty = Zoo::from_files([]).unwrap();
    let error = empty.network(&choice(Family::Spiking, "stage2", None)).unwrap_err();
    assert!(matches!(error, ZooError::UnknownBackbone { known, .. } if known.is_empty()));
    let broken = Zoo::from_files([("broken".to_string(), Cow::Borrowed(&b"no weights"[..]))]);
    assert!(matches!(broken, Err(ZooError::Format { name, .. }) if name == "broken"));
}
