//! Training of the networks, by group.

use super::metadata::{row, said};
use crate::quantity::{count, fixed};
use cospike_models::zoo::{WeightFile, Zoo};
use std::collections::BTreeMap;

/// Group of networks that were trained in the same way.
#[derive(Default)]
struct Group {
    networks: usize,
    seconds: Vec<f64>,
}

/// The section with recipe and time of every group of networks.
pub(super) fn section(zoo: &Zoo) -> String {
    let mut groups: BTreeMap<_, Group> = BTreeMap::new();
    for file in zoo.weight_files() {
        let metadata = &file.metadata;
        let unit = metadata.unit.as_ref().map(|unit| unit.choice.kind);
        let images = said(metadata, "training_images");
        let extra = [
            ("start", "start: "),
            ("teacher", "taught by "),
            ("head", "head "),
            ("tail", "tail "),
            ("noise", ""),
            ("augmentations", "augmentations of each image: "),
        ];
        let extra: Vec<String> = extra
            .into_iter()
            .filter_map(|(key, words)| metadata.all.get(key).map(|value| format!("{words}{value}")))
            .collect();
        let key = (metadata.backbone.as_str(), unit, kind(file), images, recipe(file), extra.join("; "));
        let group = groups.entry(key).or_default();
        group.networks += 1;
        group.seconds.extend(said(metadata, "training_seconds").parse::<f64>());
    }
    let mut text = "## Training\n\n\
                    Of several epochs the one that is best on the validation images is kept; the files say which. Times are wall-clock times \
                    on whatever machine made the file, not a benchmark.\n\n\
                    | backbone | networks | how many | images | recipe | and | minutes each |\n\
                    |---|---|---:|---:|---|---|---:|\n"
        .to_owned();
    for ((backbone, _, kind, images, recipe, extra), group) in &groups {
        let images = images.parse().map_or_else(|_| "–".to_owned(), count);
        row(&mut text, &[backbone, kind, &group.networks.to_string(), &images, recipe, extra, &group.minutes()]);
    }
    let seconds: Vec<f64> = groups.values().flat_map(|group| group.seconds.iter().copied()).collect();
    match seconds.len() {
        0 => text + "\n",
        timed => {
            text + &format!(
                "\n{} hours in all, for the {timed} networks that say.\n\n",
                fixed(seconds.iter().sum::<f64>() / 3600.0, 1)
            )
        }
    }
}

/// Kind of the networks of a group, such as `binary units` or `float, unsplit`.
fn kind(file: &WeightFile) -> String {
    match &file.metadata.unit {
        None => format!("{}, unsplit", file.metadata.family.name()),
        Some(unit) if unit.choice.variant.starts_with("noisy") => format!("{} units, noisy", unit.choice.kind.name()),
        Some(unit) => format!("{} units", unit.choice.kind.name()),
    }
}

/// The recipe without what differs from network to network: its name, and the epoch that was kept.
fn recipe(file: &WeightFile) -> String {
    let recipe = said(&file.metadata, "recipe").replace(&format!("{}/", file.name), "");
    let mut parts = recipe.split("epoch ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| match part.split_once(" of ") {
        Some((kept, rest)) if kept.parse::<u32>().is_ok() => text + "epochs: " + rest,
        _ => text + "epoch " + part,
    })
}

impl Group {
    fn minutes(&self) -> String {
        let minutes = |seconds: f64| fixed(seconds / 60.0, 1);
        let (low, high) =
            (self.seconds.iter().copied().reduce(f64::min), self.seconds.iter().copied().reduce(f64::max));
        match low.zip(high) {
            None => "–".into(),
            Some((low, high)) if minutes(low) == minutes(high) => minutes(low),
            Some((low, high)) => format!("{} to {}", minutes(low), minutes(high)),
        }
    }
}
