//! A Slurm of our own on this machine: a controller and virtual nodes that listen on the loopback only.

use crate::bench::{said, wait};
use std::fmt::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Names of the programs without which there is nothing to test.
const PROGRAMS: [&str; 6] = ["slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel"];

/// A Slurm, stopped when it is dropped.
pub(crate) struct OwnSlurm {
    root: tempfile::TempDir,
    nodes: usize,
}

impl OwnSlurm {
    /// Starts a controller and some nodes of one processor; `None` where Slurm is not installed.
    pub(crate) fn start(nodes: usize) -> Option<Self> {
        let is_there = |program: &&str| Command::new(program).arg("-V").output().is_ok();
        if let Some(missing) = PROGRAMS.iter().find(|program| !is_there(program)) {
            eprintln!("skipped: `{missing}` is not installed (Debian: apt-get install slurm-wlm)");
            return None;
        }
        let slurm = Self { root: tempfile::tempdir().unwrap(), nodes };
        ["run", "log", "state", "spool"].iter().for_each(|folder| std::fs::create_dir(slurm.path(folder)).unwrap());
        std::fs::write(slurm.conf(), slurm.configuration()).unwrap();
        slurm.start_controller();
        (0..nodes).for_each(|node| slurm.start_node(node));
        wait("all nodes are idle", || {
            let states = slurm.ask("sinfo", &["--noheader", "--Node", "--format=%t"]);
            states.lines().filter(|state| *state == "idle").count() == nodes
        });
        Some(slurm)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Path of the configuration, which every program of Slurm finds in the variable SLURM_CONF.
    pub(crate) fn conf(&self) -> PathBuf {
        self.path("slurm.conf")
    }

    fn configuration(&self) -> String {
        let (root, host) = (self.root.path().display(), hostname());
        let listeners: Vec<TcpListener> = (0..=self.nodes).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let ports: Vec<u16> = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        let mut text = format!(
            "ClusterName=cospike\nSlurmctldHost={host}(127.0.0.1)\nSlurmctldPort={port}\n\
             CommunicationParameters=NoCtldInAddrAny,NoInAddrAny\nSlurmUser=root\nSlurmdUser=root\n\
             AuthType=auth/none\nCredType=cred/none\nProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\n\
             JobAcctGatherType=jobacct_gather/none\nSwitchType=switch/none\nMpiDefault=none\n\
             SelectType=select/cons_tres\nSelectTypeParameters=CR_CPU\nSchedulerType=sched/backfill\n\
             SchedulerParameters=bf_interval=2,sched_interval=2,batch_sched_delay=0\nJobRequeue=1\nMaxArraySize=101\n\
             MinJobAge=3600\nKillWait=5\nReturnToService=2\nSlurmctldTimeout=30\nSlurmdTimeout=10\n\
             SlurmdParameters=config_overrides\nAccountingStorageType=accounting_storage/none\n\
             StateSaveLocation={root}/state\nSlurmdSpoolDir={root}/spool/%n\n\
             SlurmctldPidFile={root}/run/slurmctld.pid\nSlurmdPidFile={root}/run/slurmd-%n.pid\n\
             SlurmctldLogFile={root}/log/slurmctld.log\nSlurmdLogFile={root}/log/slurmd-%n.log\n",
            port = ports[self.nodes]
        );
        for (node, port) in ports.iter().take(self.nodes).enumerate() {
            writeln!(
                text,
                "NodeName=n{node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=1 RealMemory=1000 State=UNKNOWN"
            )
            .unwrap();
        }
        text + "PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO\n"
    }

    /// Starts the controller, which goes on with the jobs of an earlier one.
    pub(crate) fn start_controller(&self) {
        self.ask("slurmctld", &["-f", self.conf().to_str().unwrap()]);
    }

    /// Starts a node, which goes back to work if it was down.
    pub(crate) fn start_node(&self, node: usize) {
        let name = format!("n{node}");
        std::fs::create_dir_all(self.path("spool").join(&name)).unwrap();
        self.ask("slurmd", &["-N", &name, "-f", self.conf().to_str().unwrap()]);
    }

    pub(crate) fn kill_controller(&self) {
        self.kill("slurmctld.pid", "-KILL");
    }

    pub(crate) fn kill_node(&self, node: usize) {
        self.kill(&format!("slurmd-n{node}.pid"), "-KILL");
    }

    /// Sends a signal to the process whose number is in a file, if there is one, and waits until it has ended.
    fn kill(&self, file: &str, signal: &str) {
        let Ok(pid) = std::fs::read_to_string(self.path("run").join(file)) else { return };
        crate::bench::signal(pid.trim(), signal);
        let process = Path::new("/proc").join(pid.trim());
        let begin = Instant::now();
        while process.exists() && begin.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = std::fs::remove_file(self.path("run").join(file));
    }

    /// What a program of Slurm prints.
    pub(crate) fn ask(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program).args(arguments).output().unwrap();
        assert!(output.status.success(), "{program} {arguments:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A command that finds this Slurm.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("SLURM_CONF", self.conf()).stdin(Stdio::null());
        command
    }
}

impl Drop for OwnSlurm {
    fn drop(&mut self) {
        let _ = self.command("scancel").args(["--user", "root"]).output();
        let begin = Instant::now();
        let queue = || self.command("squeue").arg("--noheader").output().map(|output| output.stdout);
        while queue().is_ok_and(|queue| !queue.is_empty()) && begin.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(200));
        }
        (0..self.nodes).for_each(|node| self.kill(&format!("slurmd-n{node}.pid"), "-TERM"));
        self.kill("slurmctld.pid", "-TERM");
    }
}

fn hostname() -> String {
    let output = Command::new("hostname").arg("-s").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().into()
}
