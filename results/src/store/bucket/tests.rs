use super::server::{BUCKET, Server};
use super::*;
use crate::key::ContentKey;
use crate::store::entries::Entries;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// Long enough for a server that is there, and short enough for one that is not.
const SHORT: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(1)];

fn open(folder: &str, port: u16) -> Bucket {
    Bucket::with_settings(&format!("s3://{BUCKET}/{folder}"), &Server::settings(port), [PATIENCE, LITTLE_PATIENCE])
        .unwrap()
}

fn refusal(url: &str, settings: &[(String, String)]) -> String {
    Bucket::with_settings(url, settings, SHORT).unwrap_err().to_string()
}

fn key(number: u64) -> ContentKey {
    ContentKey::from_json("test", &number).unwrap()
}

/// Accepts connections at the port that is returned, and has `serve` answer each, which is told its number.
fn accept(serve: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, serve) = (listener.local_addr().unwrap().port(), Arc::new(serve));
    std::thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            let serve = serve.clone();
            std::thread::spawn(move || serve(number, client.unwrap()));
        }
    });
    port
}

/// A port at which every request has the same answer.
fn answering(status: &str, body: &str) -> u16 {
    let answer = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    accept(move |_, client| {
        let mut lines = BufReader::new(&client).lines();
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let _ = (&client).write_all(answer.as_bytes());
    })
}

#[test]
fn entries_and_notes_are_kept_in_a_bucket_as_in_a_folder() {
    let Some(server) = Server::start() else { return };
    let bucket = Arc::new(open("a/b c", server.port()));
    let entries = Entries::over(bucket.clone());
    assert_eq!(entries.get(&key(1)).unwrap(), None);
    let content: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| entries.put(&key(1), &content).unwrap());
        }
    });
    entries.put(&key(2), b"").unwrap();
    assert_eq!(entries.get(&key(1)).unwrap().as_ref(), Some(&content));
    assert_eq!(entries.get(&key(2)).unwrap(), Some(vec![]));
    assert!(entries.contains(&key(1)).unwrap() && !entries.contains(&key(3)).unwrap());
    // Another store in the same bucket, whose name has the same start.
    Entries::over(Arc::new(open("a/b cd", server.port()))).put(&key(3), b"other").unwrap();
    assert_eq!(entries.keys().unwrap(), [key(1), key(2)].into());
    let listed = entries.list().unwrap().into_iter().find(|listed| listed.bytes > 100_000).unwrap();
    assert!(listed.changed.is_some_and(|changed| changed.elapsed().is_ok()));

    bucket.write(&listed.name, b"damaged").unwrap();
    assert_eq!(entries.get(&key(1)).unwrap(), None);
    assert_eq!(bucket.read(&format!("{}.damaged", listed.name)).unwrap().as_deref(), Some(&b"damaged"[..]));
    assert_eq!(entries.keys().unwrap(), [key(2)].into());
    entries.list().unwrap().iter().chain([&listed]).for_each(|listed| entries.remove(listed).unwrap());
    assert_eq!(entries.list().unwrap(), []);
    assert_eq!(bucket.list("partial").unwrap(), [], "nothing is left of what proved that it can be written to");

    let create = |number: u8| entries.create_note("claims/one", &[number % 2]).unwrap();
    let won: Vec<bool> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|number| scope.spawn(move || create(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
    let winner = won.iter().position(|won| *won).unwrap() as u8;
    assert_eq!(entries.note("claims/one").unwrap(), Some(vec![winner % 2]));
    entries.write_note("claims/one", b"again").unwrap();
    entries.write_note("jobs/a/b.json", b"{}").unwrap();
    assert_eq!(entries.note("claims/one").unwrap().as_deref(), Some(&b"again"[..]));
    assert_eq!(entries.notes("jobs").unwrap(), ["jobs/a/b.json".to_owned()].into());
    entries.remove_note("claims/one").unwrap();
    entries.remove_note("claims/one").unwrap();
    assert_eq!(entries.note("claims/one").unwrap(), None);
    assert_eq!(entries.keys().unwrap(), BTreeSet::new(), "a note is no entry");
}

/// The server creates the note, but its answer is lost and the request is sent again, over another connection.
#[test]
fn a_note_that_was_created_when_the_answer_was_lost_is_ones_own() {
    let Some(server) = Server::start() else { return };
    let upstream = server.port();
    let port = accept(move |number, client| {
        let server = TcpStream::connect(("127.0.0.1", upstream)).unwrap();
        let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut &from, &mut &to));
        // The first connection is that of the patience with which the place is opened.
        match number {
            1 => drop((&server).read(&mut [0])),
            _ => drop(std::io::copy(&mut &server, &mut &client)),
        }
        let _ = client.shutdown(std::net::Shutdown::Both);
    });
    let [lossy, other] = [port, upstream].map(|port| open("notes", port));
    assert!(lossy.create("claim", b"mine").unwrap());
    assert!(!other.create("claim", b"mine").unwrap());
    assert!(!lossy.create("claim", b"mine").unwrap());
    assert_eq!(other.read("claim").unwrap().as_deref(), Some(&b"mine"[..]));
}

#[test]
fn a_server_that_was_killed_is_waited_for_and_one_that_stays_silent_only_once() {
    let Some(mut server) = Server::start() else { return };
    let bucket = open("silence", server.port());
    bucket.write("one", b"1").unwrap();
    server.kill();
    let read = std::thread::scope(|scope| {
        let read = scope.spawn(|| bucket.read("one").unwrap());
        server.start_again();
        read.join().unwrap()
    });
    assert_eq!(read.as_deref(), Some(&b"1"[..]));

    let bucket =
        Bucket::with_settings(&format!("s3://{BUCKET}/silence"), &Server::settings(server.port()), SHORT).unwrap();
    server.kill();
    let error = bucket.write("two", b"2").unwrap_err().to_string();
    let silent = format!("http://127.0.0.1:{} does not answer, though it was asked for ", server.port());
    assert!(error.starts_with(&silent) && error.contains(" s: Connection refused"), "{error}");
    server.start_again();
    assert_eq!(bucket.write("two", b"2").unwrap_err().to_string(), "the server was waited for in vain");
    *bucket.silent_since.lock().unwrap() = Instant::now().checked_sub(2 * SHORT[0]);
    bucket.write("two", b"2").unwrap();
    assert_eq!(bucket.read("two").unwrap().as_deref(), Some(&b"2"[..]));
}

#[test]
fn what_a_server_refuses_is_said_without_the_credentials() {
    let denied = "<Error><Code>InvalidAccessKeyId</Code><Message>The key does not exist.</Message>\
         <AWSAccessKeyId>tester</AWSAccessKeyId></Error>";
    let malformed = "<Error><Code>AuthorizationHeaderMalformed</Code>\
         <Message>the region 'us-east-1' is wrong; expecting 'eu-west-1'</Message></Error>";
    let missing = "<Error><Code>NoSuchBucket</Code><Message>No such bucket\nRequestId: 7</Message></Error>";
    let cases = [
        (
            "403 Forbidden",
            denied,
            "access is refused (InvalidAccessKeyId: The key does not exist); check AWS_ACCESS_KEY_ID",
        ),
        ("401 Unauthorized", "<html>", "access is refused (401 Unauthorized); check AWS_ACCESS_KEY_ID"),
        ("404 Not Found", missing, "there is no such bucket (NoSuchBucket: No such bucket)"),
        ("301 Moved Permanently", "", "the bucket is in another region: set AWS_REGION to its region"),
        (
            "400 Bad Request",
            malformed,
            "(AuthorizationHeaderMalformed: the region 'us-east-1' is wrong; expecting 'eu-west-1')",
        ),
        ("501 Not Implemented", "", "the server refuses what it was asked for (501 Not Implemented)"),
    ];
    for (status, body, expected) in cases {
        let error = refusal("s3://studies/x", &Server::settings(answering(status, body)));
        assert!(error.starts_with("`s3://studies/x` cannot be used as a store: "), "{error}");
        assert!(error.contains(expected) && !error.contains("tester") && !error.contains("sesame"), "{error}");
    }
}

#[test]
fn settings_that_cannot_be_right_are_refused_in_words() {
    let with = |name: &str, value: &str| [(name.to_owned(), value.to_owned())];
    let nobody = answering("404 Not Found", "");
    let metadata = with("AWS_METADATA_ENDPOINT", &format!("http://127.0.0.1:{nobody}"));
    let none =
        "there are no credentials in the environment, nor from a cloud on whose machine this is: set AWS_ACCESS_KEY_ID";
    let forms = "give s3://BUCKET/FOLDER, gs://BUCKET/FOLDER, az://CONTAINER/FOLDER or file:///FOLDER";
    let secret =
        "an address has no password and nothing behind `?` or `#`; credentials are given in environment variables";
    let cases = [
        ("s3://studies/x", &metadata[..], none),
        (
            "s3://studies/x",
            &with("AWS_ENDPOINT_URL", "localhost:9000"),
            "AWS_ENDPOINT_URL is no address that begins with http:// or https://",
        ),
        ("s3://studies/x", &with("AWS_ACCESS_KEY_ID", "tester\r"), "AWS_ACCESS_KEY_ID has a line break in it"),
        ("s3://studies/x", &with("AWS_ACCESS_KEY_ID", "tester"), "AWS_SECRET_ACCESS_KEY is missing"),
        ("az://studies/x", &with("AZURE_STORAGE_ACCOUNT_KEY", "c2VzYW1l"), "AZURE_STORAGE_ACCOUNT_NAME is missing"),
        ("ftp://studies/x", &[], forms),
        ("s3:///x", &[], forms),
        ("memory:///x", &[], forms),
        ("http://127.0.0.1/x", &[], "another server than Amazon's is named by AWS_ENDPOINT_URL"),
        ("s3://studies//x", &[], "empty path segment"),
        ("s3://tester:sesame@studies/x", &[], secret),
        ("az://studies/x?sig=sesame", &[], secret),
        ("s3://studies/x#sesame", &[], secret),
    ];
    for (url, settings, expected) in cases {
        let error = refusal(url, settings);
        assert!(error.contains(expected) && !error.contains("sesame") && !error.contains("c2VzYW1l"), "{url}: {error}");
    }
}
