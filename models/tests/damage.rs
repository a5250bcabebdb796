//! Damage to data files and references: it is refused or changes nothing that was promised to be checked; it never leads to a
//! panic, and never makes a reader read on without end.

use cospike_models::dataset::{Cifar, Dataset};
use cospike_models::import::nir::{NirFile, NirOptions};
use cospike_models::import::onnx::OnnxFile;
use cospike_models::import::reference::Reference;
use cospike_sim_core::inference::Executable;
use flate2::Compression;
use flate2::write::GzEncoder;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::io::{self, Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Every file that differs from `whole` in one bit, lacks its end, has a byte more, or is there twice; of a long file some.
fn damaged(whole: &[u8], bits: usize) -> Vec<Vec<u8>> {
    let step = (8 * whole.len()).div_ceil(bits);
    let flipped = (0..8 * whole.len()).step_by(step).map(|bit| {
        let mut bytes = whole.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    });
    let cut = (0..whole.len()).step_by(step).map(|length| whole[..length].to_vec());
    flipped.chain(cut).chain([[whole, &[0]].concat(), whole.repeat(2)]).collect()
}

/// Files that differ from `whole` in a few random places.
fn scrambled(whole: &[u8], count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut random = ChaCha8Rng::seed_from_u64(whole.len() as u64);
    (0..count).map(move |_| {
        let mut bytes = whole.to_vec();
        for _ in 0..random.random_range(1..5) {
            let at = random.random_range(0..bytes.len());
            match random.random_range(0..4) {
                0 => bytes[at] = random.random(),
                1 => bytes[at..].iter_mut().take(4).for_each(|byte| *byte = 0xff),
                2 => bytes.insert(at, random.random()),
                _ => drop(bytes.remove(at)),
            }
        }
        bytes
    })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(vec![], Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Images of 5x4 pixels and their labels as IDX files.
fn idx() -> [Vec<u8>; 2] {
    let pixels: Vec<u8> = (0..60).map(|i| i * 4).collect();
    let images = [&[0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 5, 0, 0, 0, 4][..], &pixels].concat();
    [images, vec![0, 0, 8, 1, 0, 0, 0, 3, 0, 4, 9]]
}

fn npz(members: &[(&str, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(vec![]));
    for (name, bytes) in members {
        archive.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// An array as NumPy writes it, under a header of one's own.
fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n");
    [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), data].concat()
}

fn dataset(images: Vec<u8>, labels: Vec<u8>) -> Vec<u8> {
    npz(&[("images.npy", images), ("labels.npy", labels)], CompressionMethod::Deflated)
}

fn read_npz(bytes: &[u8]) -> Result<Dataset, String> {
    Dataset::from_npz(Cursor::new(bytes)).map_err(|error| error.to_string())
}

#[test]
fn a_flipped_bit_under_a_checksum_is_noticed() {
    let [images, labels] = idx();
    let whole = Dataset::from_idx(&images[..], &labels[..]).unwrap();
    let zipped = gzip(&images);
    for bytes in damaged(&zipped, usize::MAX).into_iter().chain(scrambled(&zipped, 2000)) {
        // Of the header of gzip (time, system, flags) nothing is promised.
        if let Ok(read) = Dataset::from_idx(&bytes[..], &labels[..]) {
            assert_eq!(read, whole, "{bytes:02x?}");
        }
    }
    let shape = (npy("'|u1'", "(3, 5, 4)", &images[16..]), npy("'|u1'", "(3,)", &labels[8..]));
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let archive = npz(&[("images.npy", shape.0.clone()), ("labels.npy", shape.1.clone())], method);
        assert_eq!(read_npz(&archive).as_ref(), Ok(&whole));
        for bytes in damaged(&archive, usize::MAX).into_iter().chain(scrambled(&archive, 2000)) {
            if let Ok(read) = read_npz(&bytes) {
                assert_eq!(read, whole, "{method}");
            }
        }
    }
}

#[test]
fn a_damaged_file_without_a_checksum_is_still_what_its_length_promises() {
    let [images, labels] = idx();
    for bytes in damaged(&images, usize::MAX).into_iter().chain(scrambled(&images, 2000)) {
        if let Ok(read) = Dataset::from_idx(&bytes[..], &labels[..]) {
            assert_eq!((read.pixels().unwrap().len(), read.len(), read.shape.len()), (60, 3, 20));
        }
    }
    let records = [&[3][..], &[7; 3072], &[9], &[8; 3072]].concat();
    for bytes in damaged(&records, 3000).into_iter().chain(scrambled(&records, 500)) {
        if let Ok(read) = Dataset::from_cifar(Cifar::Cifar10, [&bytes[..]]) {
            assert!(read.labels.iter().all(|&label| label < 10) && bytes.len() == 3073 * read.len());
        }
        let _ = Dataset::from_cifar(Cifar::Cifar100, [&bytes[..]]);
    }
}

/// Members of the archive are damaged after they were compressed, and before.
#[test]
fn a_damaged_reference_is_refused_or_reproduced() {
    let whole = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/references/sew_soft_if.npz")).unwrap();
    let read = |bytes: &[u8]| Reference::from_reader(Cursor::new(bytes));
    for bytes in damaged(&whole, 400).into_iter().chain(scrambled(&whole, 200)) {
        if let Ok(reference) = read(&bytes) {
            assert!(reference.compare(1).unwrap().agrees(), "what was damaged is under a checksum");
        }
    }
    let mut archive = ZipArchive::new(Cursor::new(&whole)).unwrap();
    let members: Vec<(String, Vec<u8>)> = (0..archive.len())
        .map(|index| {
            let (mut member, mut bytes) = (archive.by_index(index).unwrap(), vec![]);
            member.read_to_end(&mut bytes).unwrap();
            (member.name().unwrap().into_owned(), bytes)
        })
        .collect();
    for changed in (0..members.len()).step_by(7) {
        for bytes in scrambled(&members[changed].1, 8) {
            let replaced = members.iter().enumerate();
            let replaced: Vec<(&str, Vec<u8>)> = replaced
                .map(|(index, (name, old))| (name.as_str(), if index == changed { bytes.clone() } else { old.clone() }))
                .collect();
            if let Ok(reference) = read(&npz(&replaced, CompressionMethod::Stored)) {
                let _ = reference.compare(1);
            }
        }
    }
}

/// Fails the test that reads more than `left` bytes of it.
struct Endless {
    left: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.left = self.left.checked_sub(buffer.len()).expect("the reader should have stopped");
        buffer.fill(0);
        Ok(buffer.len())
    }
}

#[test]
fn no_reader_goes_further_than_a_file_promises() {
    let [images, labels] = idx();
    let endless = || Endless { left: 1 << 17 };
    let held_more = "the IDX header promises 60 bytes of data, the file holds more";
    let error = Dataset::from_idx(images.chain(endless()), &labels[..]).unwrap_err();
    assert_eq!(error.to_string(), held_more);
    let error = Dataset::from_idx(endless(), &labels[..]).unwrap_err();
    assert!(error.to_string().starts_with("not an IDX file"), "{error}");
    // Two million times as much as was promised, in two megabytes.
    let mut bomb = GzEncoder::new(vec![], Compression::fast());
    io::copy(&mut (&images[..]).chain(io::repeat(0).take(100 << 20)), &mut bomb).unwrap();
    assert_eq!(Dataset::from_idx(&bomb.finish().unwrap()[..], &labels[..]).unwrap_err().to_string(), held_more);
    let bomb = dataset(npy("'|u1'", "(3, 5, 4)", &vec![0; 100 << 20]), npy("'|u1'", "(3,)", &labels[8..]));
    assert_eq!(read_npz(&bomb).unwrap_err(), "array `images`: its shape promises 60 bytes, but it holds more");
}

#[test]
fn headers_of_arrays_are_read_or_refused_in_words() {
    let classes = npy("'|u1'", "(3,)", &[1, 2, 3]);
    let images = |descr: &str, shape: &str| {
        read_npz(&dataset(npy(descr, shape, &[0; 60]), classes.clone())).map(|read| read.shape.len())
    };
    assert_eq!(images("'|u1'", "(3, 5, 4)"), Ok(20));
    assert_eq!(images("\"|u1\"", "(3L, 5L, 4L)"), Ok(20), "as Python 2 wrote it");
    for (descr, shape, message) in [
        ("'|u1'", "(3, 5, 5)", "its shape promises 75 bytes, but it holds 60"),
        ("'|u1'", "(3, 5, 3)", "its shape promises 45 bytes, but it holds more"),
        ("'|u1'", "(18446744073709551615, 2, 2)", "promises too many bytes"),
        ("'|u1'", "(4294967296, 1, 2)", "promises 8589934592 bytes, more than the 4294967296 that are read"),
        ("'|u1'", "(-3, 5, 4)", "its header is not"),
        ("'|u1'", "(3.0, 5, 4)", "its header is not"),
        ("'|u1'", "3", "its header is not"),
        ("'|u1'", &"(".repeat(5000), "its header is not"),
        ("'|u1'", &" ".repeat(20_000), "its header is longer than 10,000 bytes"),
        ("'|u1'", &format!("({})", "1, ".repeat(70)), "its header is not"),
        ("'|O'", "(3, 5, 4)", "values of type `|O` are not read"),
        ("[('a', '|u1'), ('b', '<f4')]", "(3, 5, 4)", "values of type `[('a', '|u1'), ('b', '<f4')]` are not read"),
        ("'<i2'", "(3, 5, 2)", "array `images` must be of type uint8 (|u1), which is divided by 255, or"),
        ("'|u1', 'descr': '|i1'", "(3, 5, 4)", "its header is not"),
    ] {
        let found = images(descr, shape).unwrap_err();
        assert!(found.contains(message), "{descr} {shape}: {found}");
    }
    let start = npy("'|u1'", "(3, 5, 4)", &[0; 60]);
    for version in [0, 4, 9] {
        let mut other = start.clone();
        other[6] = version;
        assert!(read_npz(&dataset(other, classes.clone())).unwrap_err().contains("of a version that is not known"));
    }
    let long = [b"\x93NUMPY\x02\x00\xff\xff\xff\xff", &[b'('; 1000][..]].concat();
    assert!(read_npz(&dataset(long, classes.clone())).unwrap_err().contains("longer than 10,000 bytes"));
}

#[test]
fn labels_are_whole_numbers_of_any_type_and_byte_order() {
    let read = |descr: &str, labels: &[u8]| {
        let images = npy("'|u1'", "(2, 1, 1)", &[0, 0]);
        read_npz(&dataset(images, npy(descr, "(2,)", labels))).map(|read| read.labels)
    };
    for width in [1_usize, 2, 4, 8] {
        for (letter, order) in [('u', '<'), ('u', '>'), ('i', '<'), ('i', '>')] {
            let stored = |label: u64| match order {
                '<' => label.to_le_bytes()[..width].to_vec(),
                _ => label.to_be_bytes()[8 - width..].to_vec(),
            };
            let descr = format!("'{}{letter}{width}'", if width == 1 { '|' } else { order });
            let most = if width == 1 { 127 } else { 9_999 };
            assert_eq!(read(&descr, &[stored(7), stored(most)].concat()), Ok(vec![7, most as u16]), "{descr}");
            let found = read(&descr, &[stored(7), stored(u64::MAX)].concat());
            let expected = match (letter, width) {
                ('i', _) => Err("record 1 has the label -1, but a label is a whole number from 0 to 65535".into()),
                (_, 1 | 2) => Ok(vec![7, if width == 1 { 255 } else { 65_535 }]),
                (_, 4) => {
                    Err("record 1 has the label 4294967295, but a label is a whole number from 0 to 65535".into())
                }
                _ => {
                    Err("record 1 has the label 18446744073709551615, but a label is a whole number from 0 to 65535"
                        .into())
                }
            };
            assert_eq!(found, expected, "{descr}");
        }
    }
    let needed = "array `labels` must be of an integer type, such as uint8 or int64, but is";
    assert_eq!(read("'<f8'", &[0; 16]), Err(format!("{needed} float64 (<f8)")));
    assert_eq!(read("'|b1'", &[0; 2]), Err(format!("{needed} bool (|b1)")));
}

#[test]
fn members_that_leave_a_choice_or_cannot_be_read_are_refused() {
    let (images, classes) = (npy("'|u1'", "(1, 1, 1)", &[5]), npy("'|u1'", "(1,)", &[1]));
    let whole = dataset(images.clone(), classes.clone());
    // Both members under one name, in both of zip's directories.
    let twice = String::from_utf8_lossy(&whole).into_owned();
    assert_eq!(twice.matches("images.npy").count(), 2);
    let mut same = whole.clone();
    for at in (0..same.len() - 10).filter(|&at| whole[at..].starts_with(b"labels.npy")) {
        same[at..at + 10].copy_from_slice(b"images.npy");
    }
    assert!(read_npz(&same).unwrap_err().contains("two arrays of the archive have the same name"));
    // Bit 0 of the flags says that a member is encrypted.
    let mut encrypted = whole.clone();
    for at in 0..whole.len() - 4 {
        match &whole[at..at + 4] {
            b"PK\x03\x04" => encrypted[at + 6] |= 1,
            b"PK\x01\x02" => encrypted[at + 8] |= 1,
            _ => {}
        }
    }
    assert!(read_npz(&encrypted).unwrap_err().contains("Password required"), "{:?}", read_npz(&encrypted));
    // Names that lead elsewhere are names like any others: nothing is written.
    let strange =
        [("../images.npy", vec![1]), ("images.npy", images), ("/labels.npy", vec![1]), ("labels.npy", classes)];
    assert_eq!(read_npz(&npz(&strange, CompressionMethod::Stored)).unwrap().pixels().unwrap(), [5]);
    assert!(
        read_npz(&npz(&strange[..2], CompressionMethod::Stored)).unwrap_err().contains("array `labels` must be there")
    );
}

/// HDF5 has no checksums in these files: what is read is a network that can be prepared, or it is refused in words.
#[test]
fn a_damaged_network_of_another_framework_is_refused_or_whole() {
    for whole in [
        &include_bytes!("../../fuzz/corpus/nir/recurrent.nir")[..],
        include_bytes!("../../fuzz/corpus/nir/convolution.nir"),
    ] {
        for bytes in damaged(whole, 1200).into_iter().chain(scrambled(whole, 800)) {
            let options = NirOptions { dt: Some(1.0), ..NirOptions::default() };
            match NirFile::from_bytes("damaged", bytes, &options) {
                Ok(file) => match file.network {
                    Ok(made) => assert!(Executable::new(&made.network, &made.weights).is_ok()),
                    Err(error) => assert!(!error.to_string().is_empty()),
                },
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}

/// As for the formats with neurons; a verdict on each node, and the sentence of a refusal, are made too.
#[test]
fn a_damaged_network_of_onnx_is_refused_or_whole() {
    let mut refused = 0;
    for whole in [&include_bytes!("data/onnx/mobile.onnx")[..], include_bytes!("data/onnx/channels.onnx")] {
        let whole = whole.to_vec();
        for bytes in damaged(&whole, 4000).into_iter().chain(scrambled(&whole, 4000)) {
            match OnnxFile::from_bytes("damaged", &bytes).map(|file| file.network) {
                Ok(Ok(made)) => assert!(Executable::new(&made.network, &made.weights).is_ok()),
                Ok(Err(error)) | Err(error) => {
                    refused += 1;
                    assert!(!error.to_string().is_empty());
                }
            }
        }
    }
    assert!(refused > 5000, "{refused}");
}
