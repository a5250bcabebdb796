//! A scenario that names networks that no file has: `check` says how to train them, and writes the plan.

use assert_cmd::Command;
use std::path::Path;

fn cospike(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.args(arguments).current_dir(folder);
    command
}

fn said(command: &mut Command, code: i32) -> String {
    let output = command.assert().code(code).get_output().clone();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

/// The plan in `tests/data/training_plan.toml` is read by a test of the trainer, which holds it against the networks that are asked for here.
#[test]
fn what_no_file_has_can_be_trained() {
    let place = tempfile::tempdir().unwrap();
    let (before, _) = include_str!("data/small.toml").split_once("[sweep]").unwrap();
    let sweep = r#"
[[sweep]]
name = "units"
network.bottleneck = ["spiking", "quantised"]
network.width = [3, 4]
network.variant = ["plain", "s1-seed2"]

[[sweep]]
name = "noise"
network.bottleneck = ["jscc"]
network.width = [3]
network.variant = ["erasures"]

[[sweep]]
name = "again"
network.backbone = ["resnet14-seed9"]
network.family = ["spiking"]
network.time_steps = [6]
"#;
    std::fs::write(place.path().join("own.toml"), format!("{before}{sweep}")).unwrap();
    let refused = said(&mut cospike(&["check", "own.toml"], place.path()), 2);
    let help = "or train the 11 missing networks, in about 3 hours: `cospike check own.toml --training-plan FILE.toml` writes the plan";
    assert!(refused.starts_with("error: the zoo has no") && refused.contains(help), "{refused}");
    let written = said(&mut cospike(&["check", "own.toml", "--training-plan", "plan.toml"], place.path()), 0);
    assert!(written.contains("train --plan plan.toml --data DIR") && written.contains("about "), "{written}");
    let plan = std::fs::read_to_string(place.path().join("plan.toml")).unwrap();
    let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/training_plan.toml");
    if std::env::var_os("COSPIKE_BLESS").is_some() {
        std::fs::write(&expected, &plan).unwrap();
    }
    assert_eq!(plan, std::fs::read_to_string(expected).unwrap());
    let again = said(&mut cospike(&["check", "own.toml", "--training-plan", "plan.toml"], place.path()), 2);
    assert!(again.contains("plan.toml is there already, and is not replaced"), "{again}");
    let nothing = said(&mut cospike(&["check", "quickstart", "--training-plan", "other.toml"], place.path()), 2);
    assert!(nothing.contains("nothing has to be trained"), "{nothing}");
    let strange =
        ["check", "own.toml", "--set", "network.variant=loud", "--point", "0", "--training-plan", "other.toml"];
    let strange = said(&mut cospike(&strange, place.path()), 2);
    assert!(strange.contains("no plan makes spiking units of the variant `loud`"), "{strange}");
}
