//! The tutorial does what it says: its commands are executed as they stand, and print what it shows.

use std::path::Path;
use std::process::Command;

/// The blocks of a page that are fenced as `sh` or `text`, in order.
fn blocks(page: &str) -> Vec<(&str, String)> {
    let mut blocks = vec![];
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```").filter(|kind| !kind.is_empty()) {
            let inner: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((kind, inner.join("\n")));
        }
    }
    blocks
}

/// A line without what an output need not share with the page: blanks, and their kind.
fn single_spaces(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Executes commands in `here` and returns what they print.
fn execute(commands: &str, here: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_cospike")).parent().unwrap();
    let path = std::env::join_paths(
        [program.to_path_buf()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let mut shell = Command::new("bash");
    shell.args(["-e", "-c", commands]).current_dir(here).env("PATH", path.unwrap());
    let output = shell.env("COSPIKE_STORE", here.join("store")).env("COLUMNS", "120").output().unwrap();
    let [printed, errors] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(output.status.success(), "{commands}\n{printed}\n{errors}");
    printed
}

#[cfg(unix)]
#[test]
fn the_tutorial_can_be_followed_literally() {
    let folder = tempfile::tempdir().unwrap();
    let mut printed = String::new();
    let (mut commands, mut compared) = (0, 0);
    for (kind, text) in blocks(include_str!("../docs/tutorial.md")) {
        if kind == "sh" {
            printed = execute(&text, folder.path());
            commands += 1;
            continue;
        }
        let lines: Vec<String> = printed.lines().map(single_spaces).collect();
        let mut place = 0;
        for shown in text.lines().map(single_spaces).filter(|line| line != "...") {
            let found = lines[place..].iter().position(|line| line.starts_with(&shown));
            place +=
                found.unwrap_or_else(|| panic!("the tutorial shows\n{shown}\nwhich is not next among\n{printed}")) + 1;
            compared += 1;
        }
    }
    assert!(commands >= 8 && compared >= 12, "{commands} commands, {compared} lines");
    let figure = std::fs::read_to_string(folder.path().join("energy.svg")).unwrap();
    assert!(figure.contains("mm\"") && folder.path().join("energy.csv").exists(), "{figure}");
}
