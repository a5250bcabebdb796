//! Data sets of image files in a folder for each class: `CLASS/NAME.png`, `.jpg` or `.jpeg`. Classes are numbered by their names in
//! alphabetical order, as torchvision's `ImageFolder` does; those that only the training or only the test images have count for both.

use super::picture::Picture;
use super::{Dataset, DatasetError, FileRecords};
use crate::file::{DATA_LIMIT, FileError};
use cospike_sim_core::network::Shape;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Reads all images of the class folders in `folder`, beside which `siblings` may hold other images of the same classes. They are put in
/// such an order that the classes take turns, so that the first samples of the data set are of all classes.
pub(super) fn read(folder: &Path, siblings: &[PathBuf]) -> Result<Dataset, DatasetError> {
    let own = class_folders(folder)?;
    let mut classes: BTreeMap<OsString, Option<PathBuf>> = BTreeMap::new();
    for sibling in siblings.iter().filter(|sibling| sibling.is_dir()) {
        classes.extend(class_folders(sibling)?.iter().filter_map(|class| Some((class.file_name()?.into(), None))));
    }
    classes.extend(own.into_iter().filter_map(|class| Some((class.file_name()?.into(), Some(class)))));
    let files = classes.values().map(|class| class.as_deref().map_or(Ok(vec![]), picture_files));
    let files = files.collect::<Result<Vec<_>, _>>()?;
    let most = files.iter().map(Vec::len).max().unwrap_or(0);
    let in_turn = (0..most).flat_map(|turn| {
        let class = move |(label, files): (usize, &Vec<PathBuf>)| Some((label, files.get(turn)?.clone()));
        files.iter().enumerate().filter_map(class).collect::<Vec<_>>()
    });
    let (mut pictures, mut labels, mut bytes) = (Vec::<Picture>::new(), vec![], 0);
    for (label, path) in in_turn {
        let picture = Picture::read(&path)?;
        if let Some(first) = pictures.first()
            && (first.height, first.width) != (picture.height, picture.width)
        {
            return Err(DatasetError::PictureSize {
                path: picture.path.display().to_string(),
                height: picture.height,
                width: picture.width,
                first: first.path.display().to_string(),
                first_height: first.height,
                first_width: first.width,
            });
        }
        bytes += 3 * (picture.height * picture.width) as u64;
        if bytes > DATA_LIMIT {
            let shape = format!("{} images of {}x{} pixels", pictures.len() + 1, picture.height, picture.width);
            return Err(DatasetError::TooLarge { shape, limit: DATA_LIMIT });
        }
        pictures.push(picture);
        labels.push(
            u16::try_from(label).map_err(|_| DatasetError::NoClass { record: labels.len(), label: label as i128 })?,
        );
    }
    let Some(first) = pictures.first() else {
        return Err(DatasetError::NoPicture { folder: folder.display().to_string() });
    };
    let channels = pictures.iter().map(|picture| picture.channels).max().unwrap_or(1);
    let shape = Shape::new(channels, first.height, first.width);
    let pixels = pictures.iter().flat_map(|picture| picture.planes(channels)).collect();
    let files = pictures.iter().map(|picture| FileRecords { path: picture.path.display().to_string(), records: 1 });
    Ok(Dataset::new(shape, pixels, labels)?.with_source("image files", "uint8".into(), files.collect()))
}

/// What is in `folder`, by name; names that begin with a dot are not looked at.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let unreadable = |error| FileError::Read { path: folder.display().to_string(), error };
    let mut paths = vec![];
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn class_folders(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let paths = entries(folder)?;
    match paths.iter().find(|path| !path.is_dir()) {
        Some(stray) => {
            Err(DatasetError::Stray { path: stray.display().to_string(), needed: "the folders of the classes" })
        }
        None => Ok(paths),
    }
}

/// The images of a class, of which there is at least one.
fn picture_files(class: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let paths = entries(class)?;
    if let Some(stray) = paths.iter().find(|path| path.is_dir() || !Picture::is_named(path)) {
        let needed = "images that end with .png, .jpg or .jpeg";
        return Err(DatasetError::Stray { path: stray.display().to_string(), needed });
    }
    match paths.is_empty() {
        true => Err(DatasetError::NoPicture { folder: class.display().to_string() }),
        false => Ok(paths),
    }
}
