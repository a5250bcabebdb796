//! The page in a real browser, as readers use it: Chromium without a window, driven by puppeteer-core, and examined by axe-core. The test
//! says that it is skipped where one of them is missing: `npm install` both into a folder that `COSPIKE_BROWSER_MODULES` names.

use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Folder of the modules and path of the browser.
fn tools() -> Option<(PathBuf, PathBuf)> {
    let modules = PathBuf::from(std::env::var_os("COSPIKE_BROWSER_MODULES")?);
    let folders = std::env::split_paths(&std::env::var_os("PATH")?).collect::<Vec<_>>();
    let program = |name: &str| folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    let is_installed = |module: &str| modules.join("node_modules").join(module).is_dir();
    program("node").filter(|_| ["puppeteer-core", "axe-core"].into_iter().all(is_installed))?;
    Some((modules, program("chromium").or_else(|| program("chromium-browser"))?))
}

/// Both families over three losses, and a cell that is overloaded.
fn report(here: &Path) -> PathBuf {
    let (text, _) = include_str!("data/small.toml").split_once("[sweep]").unwrap();
    let lossy = "[[sweep]]\nnetwork.family = [\"spiking\", \"float\"]\nnetwork.width = [4]\nlink.packet_loss = [0.0, 0.1, 0.3]\n";
    let over =
        "[[sweep]]\nname = \"slow\"\nnetwork.family = [\"spiking\"]\nnetwork.width = [4]\nlink.uplink_mbps = [0.001]\n";
    std::fs::write(here.join("links.toml"), format!("# What does loss cost?\n{text}{lossy}{over}")).unwrap();
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.current_dir(here).args(["run", "links.toml", "--no-store"]).assert().success();
    here.join("out/small/report.html")
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn the_page_works_in_a_browser() {
    let Some((modules, browser)) = tools() else {
        return println!("skipped: Chromium, Node.js or the folder in COSPIKE_BROWSER_MODULES is missing");
    };
    let folder = tempfile::tempdir().unwrap();
    let (page, downloads) = (report(folder.path()), folder.path().join("downloads"));
    std::fs::create_dir(&downloads).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/check.mjs");
    let mut node = Command::new("node");
    let output = node.arg(script).args([&modules, &browser, &page, &downloads]).assert().success();
    let found: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let looks = found["looks"].as_array().unwrap();
    assert_eq!(looks.len(), 4, "two widths, light and dark");
    for look in looks {
        assert_eq!((texts(&look["faults"]).len(), texts(&look["findings"]).len()), (0, 0), "{look:#}");
        assert!(look["figures"].as_u64() >= Some(4) && look["wider"] == 0 && look["broken"] == 0, "{look:#}");
        assert!(
            look["scrolling"] == 0 && look["letters"].as_f64() >= Some(7.5),
            "figures fit and can be read: {look:#}"
        );
    }
    check_use(&found["use"]);
    check_explore(&found["explore"]);
    let bare = &found["without_scripts"];
    assert!(texts(&bare["faults"]).is_empty() && bare["buttons"] == 0, "{bare}");
    assert!(
        bare["figures"].as_u64().map(|drawn| drawn + 1) == looks[0]["figures"].as_u64()
            && bare["tables"].as_u64() >= Some(2),
        "{bare}"
    );
}

/// Sorting, filtering, hiding, saving, copying and pointing.
fn check_use(seen: &Value) {
    assert_eq!(texts(&seen["faults"]), Vec::<&str>::new());
    assert_eq!(texts(&seen["before"]).len(), 7);
    let (up, down) = (texts(&seen["ascending"]), texts(&seen["descending"]));
    let numbers = |texts: &[&str]| -> Vec<f64> {
        texts.iter().filter_map(|text| text.split_whitespace().next()?.parse().ok()).collect()
    };
    assert!(numbers(&up).len() == 6 && numbers(&up).is_sorted() && up[0] != up[5], "{up:?}");
    assert!(numbers(&down).iter().rev().is_sorted() && down[0] == "–", "{down:?}");
    let filtered = texts(&seen["filtered"]);
    assert!(filtered.len() == 1 && filtered[0].contains("float") && filtered[0].contains("0.3"), "{filtered:?}");
    let csv = seen["csv"].as_str().unwrap();
    assert!(csv.lines().count() == 2 && csv.starts_with("\"Design point\",") && csv.contains(filtered[0]), "{csv}");
    let columns: Vec<u64> = seen["columns"].as_array().unwrap().iter().map(|number| number.as_u64().unwrap()).collect();
    assert!(columns[1] < columns[0] && columns[2] == columns[0], "{columns:?}");
    let svg = seen["svg"].as_str().unwrap();
    // As HTML writes it, a space that does not break would be a mistake in XML.
    assert!(svg.starts_with("<svg ") && svg.contains('\u{a0}') && !svg.contains("&nbsp;"), "{svg}");
    assert_eq!(seen["copied"], "copied");
    let toml: toml::Table = seen["toml"].as_str().unwrap().parse().unwrap();
    assert_eq!(toml["network"]["family"].as_str(), Some("spiking"));
    let tip = seen["tip"].as_str().unwrap();
    assert!(tip.contains("link.packet_loss = 0: ") && tip.contains('%'), "{tip}");
}

/// Axes, colours, keys, filter and downloads of the figure that the reader chooses.
fn check_explore(seen: &Value) {
    assert_eq!(texts(&seen["faults"]), Vec::<&str>::new());
    let rows = |of: &Value| -> Vec<Vec<String>> {
        let row = |row: &Value| texts(row).into_iter().map(str::to_owned).collect();
        of["rows"].as_array().unwrap().iter().map(row).collect()
    };
    let begin = &seen["begin"];
    assert_eq!(rows(begin).len(), 6, "the overloaded point does not have the key: {begin:#}");
    assert!(texts(&begin["texts"]).contains(&"link.packet_loss"), "{begin:#}");
    let mut colours = texts(&begin["lines"]);
    colours.sort_unstable();
    assert_eq!(colours, ["#0072b2", "#d55e00"], "a line for each kind, in its colour");
    let chosen = &seen["chosen"];
    let found = rows(chosen);
    assert_eq!(found.len(), 6, "an overloaded place has no mean latency: {chosen:#}");
    assert!(
        found.iter().all(|row| ["spiking", "float"].contains(&row[1].as_str()) && row[2].ends_with("ms")),
        "{found:?}"
    );
    assert_eq!(texts(&chosen["legend"]), ["0", "0.1", "0.3"]);
    assert!(texts(&chosen["texts"]).iter().any(|text| text.starts_with("Mean latency (ms)")), "{chosen:#}");
    assert!(texts(&chosen["lines"]).is_empty(), "words have no order");
    let (first, last) = (seen["first"].as_str().unwrap(), seen["last"].as_str().unwrap());
    assert!(
        first.contains("network.family spiking, Mean latency ") && last.contains("network.family float, "),
        "{first} {last}"
    );
    let filtered = rows(&seen["filtered"]);
    assert!(filtered.len() == 1 && filtered[0][0].contains("float") && seen["filtered"]["table"] == 1, "{filtered:?}");
    let png = &seen["png"];
    assert!(png["start"] == "PNG" && png["width"] == 2160 && png["height"] == 1260, "{png}");
    assert_eq!(seen["static"]["wanted"], seen["static"]["found"]);
    assert!(seen["svg"].as_str().unwrap().contains("network.family"));
}
