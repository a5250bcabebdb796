//! Plans: those that ship, and what is said of bad ones.

use super::bars;
use crate::data::Samples;
use crate::plan::Plan;
use std::path::Path;

#[test]
fn the_plans_that_ship_are_plans() {
    let names = |text: &str| -> Vec<String> {
        Plan::read(text, Path::new("")).unwrap().jobs().iter().map(crate::plan::Job::name).collect()
    };
    let zoo = names(include_str!("../../plan.toml"));
    for name in ["resnet14-spiking", "mobilenet-float", "resnet14-quantised-stage3-w2", "resnet14-float-stem-w8-binary"]
    {
        assert!(zoo.iter().any(|n| n == name), "{name} is not in {zoo:?}");
    }
    let seeds = names(include_str!("../../seeds.toml"));
    assert!(seeds.iter().any(|name| name == "resnet14-seed2-spiking-stage3-w8-seed3"), "{seeds:?}");
    let steps = names(include_str!("../../trials/steps.toml"));
    assert!(steps.iter().any(|name| name == "resnet14-seed108-spiking-stage3-w4-seed3"), "{steps:?}");
    let joint = names(include_str!("../../trials/joint.toml"));
    assert!(joint.iter().any(|name| name == "resnet14-float-stage3-w8-binary-joint"), "{joint:?}");
    assert_eq!(names(include_str!("../../trials/augmented.toml")).len(), 7);
    assert!(zoo.iter().all(|name| !seeds.contains(name)), "each network has one recipe");
}

/// Levels belong to the backbone, whose units take them from it.
#[test]
fn a_quantised_network_needs_its_levels() {
    let plan = |own: &str| {
        let text = format!(
            "task = 't'\nvalidation_images = 1\n[[backbone]]\nnetwork = 'resnet14'\nfamily = 'quantised'\n{own}\n"
        );
        Plan::read(&text, Path::new(""))
    };
    assert!(plan("levels = 3\nphases = [{ epochs = 1, batch = 1, peak_rate = 1e-3 }]").is_ok());
    for own in [
        "phases = [{ epochs = 1, batch = 1, peak_rate = 1e-3 }]",
        "levels = 1\nphases = [{ epochs = 1, batch = 1, peak_rate = 1e-3 }]",
        "levels = 4\nphases = [{ levels = 4, epochs = 1, batch = 1, peak_rate = 1e-3 }]",
    ] {
        let error = format!("{:#}", plan(own).unwrap_err());
        assert!(error.contains("levels"), "{error}");
    }
}

/// What a plan asks for that cannot be done is said, with the values, before anything is trained.
#[test]
fn bad_plans_are_refused_in_words() {
    let phase = "phases = [{ epochs = 1, batch = 8, peak_rate = 1e-3 }]";
    let plan = |held: usize, backbone: &str, units: &str| {
        let text = format!(
            "task = 't'\nvalidation_images = {held}\n[[backbone]]\nnetwork = 'resnet14'\nfamily = 'float'\n{backbone}\n{units}"
        );
        Plan::read(&text, Path::new("")).map(drop).map_err(|error| format!("{error:#}"))
    };
    let units = |change: (&str, &str)| {
        let text = "[[units]]\nnetwork = 'resnet14'\nkinds = ['float']\nsplits = ['stage3']\nwidths = [2]\nstrides = [2]\nimages = 64\n\
                    restore = { epochs = 1, batch = 8, peak_rate = 1e-3 }\nclassify = { epochs = 1, batch = 8, peak_rate = 1e-3 }\n";
        assert!(text.contains(change.0));
        plan(10, phase, &text.replace(change.0, change.1))
    };
    assert_eq!(units(("", "")), Ok(()));
    let joint = |behind: &str| {
        let keys = format!(
            "joint = {{ behind = '{behind}', epochs = 1, batch = 8, peak_rate = 1e-3 }}\ntune_tail = true\nimages"
        );
        units(("images", &keys))
    };
    assert_eq!(joint("stage2"), Ok(()));
    for (found, expected) in [
        (plan(0, phase, ""), "`validation_images` is 0"),
        (plan(10, &phase.replace("epochs = 1", "epochs = 0"), ""), "`resnet14-float` has `epochs` 0"),
        (plan(10, &phase.replace("batch = 8", "batch = 0"), ""), "`resnet14-float` has `batch` 0"),
        (plan(10, &phase.replace("1e-3", "0.0"), ""), "has `peak_rate` 0"),
        (plan(10, &phase.replace("1e-3", "nan"), ""), "has `peak_rate` NaN"),
        (
            plan(10, &phase.replace("1e-3", "1e9"), ""),
            "has `peak_rate` 1000000000: give a learning rate above 0 and at most 10",
        ),
        (plan(10, "phases = []", ""), "has no phase"),
        (plan(10, "family = 'spiking'", ""), "duplicate key"),
        (
            plan(10, &format!("start = 'resnet14-quantised'\n{phase}"), ""),
            "starts from `resnet14-quantised`, which is not a backbone of the plan: add it",
        ),
        (plan(10, &format!("start = 'resnet14-float'\n{phase}"), ""), "`resnet14-float` starts from itself"),
        (
            plan(
                10,
                phase,
                &format!("[[backbone]]\nnetwork = 'mobilenet'\nfamily = 'float'\nstart = 'resnet14-float'\n{phase}"),
            ),
            "starts from `resnet14-float`, whose network is `resnet14`: name a backbone of `mobilenet`",
        ),
        (units(("widths = [2]", "widths = [0]")), "has 0 in `widths`"),
        (units(("widths = [2]", "widths = []")), "the [[units]] of `resnet14` have no `widths`"),
        (units(("strides = [2]", "strides = [0]")), "0"),
        (units(("images = 64", "images = 0")), "has 0 in `images`"),
        (units(("images = 64", "images = 64\naugmentations = 0")), "has 0 in `augmentations`"),
        (units(("'stage3'", "'stage9'")), "stage9"),
        (units(("kinds = ['float']", "kinds = []")), "have no `kinds`"),
        (
            units(("images", "joint = { behind = 'stage2', epochs = 1, batch = 8, peak_rate = 1e-3 }\nimages")),
            "give `tune_tail = true`",
        ),
        (
            joint("stage3"),
            "`resnet14-float-stage3-w2-joint` is tuned jointly behind `stage3`, where its head has no layers",
        ),
        (joint("stage9"), "stage9"),
    ] {
        assert!(found.as_ref().is_err_and(|message| message.contains(expected)), "{expected}: {found:?}");
    }
    let spiking = |steps: usize| {
        let phase = format!("phases = [{{ steps = {steps}, epochs = 1, batch = 8, peak_rate = 1e-3 }}]");
        let text = format!(
            "task = 't'\nvalidation_images = 1\n[[backbone]]\nnetwork = 'resnet14'\nfamily = 'spiking'\n{phase}"
        );
        Plan::read(&text, Path::new("")).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!((spiking(1), spiking(10_000)), (Ok(()), Ok(())));
    for steps in [0, 10_001] {
        assert!(spiking(steps).unwrap_err().contains(&format!("has `steps` {steps}: give 1 to 10000 time steps")));
    }
    let held = Samples::new(bars(24), 24, 1).err().unwrap().to_string();
    assert!(held.contains("`validation_images` is 24, but there are 24 training images in all"), "{held}");
}

/// The plan that `cospike check --training-plan` writes for a scenario (see `tests/training_plan.rs` of the program) trains the networks that
/// it asks for, under the names by which it finds them.
#[test]
fn a_plan_made_from_a_scenario_trains_what_it_asks_for() {
    let plan = Plan::read(include_str!("../../../tests/data/training_plan.toml"), Path::new("")).unwrap();
    let mut names: Vec<String> = plan.jobs().iter().map(crate::plan::Job::name).collect();
    names.sort();
    let expected = [
        "resnet14-float",
        "resnet14-float-stage3-w3-jscc-erasures",
        "resnet14-quantised",
        "resnet14-quantised-stage3-w3",
        "resnet14-quantised-stage3-w3-s1-seed2",
        "resnet14-quantised-stage3-w4-s1-seed2",
        "resnet14-seed9-float",
        "resnet14-seed9-spiking",
        "resnet14-spiking-stage3-w3",
        "resnet14-spiking-stage3-w3-s1-seed2",
        "resnet14-spiking-stage3-w4-s1-seed2",
    ];
    assert_eq!(names, expected);
}
