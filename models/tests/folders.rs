//! What may lie in the folder of a data set: files under either name, plain or gzipped, and what is refused instead of guessed.

use cospike_models::dataset::{Dataset, Subset};
use flate2::Compression;
use flate2::write::GzEncoder;
use npyz::WriterBuilder;
use std::io::{Cursor, Write};
use std::path::Path;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const IMAGES: &str = "t10k-images-idx3-ubyte";
const LABELS: &str = "t10k-labels-idx1-ubyte";

/// Two images of 2x3 pixels.
fn images() -> Vec<u8> {
    [&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3][..], &(1..=12).collect::<Vec<u8>>()].concat()
}

fn labels() -> Vec<u8> {
    vec![0, 0, 8, 1, 0, 0, 0, 2, 7, 9]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(vec![], Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn npz() -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(vec![]));
    for (name, values, shape) in [("images.npy", &images()[16..], &[2, 2, 3][..]), ("labels.npy", &[7, 9], &[2])] {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        let mut array = npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut archive).begin_nd().unwrap();
        array.extend(values.iter().copied()).unwrap();
        array.finish().unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn folder(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, bytes)| std::fs::write(folder.path().join(name), bytes).unwrap());
    folder
}

fn read(folder: &Path) -> Result<Dataset, String> {
    Dataset::from_folder(folder, Subset::Test).map_err(|error| {
        let (message, folder) = (error.to_string(), folder.display().to_string());
        assert!(message.contains(&folder), "{message} names no file");
        message.replace(&folder, "F")
    })
}

#[test]
fn every_form_of_the_same_data_is_the_same_data() {
    let (dotted_images, dotted_labels) = ("t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte");
    let (zipped_images, zipped_labels) = ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz");
    let members = [gzip(&images()[..9]), gzip(&[]), gzip(&images()[9..])].concat();
    let record = |label: u8| [&[label][..], &[5; 3072]].concat();
    let forms: [Vec<(&str, Vec<u8>)>; 8] = [
        vec![(IMAGES, images()), (LABELS, labels())],
        vec![(dotted_images, images()), (dotted_labels, labels())],
        vec![(zipped_images, members.clone()), (LABELS, labels())],
        vec![("t10k-images.idx3-ubyte.gz", gzip(&images())), (zipped_labels, gzip(&labels()))],
        // A plain file is preferred to a gzipped one, as `gzip --keep` leaves them.
        vec![(IMAGES, images()), (zipped_images, b"anything".to_vec()), (LABELS, labels())],
        vec![("test.npz", npz())],
        vec![("test.npz.gz", gzip(&npz()))],
        vec![("test.npz", npz()), ("test.npz.gz", b"anything".to_vec())],
    ];
    let first = read(folder(&forms[0]).path()).unwrap();
    assert_eq!((first.image(1).unwrap(), first.labels.as_slice()), (&[7, 8, 9, 10, 11, 12][..], &[7, 9][..]));
    for form in &forms[1..] {
        let names: Vec<_> = form.iter().map(|(name, _)| name).collect();
        assert_eq!(read(folder(form).path()).as_ref(), Ok(&first), "{names:?}");
    }
    let plain = read(folder(&[("test_batch.bin", record(3))]).path()).unwrap();
    assert_eq!(read(folder(&[("test_batch.bin.gz", gzip(&record(3)))]).path()), Ok(plain));
}

#[test]
fn what_leaves_a_choice_or_is_not_there_is_said() {
    let fault = |files: &[(&str, Vec<u8>)]| read(folder(files).path()).unwrap_err();
    let idx = [(IMAGES, images()), (LABELS, labels())];
    let with = |name: &'static str, bytes: Vec<u8>| fault(&[&idx[..], &[(name, bytes)]].concat());
    let both = |first: &str, second: &str| format!("F holds both {first} and {second}: leave one of them");
    assert_eq!(with("t10k-images.idx3-ubyte", images()), both(IMAGES, "t10k-images.idx3-ubyte"));
    assert_eq!(with("test.npz", npz()), both(IMAGES, "test.npz"));
    assert_eq!(with("test.bin.gz", vec![]), both(IMAGES, "test.bin.gz"));
    let lone = format!("F holds {LABELS}, but no {IMAGES} or t10k-images.idx3-ubyte, plain or with .gz");
    assert_eq!(fault(&idx[1..]), lone);
    assert!(fault(&[]).starts_with("F holds no test samples: they must be IDX files"));
    let batches = folder(&[("data_batch_1.bin", vec![]), ("data_batch_3.bin", vec![])]);
    let message = Dataset::from_folder(batches.path(), Subset::Training).unwrap_err().to_string();
    assert!(message.ends_with("holds data_batch_1.bin, but no data_batch_2.bin, plain or with .gz"), "{message}");

    let place = folder(&idx[1..]);
    std::fs::create_dir(place.path().join(IMAGES)).unwrap();
    assert_eq!(read(place.path()).unwrap_err(), lone, "a folder is no file");
    std::fs::write(place.path().join("t10k-images.idx3-ubyte"), images()).unwrap();
    assert!(read(place.path()).is_ok(), "a folder does not hide a file");
    let only = tempfile::tempdir().unwrap();
    std::fs::create_dir(only.path().join(IMAGES)).unwrap();
    assert_eq!(read(only.path()).unwrap_err(), format!("F/{IMAGES} is a folder; give the name of a regular file"));
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_devices_are_not_read() {
    use std::os::unix::fs::symlink;
    let (files, place) = (folder(&[("a", images())]), folder(&[(LABELS, labels())]));
    let images = place.path().join(IMAGES);
    symlink(files.path().join("a"), &images).unwrap();
    assert_eq!(read(place.path()).unwrap().len(), 2);
    for (to, message) in [
        ("/dev/zero", format!("F/{IMAGES} is a device or a pipe; give the name of a regular file")),
        ("/nowhere/at/all", format!("cannot read F/{IMAGES}: ")),
        (IMAGES, format!("cannot read F/{IMAGES}: ")),
    ] {
        std::fs::remove_file(&images).unwrap();
        symlink(to, &images).unwrap();
        let found = read(place.path()).unwrap_err();
        assert!(found.starts_with(&message), "{to}: {found}");
    }
}

#[test]
fn images_and_labels_that_do_not_belong_together_are_refused() {
    let header = |images: [u32; 3]| [&[0, 0, 8, 3][..], &images.map(u32::to_be_bytes).concat()].concat();
    let fault =
        |images: Vec<u8>, labels: Vec<u8>| read(folder(&[(IMAGES, images), (LABELS, labels)]).path()).unwrap_err();
    let (images_at, labels_at) = (format!("F/{IMAGES}: "), format!("F/{LABELS}: "));
    let three = [&[0, 0, 8, 1, 0, 0, 0, 3, 7, 9, 1][..]].concat();
    assert_eq!(fault(images(), three), format!("{labels_at}2 samples, but 3 labels: every sample needs one label"));
    let none = format!("{images_at}it holds 0 samples of shape 1x2x3: at least one sample of one value is needed");
    assert_eq!(fault(header([0, 2, 3]), vec![0, 0, 8, 1, 0, 0, 0, 0]), none);
    let flat = format!("{images_at}it holds 2 samples of shape 1x0x3: at least one sample of one value is needed");
    assert_eq!(fault(header([2, 0, 3]), labels()), flat);
    for absurd in [[u32::MAX; 3], [1 << 30, 28, 28]] {
        let message = fault(header(absurd), labels());
        assert_eq!(
            message,
            format!(
                "{images_at}its shape {absurd:?} promises more than the 4294967296 bytes that are read of one data set"
            )
        );
    }
    let behind = |tail: &[u8]| {
        let place = folder(&[("t10k-images-idx3-ubyte.gz", [&gzip(&images()), tail].concat()), (LABELS, labels())]);
        read(place.path()).unwrap_err()
    };
    for tail in [&b"garbage"[..], &[0; 100], &gzip(&[1]), &[0x1f, 0x8b]] {
        assert!(behind(tail).starts_with(&format!("F/{IMAGES}.gz: ")), "{tail:?}");
    }
}
