//! `cospike figure`, as a user calls it.

use assert_cmd::Command;
use std::fs;
use std::path::Path;

fn cospike(here: &Path, arguments: &str) -> assert_cmd::assert::Assert {
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.current_dir(here).args(arguments.split(' ')).assert()
}

fn refused(here: &Path, arguments: &str) -> String {
    String::from_utf8(cospike(here, arguments).code(2).get_output().stderr.clone()).unwrap()
}

#[test]
fn a_figure_and_its_data_are_written_and_what_is_wrong_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("small.toml"), include_str!("data/small.toml")).unwrap();
    cospike(here, "run small.toml --no-store").success();
    let line = "figure out/small --x network.width --y correct --by kind";
    for (file, start) in [("f.svg", &b"<svg xmlns="[..]), ("f.pdf", b"%PDF-"), ("f.png", b"\x89PNG")] {
        // The second time the file of the first one is replaced, by the same bytes.
        let contents = [(); 2].map(|()| {
            cospike(here, &format!("{line} --size 84x60mm --font 8 --out {file}"))
                .success()
                .stdout(format!("{file}\nf.csv\n"));
            fs::read(here.join(file)).unwrap()
        });
        assert!(contents[0].starts_with(start) && contents[0] == contents[1], "{file}");
    }
    let csv = fs::read_to_string(here.join("f.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1 + 4, "{csv}");
    assert!(
        csv.starts_with(
            "line,design_point,label,network.width,correct,correct_low,correct_high,remark\nspiking,0,spiking"
        ),
        "{csv}"
    );
    cospike(here, &format!("{line} --preset slide --out slide.svg")).success();
    assert!(fs::read_to_string(here.join("slide.svg")).unwrap().contains("width=\"254mm\" height=\"142mm\""));
    let wrong = refused(here, &line.replace("correct", "corect").replace("kind", "kind --out g.svg"));
    assert!(wrong.contains("no column `corect`") && wrong.contains("did you mean `correct`?"), "{wrong}");
    assert!(refused(here, &format!("{line} --out g.jpeg")).contains("must be .svg, .pdf or .png"));
    assert!(refused(here, &format!("{line} --size 84x60 --out g.svg")).contains("such as `84x60mm`"));
    assert!(refused(here, &format!("{line} --where width --out g.svg")).contains("is no filter"));
    // What is not a figure of ours stays, and so does what it would stand beside.
    for (name, other) in
        [("own.svg", "own.svg"), ("own.pdf", "own.pdf"), ("own.png", "own.png"), ("data.svg", "data.csv")]
    {
        fs::write(here.join(other), "%PDF-1.7 <svg xmlns= my own").unwrap();
        assert!(refused(here, &format!("{line} --out {name}")).contains("is not overwritten"), "{name}");
        assert_eq!(fs::read_to_string(here.join(other)).unwrap(), "%PDF-1.7 <svg xmlns= my own");
    }
    assert!(!here.join("data.svg").exists() && !here.join("g.svg").exists());
}
