//! The layers hold: no crate and no module of sim-core names one above it, and no files need one another in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The crates, and those that each may depend on.
const CRATES: [(&str, &[&str]); 10] = [
    ("sim-core", &[]),
    ("models", &["sim-core"]),
    ("results", &["sim-core"]),
    ("studies", &["sim-core", "models", "results"]),
    ("cluster", &["results", "studies"]),
    ("scenarios", &["sim-core", "models", "results", "studies"]),
    ("reports", &["sim-core", "models", "results"]),
    ("training", &["sim-core", "models"]),
    ("bench", &["sim-core", "models"]),
    (".", &["sim-core", "models", "results", "studies", "cluster", "scenarios", "reports", "bench"]),
];

/// Modules of sim-core, lowest first. Each may use those before it; those of one group do not know one another.
const MODULES: [&[&str]; 11] = [
    &["record"],
    &["breakdown"],
    &["kernel"],
    &["stats"],
    &["network"],
    &["inference"],
    &["payload"],
    &["split"],
    &["energy", "compute"],
    &["edge", "link", "cloud", "workload"],
    &["cosim"],
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Source files below `folder`.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match entry.is_dir() {
            true => files.extend(sources(&entry)),
            false if entry.extension().is_some_and(|ending| ending == "rs") => files.push(entry),
            false => {}
        }
    }
    files.sort();
    files
}

/// The code of a file: without comments, tests and strings that could look like paths.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn no_crate_depends_on_one_above_it() {
    for (folder, allowed) in CRATES {
        let manifest: toml::Table =
            fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap().parse().unwrap();
        let found: BTreeSet<&str> = manifest["dependencies"]
            .as_table()
            .unwrap()
            .keys()
            .filter_map(|name| name.strip_prefix("cospike-"))
            .collect();
        let allowed = allowed.iter().copied().collect::<BTreeSet<_>>();
        let above: Vec<_> = found.difference(&allowed).collect();
        assert!(above.is_empty(), "{folder} depends on {above:?}, but may depend on {allowed:?} only");
    }
}

#[test]
fn no_module_of_sim_core_names_one_above_it() {
    let all: BTreeSet<&str> = MODULES.concat().into_iter().collect();
    for (level, group) in MODULES.iter().enumerate() {
        let below: BTreeSet<&str> = MODULES[..level].concat().into_iter().collect();
        for module in *group {
            let (file, folder) =
                (root().join(format!("sim-core/src/{module}.rs")), root().join("sim-core/src").join(module));
            let files = if file.exists() { vec![file] } else { sources(&folder) };
            for path in files {
                let named: BTreeSet<String> =
                    paths(&code(&path)).into_iter().filter_map(|path| path.first().cloned()).collect();
                let named = named.iter().map(String::as_str).filter(|name| all.contains(name) && name != module);
                let above: Vec<_> = named.filter(|name| !below.contains(name)).collect();
                assert!(above.is_empty(), "{} names {above:?}, which do not lie below {module}", path.display());
            }
        }
    }
    let folder = sources(&root().join("sim-core/src"));
    let known = |path: &PathBuf| {
        let inside = path.strip_prefix(root().join("sim-core/src")).unwrap();
        let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
        let first = first.trim_end_matches(".rs");
        all.contains(first) || ["lib", "bench_support"].contains(&first)
    };
    let unknown: Vec<_> = folder.iter().filter(|path| !known(path)).collect();
    assert!(unknown.is_empty(), "{unknown:?} have no place in the order of the modules");
}

/// What `use crate::...` in `code` names, as segments without `crate`, groups in braces taken apart.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = vec![];
    for (at, _) in code.match_indices("crate::") {
        if !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            expand(&code[at + "crate::".len()..], vec![], &mut found);
        }
    }
    found
}

/// Follows a path, and every branch of a group, up to its end; gives the rest of the text.
fn expand<'a>(text: &'a str, mut path: Vec<String>, found: &mut Vec<Vec<String>>) -> &'a str {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if let Some(group) = rest.strip_prefix('{') {
            rest = group;
            while !rest.trim_start().starts_with('}') && !rest.trim().is_empty() {
                rest = expand(rest, path.clone(), found).trim_start().trim_start_matches(',');
            }
            return rest.trim_start().get(1..).unwrap_or_default();
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        path.push(rest[..end].to_string());
        rest = &rest[end..];
        match rest.strip_prefix("::") {
            Some(more) => rest = more,
            None => break,
        }
    }
    found.push(path);
    rest
}

/// The file that holds what `path` names in the crate at `src`: that of the longest module path at its start, or the root;
/// from there on, what a module re-exports is in the file that it comes from.
fn file_of(src: &Path, path: &[String]) -> Option<PathBuf> {
    let found = (1..=path.len()).rev().find_map(|length| {
        let module = path[..length].iter().fold(src.to_path_buf(), |place, segment| place.join(segment));
        let file = [module.with_extension("rs"), module.join("mod.rs")].into_iter().find(|file| file.exists())?;
        Some((file, length))
    });
    let root = || ["lib.rs", "main.rs"].map(|root| src.join(root)).into_iter().find(|root| root.exists());
    let (file, length) = found.or_else(|| Some((root()?, 0)))?;
    let Some(item) = path.get(length) else { return Some(file) };
    let exported = exports(&file).into_iter().find(|export| export.len() > 1 && export.last() == Some(item));
    let exported = exported.filter(|export| module_exists(src, &[&path[..length], &export[..1]].concat()));
    exported.map_or(Some(file), |export| file_of(src, &[&path[..length], &export].concat()))
}

/// What a file re-exports of its submodules, as paths from the file's own module on.
fn exports(file: &Path) -> Vec<Vec<String>> {
    let (code, mut found) = (code(file), vec![]);
    for start in ["pub use ", "pub(crate) use ", "pub(super) use "] {
        for (at, _) in code.match_indices(start) {
            expand(&code[at + start.len()..], vec![], &mut found);
        }
    }
    found
}

/// Whether the crate at `src` has a file for the module `path`.
fn module_exists(src: &Path, path: &[String]) -> bool {
    let module = path.iter().fold(src.to_path_buf(), |place, segment| place.join(segment));
    module.with_extension("rs").exists() || module.join("mod.rs").exists()
}

/// Path of the module that `file` is, from the root of its crate.
fn module_of(src: &Path, file: &Path) -> Vec<String> {
    let inside = file.strip_prefix(src).unwrap().with_extension("");
    let segments = inside.components().map(|segment| segment.as_os_str().to_str().unwrap().to_string());
    segments.filter(|segment| segment != "mod" && segment != "lib" && segment != "main").collect()
}

/// For each file of a crate the other files that it uses. What a parent module re-exports or declares is no use.
fn uses(src: &Path) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
    let mut uses = BTreeMap::new();
    for file in sources(src) {
        let module = module_of(src, &file);
        let statements = code(&file).replace("pub use", "").replace("pub(crate) use", "").replace("pub(super) use", "");
        let mut named = paths(&statements);
        for (at, _) in statements.match_indices("use super::") {
            let rest = &statements[at + "use ".len()..];
            let up = rest.split("super::").take_while(|between| between.is_empty()).count();
            let start = rest.trim_start_matches("super::");
            let parent = module[..module.len().saturating_sub(up)].to_vec();
            expand(start, parent, &mut named);
        }
        for (at, _) in statements.match_indices("\nuse ") {
            let mut relative = vec![];
            expand(&statements[at + "\nuse ".len()..], module.clone(), &mut relative);
            named.extend(relative.into_iter().filter(|path| module_exists(src, &path[..module.len() + 1])));
        }
        let used = named.iter().filter_map(|path| file_of(src, path)).filter(|used| *used != file);
        uses.insert(file.clone(), used.collect());
    }
    uses
}

/// Files that `start` needs, directly or through others.
fn needed_by<'a>(start: &'a PathBuf, uses: &'a BTreeMap<PathBuf, BTreeSet<PathBuf>>) -> BTreeSet<&'a PathBuf> {
    let (mut needed, mut open) = (BTreeSet::new(), vec![start]);
    while let Some(file) = open.pop() {
        open.extend(uses.get(file).into_iter().flatten().filter(|used| needed.insert(*used)));
    }
    needed
}

#[test]
fn no_files_need_one_another_in_a_circle() {
    for (folder, _) in CRATES {
        let uses = uses(&root().join(folder).join("src"));
        let circles: Vec<_> = uses.keys().filter(|file| needed_by(file, &uses).contains(file)).collect();
        assert!(circles.is_empty(), "files that need themselves through others: {circles:#?}");
    }
}
