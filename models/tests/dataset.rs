//! Datasets in folders, written here in their true formats.

use cospike_models::NpzError;
use cospike_models::dataset::{Dataset, DatasetError, Subset};
use cospike_models::offline::{Input, infer};
use cospike_models::zoo::ZooNetwork;
use cospike_sim_core::inference::Coding;
use cospike_sim_core::network::{Layer, Network, Operation, Shape, Tensor, TensorStore, Weights};
use cospike_sim_core::payload::Codec;
use cospike_sim_core::split::SplitNetwork;
use npyz::WriterBuilder;
use png::{BitDepth, ColorType};
use std::io::{Cursor, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fn folder(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, bytes)| std::fs::write(folder.path().join(name), bytes).unwrap());
    folder
}

fn fault(files: &[(&str, Vec<u8>)]) -> String {
    Dataset::from_folder(folder(files).path(), Subset::Test).unwrap_err().to_string()
}

/// A CIFAR record: labels, then three planes that hold 10, 20 and 30 plus the column.
fn record(labels: &[u8]) -> Vec<u8> {
    let planes = [10, 20, 30].into_iter().flat_map(|base| (0..32 * 32).map(move |i| base + (i % 32) as u8));
    labels.iter().copied().chain(planes).collect()
}

#[test]
fn cifar_is_read_plane_by_plane() {
    let batches: Vec<(String, Vec<u8>)> =
        (1..=5).map(|i| (format!("data_batch_{i}.bin"), [record(&[i]), record(&[9 - i])].concat())).collect();
    let files: Vec<(&str, Vec<u8>)> = batches.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let ten = Dataset::from_folder(folder(&files).path(), Subset::Training).unwrap();
    assert_eq!((ten.shape, ten.labels.as_slice()), (Shape::new(3, 32, 32), &[1, 8, 2, 7, 3, 6, 4, 5, 5, 4][..]));
    assert!(!ten.is_empty());
    let described = [0, 1, 2, 9].map(|index| ten.describe_record(index));
    for (index, (record, batch)) in [(0, 1), (1, 1), (0, 2), (1, 5)].into_iter().enumerate() {
        assert!(described[index].starts_with(&format!("record {record} of ")), "{described:?}");
        assert!(described[index].ends_with(&format!("data_batch_{batch}.bin")), "{described:?}");
    }
    assert_eq!((ten.image(9).unwrap()[0], ten.image(9).unwrap()[1024 + 5], ten.image(9).unwrap()[3071]), (10, 25, 61));

    let hundred = folder(&[("test.bin", record(&[19, 99]))]);
    let hundred = Dataset::from_folder(hundred.path(), Subset::Test).unwrap();
    assert_eq!((hundred.labels.as_slice(), hundred.image(0).unwrap()[2048]), (&[99][..], 30));
}

#[test]
fn data_sets_are_equal_if_their_samples_are() {
    let made = |shape, pixel: u8, label| Dataset::new(shape, vec![0, 1, 2, pixel], vec![label]).unwrap();
    let square = Shape::new(1, 2, 2);
    let first = made(square, 3, 1);
    assert_eq!(first.describe_record(0), "record 0 of the data set");
    assert_eq!(first, made(square, 3, 1));
    for other in [made(square, 4, 1), made(square, 3, 2), made(Shape::new(1, 1, 4), 3, 1)] {
        assert_ne!(first, other);
    }
}

#[test]
fn what_is_wrong_with_a_dataset_is_said() {
    let mut short = record(&[3]);
    short.pop();
    assert!(fault(&[("test_batch.bin", short)]).contains("3072 bytes are not a whole number of records of 3073 bytes"));
    assert!(fault(&[("test_batch.bin", record(&[10]))]).contains("record 0 has the label 10; there are 10 classes"));
    assert!(fault(&[("test.npz", b"PK no".to_vec())]).contains("not an .npz file"));
    assert!(fault(&[("readme.txt", vec![])]).contains("holds no test samples: they must be IDX files"));
    let images = [&[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2][..], &[1, 2, 3]].concat();
    let labels = vec![0, 0, 8, 1, 0, 0, 0, 1, 7];
    let idx = [("t10k-images-idx3-ubyte", images), ("t10k-labels-idx1-ubyte", labels)];
    assert!(fault(&idx).contains("the IDX header promises 4 bytes of data, the file holds 3"));
    assert!(
        fault(&idx[..1]).contains("holds t10k-images-idx3-ubyte, but no t10k-labels-idx1-ubyte or"),
        "the labels are missing"
    );
}

/// An archive as `numpy.savez` (stored) or `numpy.savez_compressed` (deflated) writes it.
fn npz_by(method: CompressionMethod, images: &[u8], dims: &[u64], labels: &[i64]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(vec![]));
    let options = SimpleFileOptions::default().compression_method(method);
    archive.start_file("images.npy", options).unwrap();
    archive.write_all(&npy(images, dims)).unwrap();
    archive.start_file("labels.npy", options).unwrap();
    archive.write_all(&npy(labels, &[labels.len() as u64])).unwrap();
    archive.finish().unwrap().into_inner()
}

/// An array in NumPy's own format.
fn npy<T: npyz::AutoSerialize + Copy>(values: &[T], dims: &[u64]) -> Vec<u8> {
    let mut bytes = vec![];
    let mut array = npyz::WriteOptions::new().default_dtype().shape(dims).writer(&mut bytes).begin_nd().unwrap();
    array.extend(values.iter().copied()).unwrap();
    array.finish().unwrap();
    bytes
}

fn npz(images: &[u8], dims: &[u64], labels: &[i64]) -> Vec<u8> {
    npz_by(CompressionMethod::Deflated, images, dims, labels)
}

#[test]
fn npz_archives_are_read_with_channels_first_or_last() {
    let read = |file: Vec<u8>| Dataset::from_folder(folder(&[("train.npz", file)]).path(), Subset::Training);
    let grey = read(npz(&[1, 2, 3, 4, 5, 6, 7, 8], &[2, 2, 2], &[4, 2])).unwrap();
    assert_eq!((grey.shape, grey.image(1).unwrap()), (Shape::new(1, 2, 2), &[5, 6, 7, 8][..]));
    assert_eq!(grey.labels, [4, 2]);
    let pixels: Vec<u8> = (0..12).collect();
    let last = read(npz(&pixels, &[1, 2, 2, 3], &[0])).unwrap();
    assert_eq!(
        (last.shape, last.image(0).unwrap()),
        (Shape::new(3, 2, 2), &[0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11][..])
    );
    let first = read(npz(&pixels, &[1, 3, 2, 2], &[0])).unwrap();
    assert_eq!(first.image(0).unwrap(), &pixels[..]);

    let fault = |file| read(file).unwrap_err().to_string();
    assert!(fault(npz(&[1, 2, 3, 4], &[1, 2, 2], &[0, 1])).contains("1 samples, but 2 labels"));
    assert!(fault(npz(&[1, 2, 3, 4], &[2, 2], &[0, 1])).contains("array `images` must be of shape (n, h, w)"));
    assert!(fault(npz(&[1, 2, 3, 4], &[1, 2, 2], &[-1])).contains("record 0 has the label -1"));
    assert!(
        fault(npz(&[1, 2, 3, 4], &[1, 2, 2], &[65_536]))
            .contains("has the label 65536, but a label is a whole number from 0 to 65535")
    );
    let whole = npz(&[1, 2, 3, 4], &[1, 2, 2], &[0]);
    assert!(fault(whole[..whole.len() / 2].to_vec()).contains("not an .npz file"));
}

/// A changed pixel is a pixel still: nothing but the archive's checksum tells.
#[test]
fn a_damaged_pixel_of_an_npz_archive_is_noticed() {
    let pixels: Vec<u8> = (100..200).collect();
    let mut file = npz_by(CompressionMethod::Stored, &pixels, &[1, 10, 10], &[0]);
    assert_eq!(Dataset::from_npz(Cursor::new(&file)).unwrap().pixels().unwrap(), pixels);
    let at = file.windows(pixels.len()).position(|window| window == pixels).unwrap();
    file[at + 50] ^= 1;
    let error = Dataset::from_npz(Cursor::new(&file)).unwrap_err();
    assert!(
        matches!(&error, DatasetError::Npz(NpzError::Member { .. })) && error.to_string().contains("checksum"),
        "{error}"
    );
}

#[test]
fn labels_take_two_bytes_and_are_hashed_as_two_only_where_one_does_not_hold_them() {
    let labelled = |label: i64| {
        let file = npz(&[1, 2, 3, 4], &[1, 2, 2], &[label]);
        Dataset::from_folder(folder(&[("train.npz", file)]).path(), Subset::Training).unwrap()
    };
    let hashed = |label: &[u8]| {
        let header = [1_u64, 2, 2, 1].map(u64::to_le_bytes).concat();
        blake3::hash(&[&header, label, &[1, 2, 3, 4]].concat()).to_hex().to_string()
    };
    assert_eq!(labelled(65_535).labels, [u16::MAX]);
    assert_eq!(labelled(255).blake3(), hashed(&[255]));
    assert_eq!(labelled(999).blake3(), hashed(&[231, 3]));
    // As recorded in the manifests of earlier versions, which held labels in one byte.
    let shipped = Dataset::fashion_mnist_test().unwrap().blake3();
    assert_eq!(shipped, "754cf889fae35a2cd8a9b4e8ff7ff11f935d46921d594375c95c5e9b35229061");
}

#[test]
fn the_folder_of_the_shipped_test_set_is_a_dataset() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/fashion-mnist");
    assert_eq!(Dataset::from_folder(&folder, Subset::Test).unwrap(), Dataset::fashion_mnist_test().unwrap());
    assert!(matches!(Dataset::from_folder(&folder, Subset::Training), Err(DatasetError::NoDataset { .. })));
}

/// A network that answers which of three planes is brightest, by weights in PyTorch's order, must get every plane whole.
#[test]
fn networks_see_the_colours_of_an_image_where_they_are() {
    // With as many positions as a multiple of the channels, planes in the place of positions look all alike.
    let (input, output) = (Shape::new(3, 2, 3), Shape::vector(3));
    let layer = |name: &str, operation, inputs: &[usize], output| {
        let (name, inputs) = (name.to_string(), inputs.to_vec());
        Layer { name, operation, inputs, output }
    };
    let layers = vec![
        layer("input", Operation::Input, &[], input),
        layer("flatten", Operation::Flatten, &[0], Shape::vector(18)),
        layer("fc", Operation::Linear, &[1], output),
    ];
    let network = Network { name: "brightest".into(), layers, split_points: vec![], readout: None };
    let data = (0..3).flat_map(|class| (0..18).map(move |i| if i / 6 == class { 1.0 } else { 0.0 })).collect();
    let store = TensorStore::from([("fc.weight".to_string(), Tensor { shape: vec![3, 18], data })]);
    let weights = Weights::from_store(&network, &store).unwrap();
    let network = SplitNetwork::new(&network, &weights, 2, Codec::Float32, 1).unwrap();
    let zoo = ZooNetwork {
        network,
        weights,
        codec: Codec::Float32,
        matched_steps: None,
        files: vec![],
        read_as: None,
        task: None,
    };
    let bright = |class: usize| (0..18).map(move |i| if i / 6 == class { 200 } else { 10 });
    let dataset = Dataset::new(input, (0..3).flat_map(bright).collect(), vec![0, 1, 2]).unwrap();
    let input = Input { coding: Coding::Direct, seed: 0 };
    assert_eq!(infer(&zoo, input, (&dataset, 3), false, &|| ()).unwrap().answers, [0, 1, 2]);
}

/// A PNG image of `height` rows of 2 pixels at `path`.
fn write_png(path: &Path, height: u32, (colour, depth): (ColorType, BitDepth), values: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut encoder = png::Encoder::new(std::fs::File::create(path).unwrap(), 2, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    encoder.set_palette(vec![255, 0, 0, 0, 255, 0, 0, 0, 255]);
    encoder.write_header().unwrap().write_image_data(values).unwrap();
}

const GREY: (ColorType, BitDepth) = (ColorType::Grayscale, BitDepth::Eight);
const RGB: (ColorType, BitDepth) = (ColorType::Rgb, BitDepth::Eight);
const RGBA: (ColorType, BitDepth) = (ColorType::Rgba, BitDepth::Eight);

/// Grey and coloured images, as torchvision's `ImageFolder` would find them: classes by name; here they take turns.
#[test]
fn images_in_a_folder_for_each_class_are_a_data_set() {
    let place = tempfile::tempdir().unwrap();
    // Of 3 rows and 2 columns, whose values count up.
    let png = |name: &str, form, values: &[u8]| write_png(&place.path().join(name), 3, form, values);
    let grey = |name: &str, first: u8| png(name, GREY, &[0, 1, 2, 3, 4, 5].map(|at| first + at));
    let colour: Vec<u8> = (0..6).flat_map(|at| [0, 100, 200].map(|base| base + at)).collect();
    grey("test/shirt/a.png", 10);
    grey("test/bag/b.png", 20);
    grey("test/bag/a.png", 30);
    png("train/bag/a.PNG", RGB, &colour);
    std::fs::write(place.path().join("test/.DS_Store"), b"of a Mac").unwrap();
    let test = Dataset::from_folder(place.path(), Subset::Test).unwrap();
    assert_eq!((test.shape, &test.labels[..], test.class_sizes()), (Shape::new(1, 3, 2), &[0, 1, 0][..], vec![2, 1]));
    assert_eq!([0, 1, 2].map(|index| test.image(index).unwrap()[5]), [35, 15, 25]);
    assert!(test.describe_record(2).ends_with("bag/b.png"), "{}", test.describe_record(2));
    let training = Dataset::from_folder(place.path(), Subset::Training).unwrap();
    assert_eq!(
        (training.shape, training.image(0).unwrap()[1], training.image(0).unwrap()[17]),
        (Shape::new(3, 3, 2), 1, 205)
    );
    // A grey image among coloured ones is the same in all channels.
    grey("train/shirt/a.png", 40);
    let mixed = Dataset::from_folder(place.path(), Subset::Training).unwrap();
    assert_eq!([0, 6, 12].map(|at| mixed.image(1).unwrap()[at]), [40, 40, 40]);
    // What is opaque everywhere is read without its transparency, and an ending is no promise.
    let opaque: Vec<u8> = colour.chunks(3).flat_map(|pixel| [pixel, &[255]].concat()).collect();
    png("train/bag/b.png", RGBA, &opaque);
    std::fs::rename(place.path().join("train/bag/b.png"), place.path().join("train/bag/b.jpeg")).unwrap();
    let named = Dataset::from_folder(place.path(), Subset::Training).unwrap();
    assert_eq!(named.image(2).unwrap(), named.image(0).unwrap());
    // A palette stands for its colours, and fewer bits for values up to 255.
    png("train/bag/c.png", (ColorType::Indexed, BitDepth::Two), &[0b0001_0000, 0b1000_0000, 0]);
    png("train/shirt/c.png", (ColorType::Grayscale, BitDepth::Two), &[0b0001_0000, 0b1011_0000, 0]);
    let expanded = Dataset::from_folder(place.path(), Subset::Training).unwrap();
    assert_eq!(expanded.image(4).unwrap(), [255, 0, 0, 255, 255, 255, 0, 255, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0]);
    assert_eq!(expanded.image(3).unwrap()[..6], [0, 85, 170, 255, 0, 0]);

    // JPEG: an image of one colour loses next to nothing.
    for (name, form, pixel) in [
        ("train/bag/d.jpg", jpeg_encoder::ColorType::Rgb, &[200, 30, 60][..]),
        ("train/shirt/d.JPEG", jpeg_encoder::ColorType::Luma, &[77]),
    ] {
        let encoder = jpeg_encoder::Encoder::new_file(place.path().join(name), 100).unwrap();
        encoder.encode(&pixel.repeat(6), 2, 3, form).unwrap();
    }
    let lossy = Dataset::from_folder(place.path(), Subset::Training).unwrap();
    let is_near = |index: usize, pixel: [u8; 3]| {
        let close = |(value, at): (&u8, usize)| value.abs_diff(pixel[at / 6]) <= 2;
        assert!(lossy.image(index).unwrap().iter().zip(0..).all(close), "{:?}", lossy.image(index));
    };
    is_near(5, [77; 3]);
    is_near(6, [200, 30, 60]);

    // A class that only one of the two has is a class of both.
    png("train/boot/a.png", RGB, &colour);
    let numbered = |subset| Dataset::from_folder(place.path(), subset).unwrap().labels;
    assert_eq!([Subset::Test, Subset::Training].map(numbered), [vec![0, 2, 0], vec![0, 1, 2, 0, 2, 0, 2, 0]]);
    std::fs::remove_dir_all(place.path().join("train/boot")).unwrap();

    let is_refused = |name: &str, words: &str| {
        let error = Dataset::from_folder(place.path(), Subset::Training).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains(name), "{error}");
        std::fs::remove_file(place.path().join(name)).unwrap();
    };
    let deep = (ColorType::Grayscale, BitDepth::Sixteen);
    for (name, height, form, values, words) in [
        ("train/bag/large.png", 1, GREY, &[0; 2][..], "has 1x2 pixels, but"),
        ("train/bag/clear.png", 3, RGBA, &[254; 24], "pixels of the form RGB and alpha, transparent in places"),
        ("train/bag/deep.png", 3, deep, &[0; 12], "pixels of the form grey of 16 bits"),
        ("train/bag.png", 3, GREY, &[0; 6], "stands among the folders of the classes"),
    ] {
        write_png(&place.path().join(name), height, form, values);
        is_refused(name, words);
    }
    for (name, bytes, words) in [
        ("train/bag/notes.txt", &b"notes"[..], "stands among images that end with .png, .jpg or .jpeg"),
        ("train/bag/empty.png", b"", "cannot be decoded as PNG or JPEG"),
        ("train/bag/cut.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF", "cannot be decoded as PNG or JPEG"),
        ("train/bag/cut.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "cannot be decoded as PNG or JPEG"),
    ] {
        std::fs::write(place.path().join(name), bytes).unwrap();
        is_refused(name, words);
    }
    std::fs::create_dir(place.path().join("train/shoe")).unwrap();
    let error = Dataset::from_folder(place.path(), Subset::Training).unwrap_err().to_string();
    assert!(error.ends_with("shoe holds no PNG or JPEG image"), "{error}");
    std::fs::write(place.path().join("test.npz"), b"").unwrap();
    let error = Dataset::from_folder(place.path(), Subset::Test).unwrap_err().to_string();
    assert!(error.contains("holds both test.npz and test/"), "{error}");
}
