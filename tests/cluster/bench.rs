//! A folder with a study in it, and the program run there.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Name of the scenario.
pub(crate) const SCENARIO: &str = "my study.toml";

/// A folder with a study in it.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
    /// Variables of the environment.
    variables: Vec<(&'static str, PathBuf)>,
}

impl Bench {
    /// Two networks that take a moment each, and four design points of each, with some text replaced.
    pub(crate) fn new(replace: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut text = include_str!("../data/small.toml").to_string();
        let usual = [
            ("network.width = [4, 8]", "network.width = [4]\nlink.packet_loss = [0.0, 0.01, 0.05, 0.1]"),
            ("replications = 2", "replications = 3"),
            ("count = 60", "count = 200"),
        ];
        for (old, new) in usual.iter().chain(replace) {
            assert!(text.contains(old), "the scenario has `{old}`");
            text = text.replace(old, new);
        }
        std::fs::write(folder.path().join(SCENARIO), text).unwrap();
        Self { folder, variables: vec![] }
    }

    /// 64 design points of two replications that keep a processor busy for some seconds.
    pub(crate) fn busy() -> Self {
        Self::new(&[
            ("replications = 3", "replications = 2"),
            (
                "link.packet_loss = [0.0,",
                "workload.rate_hz = [5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0]\nlink.packet_loss = [0.0,",
            ),
            ("requests = 120", "requests = 24000"),
        ])
    }

    /// The same with a variable of the environment.
    pub(crate) fn with_variable(mut self, variable: &'static str, value: PathBuf) -> Self {
        self.variables.push((variable, value));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command about the study.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cospike"));
        let (verb, options) = arguments.split_first().unwrap();
        command.current_dir(self.folder.path()).args([verb, SCENARIO]).args(options);
        command.stdin(Stdio::null()).env_remove("COSPIKE_STORE").envs(self.variables.iter().cloned());
        command
    }

    /// Runs a command that ends with this code.
    pub(crate) fn run(&self, arguments: &[&str], code: i32) -> Output {
        let output = self.command(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{}", said(&output));
        output
    }

    pub(crate) fn status(&self, store: &str) -> Value {
        let output = self.run(&["status", "--store", store, "--json"], 0);
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Replications that are stored.
    pub(crate) fn stored(&self, store: &str) -> u64 {
        let status = self.status(store);
        status["points"].as_array().unwrap().iter().map(|point| point["stored"].as_u64().unwrap()).sum()
    }

    /// Jobs and numbers of the live processes that work on design points.
    pub(crate) fn at_work(&self, store: &str) -> Vec<(String, String)> {
        let status = self.status(store);
        let workers =
            status["points"].as_array().unwrap().iter().flat_map(|point| point["at_work"].as_array().unwrap());
        let live = workers.filter(|worker| worker["silent_for"].is_null());
        let job = |worker: &Value| worker["job"].as_str().unwrap_or_default().to_string();
        let live: BTreeSet<_> = live.map(|worker| (job(worker), worker["process"].to_string())).collect();
        live.into_iter().collect()
    }

    /// Checks that what is collected from a store are the bytes of a run without a store.
    pub(crate) fn check_collected(&self, store: &str) {
        if !self.path("run").exists() {
            self.run(&["run", "--no-store", "--out", "run"], 0);
        }
        let out = format!("collected-{store}");
        self.run(&["collect", "--store", store, "--out", &out], 0);
        self.check_same("run", &out);
    }

    /// Checks that two folders hold the same.
    pub(crate) fn check_same(&self, wanted: &str, found: &str) {
        let (wanted, found) = (files(&self.path(wanted)), files(&self.path(found)));
        assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
        assert!(found == wanted, "other bytes");
    }

    /// Number of notes of a kind in a store.
    pub(crate) fn notes(&self, store: &str, kind: &str) -> usize {
        let folder = self.path(store).join("notes").join(kind);
        if folder.exists() { files(&folder).len() } else { 0 }
    }
}

/// Looks again and again until something is so.
pub(crate) fn wait(what: &str, is_so: impl Fn() -> bool) {
    find(what, || is_so().then_some(()));
}

/// Looks again and again until something is found.
pub(crate) fn find<T>(what: &str, found: impl Fn() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begin.elapsed() < Duration::from_secs(240), "{what}: not even after a long time");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// All that a program has said.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

/// Every file below `folder` with its content.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = PathBuf::from(entry.file_name().unwrap());
        match entry.is_dir() {
            true => found.extend(files(&entry).into_iter().map(|(path, bytes)| (name.join(path), bytes))),
            false => drop(found.insert(name, std::fs::read(&entry).unwrap())),
        }
    }
    found
}

/// Sends a signal to a process that may have ended.
pub(crate) fn signal(process: &str, signal: &str) {
    Command::new("kill").args([signal, process]).stderr(Stdio::null()).status().unwrap();
}

/// The Python of the tests, if it has a module.
pub(crate) fn python(module: &str) -> Option<Command> {
    let program = std::env::var_os("COSPIKE_PYTHON").unwrap_or_else(|| "python3".into());
    let found = Command::new(&program).args(["-c", &format!("import {module}")]).stderr(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        eprintln!(
            "skipped: {} has no module `{module}` (pip install; COSPIKE_PYTHON names another Python)",
            program.display()
        );
        return None;
    }
    Some(Command::new(program))
}
