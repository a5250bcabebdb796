//! The tables in Python: the code of the page about them, the notebook, and the package.

use std::path::Path;
use std::process::Command;

/// Modules that the page names.
const MODULES: &str = "import duckdb, matplotlib, pandas, polars, pyarrow";

/// A script of these tests, to be run in `folder` with the package and the program; `None`, with a message, where there is no Python that
/// has the modules.
fn python(script: &str, folder: &Path) -> Option<Command> {
    let program = std::env::var_os("COSPIKE_PYTHON").unwrap_or_else(|| "python3".into());
    if !Command::new(&program).args(["-c", MODULES]).output().is_ok_and(|output| output.status.success()) {
        println!("skipped: `{MODULES}` fails in {} (COSPIKE_PYTHON names another Python)", program.display());
        return None;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(program);
    command.arg(root.join("tests/python").join(script)).current_dir(folder);
    command.env("PYTHONPATH", root.join("python")).env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("COSPIKE_BINARY", env!("CARGO_BIN_EXE_cospike")).env("COSPIKE_STORE", folder.join("store"));
    Some(command)
}

fn succeeds(mut command: Command) -> String {
    let output = command.output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", said(&output.stdout), said(&output.stderr));
    said(&output.stdout)
}

#[test]
fn the_package_gives_what_the_tables_hold_and_mistakes_with_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let Some(command) = python("package.py", folder.path()) else { return };
    succeeds(command);
}

/// The study of the page, with fewer samples and requests.
#[test]
fn the_code_of_the_page_and_of_the_notebook_runs() {
    let folder = tempfile::tempdir().unwrap();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (page, blocks) in [("analysis.md", 10), ("analysis.ipynb", 3)] {
        let Some(mut command) = python("page.py", folder.path()) else { return };
        let mut run = Command::new(env!("CARGO_BIN_EXE_cospike"));
        run.args(["run", "quickstart", "--set", "samples.count=40", "--store", "store"]).current_dir(folder.path());
        succeeds(run);
        command.arg(docs.join(page));
        assert!(succeeds(command).ends_with(&format!("{blocks} blocks\n")));
    }
}
