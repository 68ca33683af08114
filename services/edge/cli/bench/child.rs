//! The child process that is measured, as its parent holds it. Killed when dropped.

use std::io::{BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use super::server::{Ask, Framed, Group, Ready};
use crate::cli::FAILED;
use crate::cli::client::Failure;

/// A running service.
pub(super) struct Server {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// What it said when it was ready.
    pub(super) ready: Ready,
    /// From the start of the process to ready.
    pub(super) start: Duration,
}

/// How much of the memory a process holds is resident, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Memory {
    /// Now.
    pub(super) now: u64,
    /// The most since it started.
    pub(super) peak: u64,
}

fn failed(error: impl std::fmt::Display) -> Failure {
    let text = format!("被测服务进程失败 / the measured service failed: {error}");
    Failure::new(FAILED, text)
}

impl Server {
    /// Starts the service over a directory and waits until it takes calls.
    ///
    /// # Errors
    /// When it does not; what it had to say about it went to standard error.
    pub(super) fn start(data_dir: &Path, config: Option<&Path>) -> Result<Self, Failure> {
        let started = Instant::now();
        let mut command = Command::new(std::env::current_exe().map_err(failed)?);
        command.arg("bench-server").arg("--data-dir").arg(data_dir);
        if let Some(config) = config {
            command.arg("--config").arg(config);
        }
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let (requests, stdout) = (child.stdin.take(), child.stdout.take());
        let mut answers = BufReader::new(stdout.ok_or_else(|| failed("no pipe"))?);
        let ready = match answer(&mut answers) {
            Ok(ready) => ready,
            Err(failure) => {
                // It may have ended by itself; either way it is not needed any more.
                let _ = child.kill();
                let _ = child.wait();
                return Err(failure);
            }
        };
        let start = started.elapsed();
        Ok(Self { child, requests, answers, ready, start })
    }

    fn ask<T: DeserializeOwned>(&mut self, ask: &Ask) -> Result<T, Failure> {
        let mut line = serde_json::to_string(ask).map_err(failed)?;
        line.push('\n');
        let requests = self.requests.as_mut().ok_or_else(|| failed("it was stopped"))?;
        requests.write_all(line.as_bytes()).map_err(failed)?;
        answer(&mut self.answers)
    }

    /// How many entries its journal holds.
    pub(super) fn head(&mut self) -> Result<u64, Failure> {
        self.ask(&Ask::Head)
    }

    /// The groups committed since this was last asked.
    pub(super) fn groups(&mut self) -> Result<Vec<Group>, Failure> {
        self.ask(&Ask::Groups)
    }

    /// Reads and frames events in the process of the service, without gRPC.
    pub(super) fn frame(&mut self, from: u64, events: u64) -> Result<Framed, Failure> {
        self.ask(&Ask::Frame { from, events })
    }

    /// Its memory; zero where the system does not tell.
    pub(super) fn memory(&self) -> Memory {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let kibibytes = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok())
        };
        let bytes = |key: &str| kibibytes(key).unwrap_or(0) * 1024;
        Memory { now: bytes("VmRSS:"), peak: bytes("VmHWM:") }
    }

    /// Stops it in order and waits for its end.
    ///
    /// # Errors
    /// When it did not end well.
    pub(super) fn stop(mut self) -> Result<(), Failure> {
        self.requests = None;
        let status = self.child.wait().map_err(failed)?;
        if status.success() { Ok(()) } else { Err(failed(status)) }
    }

    /// Ends it as a crash would.
    pub(super) fn kill(mut self) -> Result<(), Failure> {
        self.child.kill().map_err(failed)?;
        self.child.wait().map_err(failed)?;
        Ok(())
    }
}

fn answer<T: DeserializeOwned>(answers: &mut impl std::io::BufRead) -> Result<T, Failure> {
    let mut line = String::new();
    answers.read_line(&mut line).map_err(failed)?;
    if line.is_empty() {
        return Err(failed("见上 / see above"));
    }
    serde_json::from_str(&line).map_err(failed)
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already unless something went wrong.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
