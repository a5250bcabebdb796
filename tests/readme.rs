//! What the README shows and says is what the program prints.

use assert_cmd::Command;
use std::path::Path;

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

/// The README on one line.
fn prose() -> String {
    single_spaces(include_str!("../README.md"))
}

/// Checks that the README says something.
fn says(sentence: &str) {
    assert!(prose().contains(sentence), "the README does not say: {sentence}");
}

/// Lines, with single spaces, that the program prints in a folder.
fn printed(place: &Path, arguments: &[&str]) -> Vec<String> {
    let mut command = Command::cargo_bin("cospike").unwrap();
    let run = command.current_dir(place).args(arguments).assert().success();
    String::from_utf8(run.get_output().stdout.clone()).unwrap().lines().map(single_spaces).collect()
}

fn check_shown(shown: &[String], printed: &[String]) {
    assert!(shown.len() >= 15, "{shown:?}");
    for line in shown {
        assert!(printed.contains(line), "README shows\n{line}\nwhich is not among\n{}", printed.join("\n"));
    }
}

/// What stands behind `beginning` in the line that begins so and has `part` in it.
fn behind<'l>(lines: &'l [String], beginning: &str, part: &str) -> &'l str {
    let found = lines.iter().filter(|line| line.contains(part)).find_map(|line| line.strip_prefix(beginning));
    found.unwrap_or_else(|| panic!("no line with {beginning:?} and {part:?} in\n{}", lines.join("\n")))
}

/// Word `index` of a text as a number.
fn number(text: &str, index: usize) -> f64 {
    let word = text.split(' ').nth(index).unwrap_or_default().trim_matches(|c: char| !c.is_ascii_digit() && c != '-');
    word.parse().unwrap_or_else(|_| panic!("word {index} of {text:?} is no number"))
}

/// Energies and times of the last stage at width 8, and how they come out where zeros are skipped.
#[test]
fn the_output_in_the_readme_is_that_of_quickstart() {
    let place = tempfile::tempdir().unwrap();
    let run = |options: &[&str]| printed(place.path(), &[&["run", "quickstart", "--store", "store"], options].concat());
    let lines = run(&[]);
    check_shown(&shown("Output of the first, shortened:\n"), &lines);
    let drawn = std::fs::read_to_string(place.path().join("out/quickstart/accuracy-payload.svg")).unwrap();
    assert!(drawn == include_str!("../docs/figures/accuracy-payload.svg"), "the first figure is another one");
    let energy = |design: &str| {
        let row = behind(&lines, &format!("{design} "), "±").split(' ').collect::<Vec<_>>();
        row[row.iter().position(|word| word.starts_with('±')).unwrap() - 1].to_string()
    };
    let [spiking, float] = ["spiking stage3 w8", "float stage3 w8"].map(energy);
    says(&format!("needs {spiking} mJ with the spiking network there and {float} mJ with the float one"));
    let later = |lines: &[String]| number(behind(lines, "spiking stage3 w8 - float stage3 w8 ", "*"), 4);
    let skipping = ["--set", "fleet.profile=edge-accelerator-zero-skipping", "--point", "8", "--point", "17"];
    let skipping = run(&[&skipping[..], &["--out", "skipping"]].concat());
    let (dense, skipping) = (-later(&lines), later(&skipping));
    says(&format!(
        "The float network is {dense:.1} ms slower on a device that computes with the zeros of its activations, and {skipping:.1} ms faster"
    ));
}

#[test]
fn the_networks_in_the_readme_are_those_of_the_zoo() {
    let lines = printed(Path::new("."), &["zoo"]);
    check_shown(&shown("brackets the lowest and the highest of three or five training seeds.\n"), &lines);
    // The last cell is `mean [lowest, highest] / bits`.
    let mean = |unit: &str| {
        let row = behind(&lines, &format!("{unit}, stage3 "), "[").to_string();
        let (before, _) = row.rsplit_once('[').unwrap();
        before.trim().rsplit(' ').next().unwrap().to_string()
    };
    says(&format!("({} and {} % of all images, means of five trainings)", mean("binary"), mean("float")));
}

/// The claim of 256 times less at 0.16 points.
#[test]
fn the_verdict_in_the_readme_is_that_of_the_page_of_claims() {
    let page = single_spaces(include_str!("../docs/paper.md"));
    let (_, claim) = page.split_once("at an accuracy loss of 0.16 %.").expect("the page has the claim");
    let (_, row) = claim.split_once("; 256× the float32 features | ").expect("the page has the finding");
    let trainings =
        claim.split_once("T = 4, ").and_then(|(_, rest)| rest.split_once(';')).expect("the setting ends with them").0;
    let (finding, rest) = row.split_once(" | **").unwrap();
    let (loss, interval) = finding.trim_end_matches("] points").split_once(" [").unwrap();
    let (low, high) = interval.split_once(", ").unwrap();
    let verdict = rest.split_once("**").unwrap().0;
    says(&format!("256 times fewer than the float32 tensor has, costs the spiking network {loss} points"));
    says(&format!("95 % interval {low} to {high}, over images and {trainings}"));
    says(&format!("that a paper claims is **{verdict}**"));
}

/// Compute alone, under the list of `quickstart` and under those that price memory, too.
#[test]
fn the_joules_in_the_readme_are_those_of_the_price_lists() {
    let lines = printed(Path::new("."), &["energy", "resnet14-stage3-w8"]);
    let less = behind(&lines, "horowitz-45nm-fp32 (", "and").to_string();
    let less = [number(&less, 0), number(&less, 2)];
    says(&format!(
        "the spiking head needs {:.1} times less if zeros are computed and {:.1} times less if they are skipped",
        less[0], less[1]
    ));
    let memory = |zeros: &str| {
        let is_memory = |line: &&String| line.starts_with("memory-") || line.starts_with("lemaire-");
        let rows = lines.iter().filter(is_memory).filter_map(|line| line.split_once(&format!(" {zeros} ")));
        let ratios: Vec<f64> = rows.map(|(_, row)| 1.0 / number(row, 3)).collect();
        assert_eq!(ratios.len(), 5, "{ratios:?}");
        [ratios.iter().copied().fold(f64::INFINITY, f64::min), ratios.iter().copied().fold(0.0, f64::max)]
    };
    let [computed, skipped] = ["computed", "skipped"].map(memory);
    says(&format!(
        "the float head needs {:.1} to {:.1} times the energy of the spiking one if zeros are computed, and {:.1} to {:.1} times if they \
         are skipped",
        computed[0], computed[1], skipped[0], skipped[1]
    ));
}
