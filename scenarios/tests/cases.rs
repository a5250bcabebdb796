//! Every mistake of `cases/*.toml` is reported as `cases/*.expected` says (invariant 11). Each case is a test of its own.
//! After a deliberate change, `COSPIKE_BLESS=1 cargo test -p cospike-scenarios --test cases` writes what is reported now.

#[path = "../../models/tests/random_zoo/mod.rs"]
mod random_zoo;

use cospike_models::zoo::Zoo;
use cospike_scenarios::diagnostic::Source;
use cospike_scenarios::{CompileError, compile};
use std::path::Path;
use std::sync::LazyLock;

static ZOO: LazyLock<Zoo> = LazyLock::new(random_zoo::random_zoo);

fn invariant_11_the_mistake_is_reported_where_it_stands(path: &Path) -> datatest_stable::Result<()> {
    let mut source = Source::read(path)?;
    source.name = path.file_name().ok_or("no name")?.to_string_lossy().into_owned();
    let Err(CompileError::Mistake(mistake)) = compile(&source, &ZOO) else {
        return Err("the file has no mistake".into());
    };
    let folder = path.parent().ok_or("no folder")?;
    let report = format!("{mistake}\n").replace(&*folder.to_string_lossy(), "FOLDER");
    if !report.contains(&format!(":{}:{}\n", mistake.line(), mistake.column())) {
        return Err(format!("no line and column in {report}").into());
    }
    let expected = path.with_extension("expected");
    if std::env::var_os("COSPIKE_BLESS").is_some() {
        std::fs::write(&expected, &report)?;
    }
    let expected = std::fs::read_to_string(&expected)?;
    if report == expected { Ok(()) } else { Err(format!("expected\n{expected}\nbut got\n{report}").into()) }
}

datatest_stable::harness! {
    {
        test = invariant_11_the_mistake_is_reported_where_it_stands,
        root = "tests/cases",
        pattern = r"^[^/]+\.toml$",
    },
}
