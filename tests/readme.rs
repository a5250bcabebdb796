//! What the README shows of the main job is what the main job prints.

use assert_cmd::Command;

/// The lines of the block behind `heading` that are indented, with single spaces.
fn shown(heading: &str) -> Vec<String> {
    let readme = include_str!("../README.md");
    let (_, behind) = readme.split_once(heading).expect("the README has the heading");
    let block = behind.lines().skip(1).take_while(|line| line.is_empty() || line.starts_with("    "));
    block.map(single_spaces).filter(|line| !line.is_empty() && line != "...").collect()
}

fn single_spaces(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_output_in_the_readme_is_that_of_quickstart() {
    let shown = shown("Output of the first, shortened:\n");
    assert!(shown.len() >= 15, "{shown:?}");
    let place = tempfile::tempdir().unwrap();
    let mut command = Command::cargo_bin("cospike").unwrap();
    let run = command.current_dir(place.path()).args(["run", "quickstart", "--no-store"]).assert().success();
    let printed = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    let printed: Vec<String> = printed.lines().map(single_spaces).collect();
    for line in &shown {
        assert!(printed.contains(line), "README shows\n{line}\nwhich is not among\n{}", printed.join("\n"));
    }
    let drawn = std::fs::read_to_string(place.path().join("out/quickstart/accuracy-payload.svg")).unwrap();
    assert!(drawn == include_str!("../docs/figures/accuracy-payload.svg"), "the first figure is another one");
}
