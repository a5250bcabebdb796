//! What a weight file has to say that CoSpike's own trainer has not written.

use super::{Normalisation, WeightFileError};
use crate::misspelt::nearest;
use cospike_sim_core::network::{Family, Fires, Leak, Neuron, Reset};
use std::collections::BTreeMap;

/// Key by which CoSpike's trainer says that it wrote a file.
const OURS: &str = "cospike_version";

/// Key of a unit's metadata by which it says for which backbone it was trained, see [`WeightFile::content`].
pub(super) const CONTENT: &str = "backbone_blake3";

/// Keys that have a meaning.
const MEANINGS: [&str; 25] = [
    "kind",
    "backbone",
    CONTENT,
    "network",
    "family",
    "time_steps",
    "levels",
    "split",
    "width",
    "stride",
    "bottleneck",
    "variant",
    "jpeg_quality",
    "tail",
    "head",
    "task",
    "test_images",
    "test_correct",
    "payload_bits",
    "validation_accuracy",
    "neuron",
    "coding",
    "normalisation",
    "readout",
    "cospike_version",
];

/// Keys that are records: they have no effect.
const RECORDS: [&str; 13] = [
    "format",
    "seed",
    "recipe",
    "teacher",
    "device",
    "start",
    "macs",
    "noise",
    "training_images",
    "augmentations",
    "training_seconds",
    "validation_images",
    "test_accuracy",
];

/// Similarity, 0 to 1, from which on another key is taken for a misspelt one.
const MISSPELT: f64 = 0.8;

/// The neuron of the network that the metadata `all` describe.
///
/// # Errors
/// In a file of another trainer: a key that is not known; `coding`, `normalisation` and, of a spiking network, `neuron` that are missing
/// or not accepted.
pub(super) fn neuron(all: &BTreeMap<String, String>, family: Family) -> Result<Neuron, WeightFileError> {
    let is_ours = all.contains_key(OURS);
    if !is_ours {
        check_keys(all)?;
        // How samples are fed in, the backbone says.
        if !all.contains_key(CONTENT) || all.contains_key("coding") {
            must_be(all, "coding", "direct", "`direct`: pixels are fed in as they are, the same in every step")?;
        }
    }
    match all.get("neuron") {
        Some(text) if family == Family::Spiking => parsed(text).ok_or_else(|| wrong("neuron", NEURON, Some(text))),
        Some(text) => Err(wrong("neuron", "left out: only a spiking network has neurons", Some(text))),
        None if is_ours || family != Family::Spiking => Ok(Neuron::INTEGRATE_AND_FIRE),
        None => Err(wrong("neuron", NEURON, None)),
    }
}

/// The normalisation of samples that the metadata `all` describe; `None` if there is none.
///
/// # Errors
/// One that is missing in a file of another trainer, or not accepted.
pub(super) fn normalisation(all: &BTreeMap<String, String>) -> Result<Option<Normalisation>, WeightFileError> {
    match all.get("normalisation").map(String::as_str) {
        None if all.contains_key(OURS) || all.contains_key(CONTENT) => Ok(None),
        Some("none") => Ok(None),
        Some(text) => match text.parse() {
            Ok(normalisation) => Ok(Some(normalisation)),
            Err(reason) => Err(WeightFileError::Normalisation(format!("{reason}; it is {NORMALISATION}"))),
        },
        None => Err(wrong("normalisation", NORMALISATION, None)),
    }
}

/// Form of the value of `normalisation`.
const NORMALISATION: &str = "`none`, if the network was trained on pixels divided by 255, or a normalisation of these, a value for \
    each channel or one for all: `mean=0.485/0.456/0.406,std=0.229/0.224/0.225`, with `,scale=255` if pixels of 0 to 255 were meant";

/// Form of the value of `neuron`.
const NEURON: &str = "`if` or `lif`, then `:` and, separated by commas, `tau=STEPS` (of lif), `decay_input=true|false` (of lif), \
    `threshold=V`, `fire=ge|gt`, `reset=soft` or `reset=hard:V`, `initial=V`; all of them, such as \
    `lif:tau=2,decay_input=true,threshold=1,fire=ge,reset=hard:0,initial=0`";

/// What [`short_neuron`] takes for values that are left out: what SpikingJelly has for its `LIFNode` and `IFNode`.
const DEFAULTS: [(&str, &str); 6] =
    [("tau", "2"), ("decay_input", "true"), ("threshold", "1"), ("fire", "ge"), ("reset", "hard:0"), ("initial", "0")];

/// The neuron in the form of the metadata, all of whose values are there.
fn parsed(text: &str) -> Option<Neuron> {
    let (kind, values) = text.split_once(':')?;
    read(kind, entries(values).ok()?).ok()
}

/// The neuron in the form of the metadata `neuron`, of which values may be left out that are then those of SpikingJelly: `tau` (2),
/// `decay_input` (true), `threshold` (1), `fire` (`ge`), `reset` (`hard:0`) and `initial` (0).
///
/// # Errors
/// What is wrong, and the form, in a sentence.
pub fn short_neuron(text: &str) -> Result<Neuron, String> {
    let (kind, values) = text.split_once(':').unwrap_or((text, ""));
    let read = || {
        let mut found = entries(values)?;
        for (key, value) in DEFAULTS.into_iter().filter(|(key, _)| kind == "lif" || !OF_LIF.contains(key)) {
            found.entry(key).or_insert(value);
        }
        read(kind, found)
    };
    read().map_err(|reason| format!("{reason}; a neuron is {NEURON}"))
}

/// Values that only `lif` has.
const OF_LIF: [&str; 2] = ["tau", "decay_input"];

/// `neuron` in the form of the metadata.
pub fn neuron_text(neuron: &Neuron) -> String {
    let kind = match neuron.leak {
        Leak::Tau(tau) => format!("lif:tau={tau},decay_input={},", neuron.decay_input),
        Leak::Share(share) => format!("lif:tau={},decay_input={},", 1.0 / share, neuron.decay_input),
        Leak::None | Leak::Learned => "if:".into(),
    };
    let fire = if neuron.fires == Fires::From { "ge" } else { "gt" };
    let reset = match neuron.reset {
        Reset::Soft => "soft".into(),
        Reset::Hard(potential) => format!("hard:{potential}"),
    };
    format!("{kind}threshold={},fire={fire},reset={reset},initial={}", neuron.threshold, neuron.initial)
}

fn entries(values: &str) -> Result<BTreeMap<&str, &str>, String> {
    let mut found = BTreeMap::new();
    for value in values.split(',').filter(|_| !values.is_empty()) {
        let (key, of) = value.split_once('=').ok_or_else(|| format!("`{value}` has no `=`"))?;
        if found.insert(key.trim(), of.trim()).is_some() {
            return Err(format!("`{}` is there twice", key.trim()));
        }
    }
    Ok(found)
}

fn read(kind: &str, mut found: BTreeMap<&str, &str>) -> Result<Neuron, String> {
    let mut take = |key: &'static str| found.remove(key).ok_or_else(|| format!("`{key}` is missing"));
    let (leak, decay_input) = match kind {
        "if" => (Leak::None, false),
        "lif" => {
            let tau = number("tau", take("tau")?)?;
            if tau < 1.0 {
                return Err(format!("`tau` is {tau}, but must be 1 step or more"));
            }
            let decays = take("decay_input")?;
            let decays =
                decays.parse().map_err(|_| format!("`decay_input` is `{decays}` instead of `true` or `false`"));
            (Leak::Tau(tau), decays?)
        }
        other => return Err(format!("`{other}` is neither `if` nor `lif`")),
    };
    let reset = match take("reset")? {
        "soft" => Reset::Soft,
        hard => match hard.strip_prefix("hard:") {
            Some(potential) => Reset::Hard(number("reset", potential)?),
            None => return Err(format!("`reset` is `{hard}` instead of `soft` or `hard:V`")),
        },
    };
    let fires = match take("fire")? {
        "ge" => Fires::From,
        "gt" => Fires::Above,
        other => return Err(format!("`fire` is `{other}` instead of `ge` or `gt`")),
    };
    let (threshold, initial) = (number("threshold", take("threshold")?)?, number("initial", take("initial")?)?);
    if let Some(unknown) = found.keys().next() {
        return Err(format!("`{unknown}` is not known of `{kind}`"));
    }
    let rest = if let Reset::Hard(rest) = reset { rest } else { 0.0 };
    if threshold <= rest {
        return Err(format!(
            "the threshold {threshold} must be above {rest}, where a membrane begins again after a spike"
        ));
    }
    Ok(Neuron { leak, decay_input, threshold, fires, initial, reset })
}

fn number(key: &str, text: &str) -> Result<f32, String> {
    let number = text.parse().ok().filter(|number: &f32| number.is_finite());
    number.ok_or_else(|| format!("`{key}` is `{text}` instead of a number"))
}

fn check_keys(all: &BTreeMap<String, String>) -> Result<(), WeightFileError> {
    let known = || MEANINGS.iter().chain(&RECORDS);
    let Some(key) = all.keys().find(|key| !known().any(|known| *known == key.as_str())) else { return Ok(()) };
    let nearest = nearest(key, known().copied(), MISSPELT);
    Err(WeightFileError::UnknownKey { key: key.escape_debug().to_string(), nearest })
}

fn must_be(
    all: &BTreeMap<String, String>,
    key: &'static str,
    value: &str,
    needed: &'static str,
) -> Result<(), WeightFileError> {
    match all.get(key) {
        Some(found) if found == value => Ok(()),
        found => Err(wrong(key, needed, found)),
    }
}

fn wrong(key: &'static str, needed: &'static str, found: Option<&String>) -> WeightFileError {
    WeightFileError::Metadata { key, needed, found: found.cloned() }
}
