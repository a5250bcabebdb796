//! Files made from a line of text.
//!
//! | line | file |
//! |---|---|
//! | `npz FILE NAME=TYPE[SIZES]:VALUES ...` | an archive of arrays; values are repeated until the array is full; `TYPE/F` is in Fortran order |
//! | `npy FILE TYPE[SIZES]:VALUES` | one array |
//! | `idx FILE HEADER,...:VALUES` | bytes, of which the header's numbers after the first four are big-endian u32 |
//! | `text FILE WORDS` | a text, `\n` and `\0` as in Rust |
//! | `copy FILE FROM` | a file of this repository |
//! | `cut FILE LENGTH`, `flip FILE AT`, `append FILE WORDS`, `gzip FILE` | the file without its end, with a byte inverted (`-1` is the last), with more behind, compressed |
//! | `metadata FILE KEY=VALUE`, `metadata FILE KEY` | a weight file with another metadata value, or without it |
//! | `rename FILE TENSOR NEW`, `poke FILE TENSOR VALUE` | with a tensor of another name, with another first value |
//! | `nir FILE NODE... EDGE...` | a network: `NAME:TYPE:KEY=[SIZES]:VALUES;...`, and `FROM>TO` |
//! | `scenario FILE` | `tests/data/small.toml`, without its sweep |
//! | `change FILE FROM => TO` | the text with a part replaced |

use flate2::Compression;
use flate2::write::GzEncoder;
use hdf5_pure::FileBuilder;
use serde_json::Value;
use std::io::{Cursor, Write};
use std::path::Path;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Takes the step that `line` describes.
pub(crate) fn take(line: &str, folder: &Path) {
    let (verb, rest) = line.split_once(' ').unwrap();
    let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let old = || std::fs::read(&path).unwrap_or_else(|error| panic!("{line}: {error}"));
    let bytes = match verb {
        "npz" => npz(rest),
        "npy" => npy(rest),
        "idx" => idx(rest),
        "text" => words(rest),
        "copy" => std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(rest)).unwrap(),
        "cut" => old()[..rest.parse().unwrap()].to_vec(),
        "flip" => flipped(old(), rest.parse().unwrap()),
        "append" => [old(), words(rest)].concat(),
        "gzip" => gzip(&old()),
        "metadata" => metadata(&old(), rest),
        "rename" => renamed(&old(), rest.split_once(' ').unwrap()),
        "poke" => poked(&old(), rest.split_once(' ').unwrap()),
        "nir" => nir(rest),
        "scenario" => include_str!("../data/small.toml").split("[sweep]").next().unwrap().into(),
        "change" => changed(String::from_utf8(old()).unwrap(), rest.split_once(" => ").unwrap()).into(),
        _ => panic!("no step is called {verb}"),
    };
    std::fs::write(path, bytes).unwrap();
}

fn words(text: &str) -> Vec<u8> {
    text.replace("\\n", "\n").replace("\\0", "\0").into_bytes()
}

fn changed(text: String, (from, to): (&str, &str)) -> String {
    let (from, to) = (from.replace("\\n", "\n"), to.replace("\\n", "\n"));
    assert!(text.contains(&from), "{from} is not in {text}");
    text.replace(&from, &to)
}

fn flipped(mut bytes: Vec<u8>, at: isize) -> Vec<u8> {
    let at = if at < 0 { bytes.len() - at.unsigned_abs() } else { at as usize };
    bytes[at] ^= 0xff;
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(vec![], Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Sizes and values of `[SIZES]:VALUES`, values repeated as often as the sizes need.
fn array(text: &str) -> (Vec<usize>, impl Iterator<Item = f64>) {
    let (sizes, values) = text.strip_prefix('[').unwrap().split_once("]:").unwrap();
    let sizes: Vec<usize> =
        sizes.split(',').filter(|size| !size.is_empty()).map(|size| size.parse().unwrap()).collect();
    let values: Vec<f64> = values.split(',').map(|value| value.parse().unwrap()).collect();
    let count = sizes.iter().product();
    (sizes, values.into_iter().cycle().take(count))
}

fn npy(text: &str) -> Vec<u8> {
    let at = text.find('[').unwrap();
    let (kind, order) = text[..at].strip_suffix("/F").map_or((&text[..at], "False"), |kind| (kind, "True"));
    let (sizes, values) = array(&text[at..]);
    let data: Vec<u8> = values.flat_map(|value| stored(kind, value)).collect();
    let sizes: String = sizes.iter().map(|size| format!("{size}, ")).collect();
    let header = format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': ({sizes}), }}\n");
    [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), &data].concat()
}

fn stored(kind: &str, value: f64) -> Vec<u8> {
    match kind {
        "|u1" | "|b1" | "|O" => vec![value as u8],
        "|i1" => vec![value as i8 as u8],
        "<i2" => (value as i16).to_le_bytes().into(),
        "<u4" => (value as u32).to_le_bytes().into(),
        "<i8" => (value as i64).to_le_bytes().into(),
        "<f4" => (value as f32).to_le_bytes().into(),
        "<f8" => value.to_le_bytes().into(),
        "<c8" => [(value as f32).to_le_bytes(), [0; 4]].concat(),
        _ => panic!("no values of type {kind}"),
    }
}

fn npz(text: &str) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(vec![]));
    for member in text.split(' ') {
        let (name, array) = member.split_once('=').unwrap();
        archive.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
        archive.write_all(&npy(array)).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn idx(text: &str) -> Vec<u8> {
    let (header, values) = text.split_once(':').unwrap();
    let numbers =
        |text: &str| text.split(',').filter(|n| !n.is_empty()).map(|n| n.parse().unwrap()).collect::<Vec<u32>>();
    let header = numbers(header);
    let magic = header[..4].iter().map(|&byte| byte as u8);
    let sizes = header[4..].iter().flat_map(|size| size.to_be_bytes());
    magic.chain(sizes).chain(numbers(values).into_iter().map(|byte| byte as u8)).collect()
}

/// A weight file with another header.
fn with_header(bytes: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let (header, data) = parts(bytes);
    let mut header: Value = serde_json::from_slice(header).unwrap();
    change(&mut header);
    let header = serde_json::to_vec(&header).unwrap();
    [&(header.len() as u64).to_le_bytes()[..], &header, data].concat()
}

/// Header and tensors of a weight file.
fn parts(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (length, rest) = bytes.split_first_chunk().unwrap();
    rest.split_at(u64::from_le_bytes(*length) as usize)
}

fn metadata(bytes: &[u8], setting: &str) -> Vec<u8> {
    with_header(bytes, |header| {
        let entries = header["__metadata__"].as_object_mut().unwrap();
        match setting.split_once('=') {
            Some((key, value)) => drop(entries.insert(key.into(), value.into())),
            None => drop(entries.remove(setting).unwrap()),
        }
    })
}

fn renamed(bytes: &[u8], (from, to): (&str, &str)) -> Vec<u8> {
    with_header(bytes, |header| {
        let entries = header.as_object_mut().unwrap();
        let tensor = entries.remove(from).unwrap();
        entries.insert(to.into(), tensor);
    })
}

/// With `value` in the place of the first one of a tensor of float32.
fn poked(bytes: &[u8], (tensor, value): (&str, &str)) -> Vec<u8> {
    let (header, data) = parts(bytes);
    let header: Value = serde_json::from_slice(header).unwrap();
    assert_eq!(header[tensor]["dtype"], "F32", "{tensor}");
    let at = bytes.len() - data.len() + header[tensor]["data_offsets"][0].as_u64().unwrap() as usize;
    let mut bytes = bytes.to_vec();
    bytes[at..at + 4].copy_from_slice(&value.parse::<f32>().unwrap().to_le_bytes());
    bytes
}

fn nir(text: &str) -> Vec<u8> {
    let (edges, nodes): (Vec<&str>, Vec<&str>) = text.split(' ').partition(|word| word.contains('>'));
    let names: Vec<&str> = edges.iter().flat_map(|edge| edge.split('>')).collect();
    let mut builder = FileBuilder::new();
    let mut top = builder.create_group("node");
    top.create_dataset("type").with_vlen_strings(&["NIRGraph"]).with_shape(&[]);
    top.create_dataset("edges").with_vlen_strings(&names).with_shape(&[edges.len() as u64, 2]);
    let mut all = top.create_group("nodes");
    for node in nodes {
        let mut words = node.splitn(3, ':');
        let mut group = all.create_group(words.next().unwrap());
        group.create_dataset("type").with_vlen_strings(&[words.next().unwrap()]).with_shape(&[]);
        for value in words.next().unwrap_or("").split(';').filter(|value| !value.is_empty()) {
            let (key, values) = value.split_once('=').unwrap();
            let (sizes, values) = array(values);
            let sizes: Vec<u64> = sizes.into_iter().map(|size| size as u64).collect();
            group.create_dataset(key).with_f64_data(&values.collect::<Vec<_>>()).with_shape(&sizes);
        }
        all.add_group(group.finish());
    }
    top.add_group(all.finish());
    builder.add_group(top.finish());
    builder.finish().unwrap()
}
