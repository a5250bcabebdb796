//! What a reference may say, and what of it is refused: its metadata, and arrays of other types and with other values.

use cospike_models::import::reference::Reference;
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

const META: &str =
    r#"{"T": 4, "reset": "hard", "kind": "spiking", "v_th": 1.0, "tau": 1.9, "decay_input": false, "v_reset": 0.2}"#;

/// The members of a recorded reference.
fn members() -> BTreeMap<String, Vec<u8>> {
    let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/references/spiking_hard_reset_up.npz"));
    let mut archive = ZipArchive::new(Cursor::new(file.unwrap())).unwrap();
    let member = |index| {
        let (mut member, mut bytes) = (archive.by_index(index).unwrap(), vec![]);
        member.read_to_end(&mut bytes).unwrap();
        (member.name().unwrap().trim_end_matches(".npy").to_owned(), bytes)
    };
    (0..46).map(member).collect()
}

fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), data].concat()
}

fn text(text: &str) -> Vec<u8> {
    let letters: Vec<u8> = text.chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect();
    npy(&format!("<U{}", text.chars().count()), "()", &letters)
}

fn read(members: &BTreeMap<String, Vec<u8>>) -> Result<Reference, String> {
    let mut archive = ZipWriter::new(Cursor::new(vec![]));
    for (name, bytes) in members {
        archive.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    Reference::from_reader(archive.finish().unwrap()).map_err(|error| error.to_string())
}

/// The reference with other metadata.
fn with_meta(meta: &str) -> Result<Reference, String> {
    let mut members = members();
    members.insert("meta".into(), text(meta));
    read(&members)
}

/// What is wrong with the reference once the values of an array are changed.
fn with_array(name: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut members = members();
    change(members.get_mut(name).unwrap());
    read(&members).map(|_| ()).unwrap_err()
}

#[test]
fn keys_without_a_meaning_are_records_unless_they_look_misspelt() {
    let with = |key: &str| with_meta(&META.replace('}', &format!(r#", "{key}": 1.5}}"#)));
    assert!(with_meta(META).unwrap().compare(3).unwrap().agrees());
    for record in ["firing_rate", "seed", "framework", "note", "argmax_agree_f32_f64", "snntorch_logits_maxabs_delayF"]
    {
        assert!(with(record).unwrap().compare(3).unwrap().agrees(), "{record}");
    }
    for (key, known) in [
        ("decay_inputs", "decay_input"),
        ("v_rest", "v_reset"),
        ("V_th", "v_th"),
        ("bn_epsilon", "bn_eps"),
        ("v_initial", "v_init"),
        ("Tau", "tau"),
    ] {
        assert_eq!(with(key).unwrap_err(), format!("`{key}` in `meta` has no meaning: is it `{known}`?"));
    }
    assert_eq!(with("v_th").unwrap_err(), "`v_th` in `meta` is there twice");
}

#[test]
fn values_of_the_metadata_are_in_range() {
    let fault = |old: &str, new: &str| {
        assert!(META.contains(old));
        with_meta(&META.replace(old, new)).map(|_| ()).unwrap_err()
    };
    for (old, key, values) in [
        ("\"tau\": 1.9", "tau", &["0", "0.5", "-1", "1e300", "\"2\""][..]),
        ("\"v_th\": 1.0", "v_th", &["0.2", "-1", "1e300", "null"]),
        ("\"v_reset\": 0.2", "v_reset", &["1e39", "\"rest\""]),
        ("\"T\": 4", "T", &["0", "4.5", "-4", "10001", "1e9"]),
        ("\"decay_input\": false", "decay_input", &["0"]),
        ("\"decay_input\": false", "bn_eps", &["0", "-1e-5"]),
        ("\"decay_input\": false", "fire", &["\"h > v_th\""]),
        ("\"kind\": \"spiking\"", "kind", &["\"float\"", "1"]),
    ] {
        for value in values {
            let message = fault(old, &format!("\"{key}\": {value}"));
            assert!(message.starts_with(&format!("`{key}` in `meta` must be ")), "{key} = {value}: {message}");
        }
    }
    assert_eq!(fault("\"T\": 4", "\"T\": 3"), "array `spike_shape/blocks.0.lif1`: 4 steps instead of 3");
    assert!(fault("\"v_th\": 1.0", "\"v_th\": NaN").starts_with("array `meta`: not a JSON object"));
    for other in ["[1]", "\"text\"", "{"] {
        assert!(with_meta(other).unwrap_err().starts_with("array `meta`: not a JSON object"), "{other}");
    }
    assert!(with_meta(&"[".repeat(100_000)).unwrap_err().starts_with("array `meta`: not a JSON object"));
    assert!(with_meta(&META.replace('{', &format!("{{\"deep\": {}", "[".repeat(10_000)))).is_err());
}

/// NumPy on Windows, and versions before 2, make shapes of 32 bits.
#[test]
fn shapes_of_spikes_are_whole_numbers_of_any_type() {
    for (descr, width) in [("<i4", 4), (">i4", 4), ("<u2", 2), (">i8", 8), ("<u8", 8)] {
        let mut members = members();
        for (name, array) in members.iter_mut().filter(|(name, _)| name.starts_with("spike_shape/")) {
            let sizes = array[array.len() - 40..].as_chunks().0.iter().map(|&size| u64::from_le_bytes(size));
            let stored = sizes.flat_map(|size| match descr.starts_with('<') {
                true => size.to_le_bytes()[..width].to_vec(),
                false => size.to_be_bytes()[8 - width..].to_vec(),
            });
            let stored: Vec<u8> = stored.collect();
            assert_eq!(stored.len(), 5 * width, "{name}");
            *array = npy(descr, "(5,)", &stored);
        }
        assert!(read(&members).unwrap().compare(3).unwrap().agrees(), "{descr}");
    }
    let needed = "array `spike_shape/lif`: it must be whole numbers, but is float64 (<f8) of shape [5]";
    assert_eq!(with_array("spike_shape/lif", |array| *array = npy("<f8", "(5,)", &[0; 40])), needed);
    let negative = with_array("spike_shape/lif", |array| *array = npy("|i1", "(5,)", &[255; 5]));
    assert_eq!(negative, "array `spike_shape/lif`: [-1, -1, -1, -1, -1] is not [T, N, channels, rows, columns]");
}

#[test]
fn values_that_are_no_numbers_and_tensors_that_are_left_over_are_named() {
    let last = |name: &str, value: f32| {
        with_array(name, |array| {
            let at = array.len() - 4;
            array[at..].copy_from_slice(&value.to_le_bytes());
        })
    };
    for name in ["input", "w/conv.weight", "w/bn.running_var", "w/fc.bias", "logits_f32_TNC", "logits_mean_f32"] {
        for value in [f32::NAN, f32::INFINITY] {
            let message = last(name, value);
            assert!(message.starts_with(&format!("array `{name}`: it holds {value} at position")), "{message}");
        }
    }
    let variance = "tensor `conv.norm.running_var` holds -1 at position 19: a variance cannot be negative";
    assert_eq!(last("w/bn.running_var", -1.0), variance);
    let mut members = members();
    let variance = members.remove("w/bn.running_var").unwrap();
    assert_eq!(read(&members).unwrap_err(), "tensor `conv.norm.running_var` of shape [20] is missing");
    members.insert("w/bn.running_var".into(), variance.clone());
    members.insert("w/other.weight".into(), variance);
    assert!(read(&members).unwrap_err().starts_with("no layer of the network uses the tensors other.weight"));
}
