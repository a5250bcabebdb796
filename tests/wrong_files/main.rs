//! Wrong files of the user's, each answered in words, with exit code 2 and no panic. `cases.txt` says of each how it is made, which
//! command reads it, and words that the answer must have.

mod making;

use assert_cmd::Command;
use std::path::Path;

/// A case of `cases.txt`: a title (`## ...`), steps that make files, the command (`$ ...`), and expected words (`> ...`).
struct Case {
    title: &'static str,
    steps: Vec<&'static str>,
    command: &'static str,
    words: Vec<&'static str>,
}

fn cases() -> Vec<Case> {
    let case = |text: &'static str| {
        let (title, rest) = text.split_once('\n').unwrap();
        let lines = || rest.lines().filter(|line| !line.is_empty());
        let with = |mark: &'static str| lines().filter_map(move |line| line.strip_prefix(mark));
        Case {
            title,
            steps: lines().filter(|line| !line.starts_with("$ ") && !line.starts_with("> ")).collect(),
            command: with("$ ").next().unwrap_or_else(|| panic!("{title} has no command")),
            words: with("> ").collect(),
        }
    };
    include_str!("cases.txt").split("## ").skip(1).map(case).collect()
}

/// What is wrong with the answer; nothing if it is right.
fn fault(case: &Case, folder: &Path) -> Option<String> {
    case.steps.iter().for_each(|step| making::take(step, folder));
    let mut command = Command::cargo_bin("cospike").unwrap();
    let output = command.current_dir(folder).args(case.command.split(' ')).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let missing: Vec<_> = case.words.iter().filter(|words| !said.contains(**words)).collect();
    let is_right = output.status.code() == Some(2)
        && said.starts_with("error")
        && !said.contains("panicked")
        && !case.words.is_empty()
        && missing.is_empty();
    (!is_right)
        .then(|| format!("## {}\n$ {}\n{}, without {missing:?}:\n{said}", case.title, case.command, output.status))
}

#[test]
fn each_wrong_file_is_answered_in_words() {
    let cases = cases();
    assert!(cases.len() >= 40, "{} cases", cases.len());
    let faults = cases.iter().filter_map(|case| fault(case, tempfile::tempdir().unwrap().path()));
    let faults: Vec<String> = faults.collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
