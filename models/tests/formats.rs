//! Forms of data sets that other programs write: arrays of any kind, type and order, CIFAR as Python pickles, IDX under its other names.

use cospike_models::dataset::{Dataset, SampleKind, Subset, Values};
use cospike_sim_core::inference::{Feature, InputKind};
use cospike_sim_core::network::{Shape, Signal};
use cospike_sim_core::payload::Codec;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// An array as NumPy writes it.
fn npy(descr: &str, fortran: bool, shape: &[usize], data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let sizes: String = shape.iter().map(|size| format!("{size}, ")).collect();
    let header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': ({sizes}), }}\n");
    [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), data].concat()
}

fn npz(members: &[(&str, Vec<u8>)]) -> Result<Dataset, String> {
    let mut archive = ZipWriter::new(Cursor::new(vec![]));
    for (name, bytes) in members {
        archive.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    Dataset::from_npz(archive.finish().unwrap()).map_err(|error| error.to_string())
}

fn labels(count: usize) -> (&'static str, Vec<u8>) {
    ("labels", npy("|u1", false, &[count], &(0..count as u8).collect::<Vec<_>>()))
}

fn floats(values: impl IntoIterator<Item = f32>) -> Vec<u8> {
    values.into_iter().flat_map(f32::to_le_bytes).collect()
}

fn folder(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

fn test(folder: &Path) -> Result<Dataset, String> {
    Dataset::from_folder(folder, Subset::Test).map_err(|error| error.to_string())
}

/// Values in the order in which a network reads them: the channels of a position together.
fn read(dataset: &Dataset, index: usize) -> (usize, Vec<f32>) {
    match dataset.sample(index) {
        Feature::Real(real) => (real.steps, real.data),
        other => panic!("real values, not {other:?}"),
    }
}

/// Two images of two channels, three rows and two columns, as float32 and float64, of either byte order, in C and in Fortran order.
#[test]
fn arrays_of_any_type_and_order_are_the_same_images() {
    let shape = [2, 2, 3, 2];
    let value = |index: usize| index as f32 / 8.0 - 1.0;
    let first = npz(&[("images", npy("<f4", false, &shape, &floats((0..24).map(value)))), labels(2)]).unwrap();
    assert_eq!((first.kind, first.shape), (SampleKind::Images, Shape::new(2, 3, 2)));
    assert_eq!(read(&first, 1).1[..4], [value(12), value(18), value(13), value(19)]);
    assert_eq!(first.feed().codec, Codec::Float32);
    // The place of each value where the first axis is fastest.
    let fortran: Vec<usize> = (0..24).map(|i| i % 2 * 12 + i / 2 % 2 * 6 + i / 4 % 3 * 2 + i / 12).collect();
    let big = |values: Vec<f32>| values.into_iter().flat_map(f32::to_be_bytes).collect::<Vec<_>>();
    let double = (0..24).flat_map(|index| f64::from(value(index)).to_be_bytes()).collect::<Vec<_>>();
    for array in [
        npy(">f4", false, &shape, &big((0..24).map(value).collect())),
        npy(">f8", false, &shape, &double),
        npy("<f4", true, &shape, &floats(fortran.iter().map(|&at| value(at)))),
        npy(">f4", true, &shape, &big(fortran.iter().map(|&at| value(at)).collect())),
    ] {
        assert_eq!(npz(&[("images", array), labels(2)]).as_ref(), Ok(&first));
    }
    let bytes = npz(&[
        ("images", npy("|u1", true, &shape, &fortran.iter().map(|&at| at as u8).collect::<Vec<_>>())),
        labels(2),
    ]);
    let bytes = bytes.unwrap();
    assert_eq!((bytes.values.clone(), bytes.feed().codec), (Values::Pixels((0..24).collect()), Codec::Pixels8));
    assert_eq!(read(&bytes, 0).1[..2], [0.0, 6.0 / 255.0]);
    assert_ne!(bytes.blake3(), first.blake3());
}

#[test]
fn vectors_and_signals_have_the_shapes_of_networks_in_one_dimension() {
    let values = floats((0..12).map(|index| index as f32));
    let vectors = npz(&[("vectors", npy("<f4", false, &[3, 4], &values)), labels(3)]).unwrap();
    assert_eq!((vectors.kind, vectors.shape), (SampleKind::Vectors, Shape::vector(4)));
    assert_eq!(read(&vectors, 2), (1, vec![8.0, 9.0, 10.0, 11.0]));
    let signals = npz(&[("signals", npy("<f4", false, &[2, 2, 3], &values)), labels(2)]).unwrap();
    assert_eq!((signals.kind, signals.shape), (SampleKind::Signals, Shape::new(2, 1, 3)));
    assert_eq!(read(&signals, 1).1, [6.0, 9.0, 7.0, 10.0, 8.0, 11.0]);
    // Equal values in another form are other samples.
    let images = npz(&[("images", npy("<f4", false, &[3, 2, 2], &values)), labels(3)]).unwrap();
    let hashes = [&vectors, &signals, &images].map(Dataset::blake3);
    assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2] && hashes[0] != hashes[2]);
}

/// One sample of two frames of two channels by one row by two columns.
#[test]
fn frames_are_spikes_numbers_or_real_values() {
    let frames = |descr: &str, data: &[u8]| npz(&[("frames", npy(descr, false, &[1, 2, 2, 1, 2], data)), labels(1)]);
    let int16 = |values: [i16; 8]| values.map(i16::to_le_bytes).concat();
    let counts = frames("<i2", &int16([0, 1, 2, 3, 4, 5, 6, 7])).unwrap();
    assert_eq!(counts.kind, SampleKind::Frames { steps: 2 });
    assert_eq!((counts.feed().input, counts.feed().codec), (InputKind::FRAMES, Codec::Counts { max: 7 }));
    assert_eq!(read(&counts, 0), (2, vec![0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0]));
    assert_eq!(frames("<f4", &floats((0..8).map(|v| v as f32))).as_ref(), Ok(&counts), "as float32, too");
    let spikes = frames("|u1", &[0, 1, 1, 0, 0, 0, 0, 1]).unwrap();
    assert_eq!((spikes.feed().input, spikes.feed().codec), (Signal::BINARY.into(), Codec::Spikes));
    assert_eq!(frames("|b1", &[0, 1, 1, 0, 0, 0, 0, 1]).as_ref(), Ok(&spikes));
    let Feature::Spikes(train) = spikes.sample(0) else { panic!("nothing but 0 and 1") };
    let fired = |step, position, channel| train.get(step, position, channel);
    assert!(fired(0, 1, 0) && fired(0, 0, 1) && fired(1, 1, 1));
    assert_eq!((train.steps(), train.spikes()), (2, 3));
    let signed = frames("<i2", &int16([0, -1, 2, 3, 4, 5, 6, 7])).unwrap();
    assert_eq!((signed.feed().input, signed.feed().codec), (InputKind::FRAMES, Codec::Float32));
    let hashes = [&counts, &spikes, &signed].map(Dataset::blake3);
    assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2]);
}

#[test]
fn single_arrays_make_a_data_set() {
    let images = npy("|u1", false, &[1, 2, 2], &[1, 2, 3, 4]);
    let place = folder(&[("test_images.npy", images.clone()), ("test_labels.npy", labels(1).1)]);
    let dataset = test(place.path()).unwrap();
    assert_eq!(dataset.image(0), Some(&[1, 2, 3, 4][..]));
    assert!(dataset.describe_record(0).ends_with("test_labels.npy"));
    let lone = test(folder(&[("test_labels.npy", labels(1).1)]).path()).unwrap_err();
    assert!(lone.contains("holds test_labels.npy, but no test_images.npy"), "{lone}");
    let both = folder(&[("test_images.npy", images.clone()), ("test_frames.npy", images), ("test_labels.npy", vec![])]);
    assert!(test(both.path()).unwrap_err().contains("holds both test_images.npy and test_frames.npy"));
}

#[test]
fn idx_files_have_many_names() {
    let images = [&[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2][..], &[7, 9]].concat();
    let classes = vec![0, 0, 8, 1, 0, 0, 0, 1, 4];
    for set in ["t10k", "test", "emnist-letters-test", "qmnist-test"] {
        for (dash, folder_name) in [("-", ""), (".", ""), ("-", "MNIST/raw/"), (".", "raw/")] {
            let name = |word: &str| {
                format!("{folder_name}{set}-{word}{dash}idx{}-ubyte", if word == "images" { 3 } else { 1 })
            };
            let place = folder(&[(&name("images"), images.clone()), (&name("labels"), classes.clone())]);
            assert_eq!(test(place.path()).unwrap().image(0), Some(&[7, 9][..]), "{set} {dash} {folder_name}");
            let found = Dataset::from_folder(place.path(), Subset::Training).unwrap_err().to_string();
            assert!(found.contains("holds no training samples"), "{found}");
        }
    }
    let two =
        folder(&[("emnist-letters-test-images-idx3-ubyte", vec![]), ("emnist-digits-test-images-idx3-ubyte", vec![])]);
    assert!(
        test(two.path()).unwrap_err().contains("holds both emnist-digits-test-images-idx3-ubyte and emnist-letters-")
    );
}

/// A batch of CIFAR as Python 2 wrote it, by its instructions.
fn python_2(key: &str, classes: &[u8], pixels: &[u8]) -> Vec<u8> {
    let text = |text: &str| [&[b'U', text.len() as u8][..], text.as_bytes(), b"q\x01"].concat();
    let numbers: Vec<u8> = classes.iter().flat_map(|&class| [b'K', class]).collect();
    let rows = (classes.len() as u16).to_le_bytes();
    let dtype = [
        &b"cnumpy\ndtype\nq\x0a"[..],
        &text("u1"),
        b"K\x00K\x01\x87q\x0bRq\x0c(K\x03",
        &text("|"),
        b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0eb",
    ];
    let array = [
        &b"cnumpy.core.multiarray\n_reconstruct\nq\x05cnumpy\nndarray\nq\x06K\x00\x85q\x07"[..],
        &text("b"),
        b"\x87q\x08Rq\x09(K\x01M",
        &rows,
        b"M\x00\x0c\x86",
        &dtype.concat(),
        b"\x89T",
        &(pixels.len() as u32).to_le_bytes(),
        pixels,
        b"q\x0ftq\x10b",
    ];
    [
        &b"\x80\x02}q\x00("[..],
        &text("batch_label"),
        &text("testing batch 1 of 1"),
        &text(key),
        b"]q\x02(",
        &numbers,
        b"e",
        &text("data"),
        &array.concat(),
        b"u.",
    ]
    .concat()
}

#[test]
fn the_python_version_of_cifar_is_read_whoever_wrote_it() {
    let pixels: Vec<u8> = (0..2 * 3072).map(|index| (index / 7 % 256) as u8).collect();
    let place = folder(&[("cifar-10-batches-py/test_batch", python_2("labels", &[3, 9], &pixels))]);
    let first = test(place.path()).unwrap();
    assert_eq!(
        (first.shape, first.labels.as_slice(), first.pixels()),
        (Shape::new(3, 32, 32), &[3, 9][..], Some(&pixels[..]))
    );
    assert_eq!(first.format().0, "the Python version of CIFAR");
    // As Python 3 writes the same, in each of its protocols.
    for protocol in 2..=5 {
        let path = format!("{}/tests/data/pickles/protocol{protocol}.gz", env!("CARGO_MANIFEST_DIR"));
        let place = folder(&[("test_batch.gz", std::fs::read(path).unwrap())]);
        assert_eq!(test(place.path()).as_ref(), Ok(&first), "protocol {protocol}");
    }
    let hundred = folder(&[("test", python_2("fine_labels", &[99], &pixels[..3072]))]);
    assert_eq!(test(hundred.path()).unwrap().labels, [99]);
}

/// What is wrong with a pickle is said; nothing in it is executed, and no nesting or sharing exhausts anything.
#[test]
fn hostile_pickles_are_refused_in_words() {
    let fault = |bytes: Vec<u8>| test(folder(&[("test_batch", bytes)]).path()).unwrap_err();
    let pixels = vec![0; 3072];
    let right = python_2("labels", &[1], &pixels);
    for length in (0..right.len()).step_by(7) {
        assert!(fault(right[..length].to_vec()).contains("as a pickle of Python: it ends too early"), "{length}");
    }
    assert!(fault([&right[..], b"."].concat()).contains("something follows its end"));
    assert!(fault(python_2("labels", &[10], &pixels)).contains("record 0 has the label 10; there are 10 classes"));
    assert!(
        fault(python_2("coarse_labels", &[1], &pixels)).contains("must have under `labels` a list of whole numbers")
    );
    assert!(fault(python_2("labels", &[1, 2], &pixels)).contains("must have under `data` a row of 3,072 bytes"));
    // A call, which Python would execute, is no list of labels.
    let call = b"\x80\x02}(U\x06labelscos\nsystem\n(U\x09touch /x\x0atRu.";
    assert!(fault(call.to_vec()).contains("its dictionary must have under `data` a NumPy array"));
    let nested = [&b"\x80\x02N"[..], &[0x85; 1_000_000], b"."].concat();
    assert!(fault(nested).contains("nested more than 20 deep"));
    let shared = [&b"\x80\x02)"[..], &b"q\x00h\x00\x86".repeat(100_000), b"."].concat();
    assert!(fault(shared).contains("nested more than 20 deep"));
    assert!(fault(b"\x80\x02N\x81.".to_vec()).contains("byte 3 is the instruction 0x81, which plain data do not need"));
    assert!(fault(b"\x80\x02r\xff\xff\xff\xff.".to_vec()).contains("does not find the values"));
    assert!(fault(b"\x80\x02U\xffabc".to_vec()).contains("ends too early"));
}

/// Each byte of a pickle changed in turn: read as the same, as other pixels or labels, or refused; never a panic.
#[test]
fn a_damaged_pickle_is_refused_or_read() {
    let mut whole = vec![];
    let file = std::fs::File::open(format!("{}/tests/data/pickles/protocol4.gz", env!("CARGO_MANIFEST_DIR"))).unwrap();
    flate2::read::GzDecoder::new(file).read_to_end(&mut whole).unwrap();
    let place = folder(&[]);
    let path = place.path().join("test_batch");
    for at in (0..300).chain(whole.len() - 150..whole.len()) {
        for changed in [0, 0x52, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = changed;
            std::fs::write(&path, &bytes).unwrap();
            if let Ok(read) = test(place.path()) {
                assert_eq!((read.len(), read.shape), (2, Shape::new(3, 32, 32)), "{at} {changed:#x}");
            }
        }
    }
}
