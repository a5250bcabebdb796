//! Studies whose store is in a bucket, with a real S3 server: `cargo test --features object-store --test object_store`.
#![cfg(feature = "object-store")]

#[path = "../results/src/store/bucket/server.rs"]
mod server;

use assert_cmd::cargo::CommandCargoExt;
use server::{BUCKET, Server};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// `cospike run` of the small study in `here`, with its results in `out`.
fn run(here: &Path, out: &str, store: &str) -> Command {
    fs::write(here.join("small.toml"), include_str!("data/small.toml")).unwrap();
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.current_dir(here).args(["run", "small.toml", "--out", out, "--store", store]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The same by way of `server`.
fn run_at(server: &Server, here: &Path, out: &str, folder: &str) -> Command {
    let mut command = run(here, out, &format!("s3://{BUCKET}/{folder}"));
    command.envs(Server::settings(server.port()));
    command
}

/// The results in `out` that a run has written which ended with `output`.
fn results(output: Output, here: &Path, out: &str) -> (BTreeMap<String, Vec<u8>>, String) {
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let files = fs::read_dir(here.join(out)).unwrap().map(|file| file.unwrap());
    let files = files.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap()));
    (files.collect(), said)
}

#[test]
fn invariant_13_results_are_the_same_whether_found_in_a_folder_or_a_bucket() {
    let Some(server) = Server::start() else { return };
    let here = tempfile::tempdir().unwrap();
    let here = here.path();
    let (local, _) = results(run(here, "local", "store").output().unwrap(), here, "local");
    assert!(local.contains_key("manifest.json"));
    for found in ["found 0 of 4 inferences and 0 of 8 replications", "found 4 of 4 inferences and 8 of 8 replications"]
    {
        let (bucket, said) = results(run_at(&server, here, "bucket", "one").output().unwrap(), here, "bucket");
        assert!(bucket == local && said.contains(found), "{said}");
    }
    let both = ["left", "right"].map(|out| (out, run_at(&server, here, out, "both").spawn().unwrap()));
    for (out, run) in both {
        assert!(results(run.wait_with_output().unwrap(), here, out).0 == local);
    }
}

/// A command about the small study, whose store is a folder of the bucket.
fn about_study(server: &Server, here: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("cospike").unwrap();
    let (verb, options) = arguments.split_first().unwrap();
    let store = format!("s3://{BUCKET}/shares");
    command.current_dir(here).args([verb, "small.toml", "--store", &store]).args(options);
    command.envs(Server::settings(server.port())).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Three shares meet in a bucket, one of them is killed, and another process takes it over.
#[test]
fn invariant_4_shares_that_meet_in_a_bucket_give_what_one_process_gives() {
    let Some(server) = Server::start() else { return };
    let here = tempfile::tempdir().unwrap();
    let here = here.path();
    let many = ["--set", "study.replications=200"];
    let (local, _) = results(run(here, "local", "store").args(many).output().unwrap(), here, "local");
    let work = |shard: &str| about_study(&server, here, &[&["work", "--shard", shard], &many[..]].concat());
    let shares = ["0/3", "1/3", "2/3"].map(|shard| work(shard).spawn().unwrap());
    while !is_begun(&server, here, "shares") {}
    let [mut killed, others @ ..] = shares;
    assert!(killed.try_wait().unwrap().is_none(), "the share had ended before it was killed");
    killed.kill().unwrap();
    killed.wait().unwrap();
    for share in others {
        let output = share.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let collect = |out| about_study(&server, here, &[&["collect", "--out", out], &many[..]].concat()).output().unwrap();
    let early = collect("early");
    assert_eq!(early.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&early.stderr).contains("are not computed yet"));
    let again = work("0/3").output().unwrap();
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    assert!(results(collect("whole"), here, "whole").0 == local);
}

/// Whatever the server is at when it is killed, nothing is lost of what it had, and the run goes on when it is back.
#[test]
fn a_bucket_whose_server_is_killed_and_started_again_costs_nothing() {
    let Some(mut server) = Server::start() else { return };
    let here = tempfile::tempdir().unwrap();
    let here = here.path();
    let many = ["--set", "study.replications=200"];
    let (local, _) = results(run(here, "local", "store").args(many).output().unwrap(), here, "local");
    let mut run = run_at(&server, here, "bucket", "killed").args(many).spawn().unwrap();
    while !is_begun(&server, here, "killed") {}
    server.kill();
    assert!(run.try_wait().unwrap().is_none(), "the run had ended before the server was killed");
    server.start_again();
    assert!(results(run.wait_with_output().unwrap(), here, "bucket").0 == local);
    let again = run_at(&server, here, "bucket", "killed").args(many).output().unwrap();
    let (again, said) = results(again, here, "bucket");
    assert!(again == local && said.contains("found 4 of 4 inferences and 800 of 800 replications"), "{said}");
}

/// Whether a run has put something into the store.
fn is_begun(server: &Server, here: &Path, folder: &str) -> bool {
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.current_dir(here).args(["store", "ls", "--store", &format!("s3://{BUCKET}/{folder}")]);
    let output = command.envs(Server::settings(server.port())).output().unwrap();
    output.status.success() && String::from_utf8_lossy(&output.stdout).contains("small")
}

#[test]
fn invariant_11_a_bucket_that_cannot_be_used_is_refused_before_anything_is_computed() {
    let Some(server) = Server::start() else { return };
    let here = tempfile::tempdir().unwrap();
    let here = here.path();
    let refused = |command: &mut Command| {
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(fs::read_dir(here.join("out")).is_err(), "no results were begun");
        String::from_utf8(output.stderr).unwrap()
    };
    let settings = Server::settings(server.port());
    let said = refused(run(here, "out", "s3://others/x").envs(settings));
    assert!(said.contains("`s3://others/x` cannot be used as a store: there is no such bucket"), "{said}");
    let said = refused(run_at(&server, here, "out", "x").env("AWS_SECRET_ACCESS_KEY", "abracadabra"));
    assert!(said.contains("access is refused (SignatureDoesNotMatch") && !said.contains("abracadabra"), "{said}");
    let said = refused(&mut run(here, "out", "s3://key:abracadabra@studies/x"));
    assert!(said.contains("`s3://key@studies/x`") && said.contains("no password"), "{said}");
}
