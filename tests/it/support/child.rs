//! The service as a process of its own, as operators run it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::Mutex;

use super::wait_for;

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_duty-ledger");

/// A command of the binary, without what the environment of the tests would add.
pub(crate) fn command() -> Command {
    let mut command = Command::new(BINARY);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DUTY_LEDGER_") {
            command.env_remove(name);
        }
    }
    command.env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

/// The command that serves a directory on ports of its own.
pub(crate) fn serve(directory: &Path) -> Command {
    let mut command = command();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
        .args(["--http-listen", "127.0.0.1:0"])
        .arg("--data-dir")
        .arg(directory)
        .env("NO_COLOR", "1");
    command
}

/// Runs the binary to its end.
pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Ran {
    let Output { status, stdout, stderr } =
        command().args(args).output().expect("the binary starts");
    Ran {
        code: status.code(),
        out: String::from_utf8(stdout).expect("UTF-8"),
        err: String::from_utf8(stderr).expect("UTF-8"),
    }
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Checks the exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// The standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// A service that runs as a child of the test. Killed when dropped.
pub(crate) struct Server {
    child: Child,
    pid: u32,
    /// Whether errors in the log are what the test is about.
    is_troubled: bool,
    lines: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
    /// Where the API listens.
    pub(crate) api: String,
}

impl Server {
    /// Starts a service over a directory and waits until it serves.
    pub(crate) fn start(directory: &Path) -> Self {
        Self::start_as(directory, &[], &[])
    }

    /// The same, with further arguments and variables of the environment.
    pub(crate) fn start_as(directory: &Path, args: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = serve(directory);
        command.args(args).envs(variables.iter().copied());
        Self::of(command)
    }

    /// Starts a service under a tracer, which ends with it and must not be what is killed.
    pub(crate) fn traced(command: Command, directory: &Path) -> Self {
        let mut server = Self::of(command);
        let lock = std::fs::read_to_string(directory.join("LOCK")).expect("the journal is open");
        let pid = lock.lines().find_map(|line| line.strip_prefix("pid "));
        server.pid = pid.and_then(|pid| pid.parse().ok()).expect("the holder of the lock");
        server
    }

    /// Starts a service over a directory and waits for nothing.
    pub(crate) fn starting(directory: &Path) -> Self {
        Self::spawn(serve(directory))
    }

    /// Starts a service by a command and waits until it serves.
    pub(crate) fn of(command: Command) -> Self {
        let mut server = Self::spawn(command);
        server.api = server.address("serving the API address=");
        server
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (log, stderr) = (Arc::clone(&lines), child.stderr.take().expect("piped"));
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                log.lock().push(line);
            }
        });
        let pid = child.id();
        Self { child, pid, is_troubled: false, lines, reader: Some(reader), api: String::new() }
    }

    fn address(&mut self, mark: &str) -> String {
        wait_for("the address in the log", || {
            if let Some(status) = self.child.try_wait().expect("a child") {
                panic!("the service ended with {status}: {:#?}", self.lines.lock());
            }
            let lines = self.lines.lock();
            let found = lines.iter().find_map(|line| line.split_once(mark));
            found.map(|(_, address)| address.trim().to_owned())
        })
    }

    /// The same service; the errors in its log are what the test provokes.
    pub(crate) fn troubled(mut self) -> Self {
        self.is_troubled = true;
        self
    }

    /// The address for `--server`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.api)
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Kills the process as a crash would: no signal it could handle.
    pub(crate) fn kill(mut self) {
        self.signal("-KILL");
        self.child.wait().expect("a child");
        self.read_all();
        self.expect_no_errors();
    }

    /// Asks the process to stop and waits for it; it must end well.
    pub(crate) fn terminate(mut self) -> Vec<String> {
        self.signal("-TERM");
        let status = wait_for("the end of the service", || self.child.try_wait().expect("a child"));
        self.read_all();
        assert!(status.success(), "{status}: {:#?}", self.lines.lock());
        self.expect_no_errors();
        self.lines.lock().clone()
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.pid.to_string()]).status();
        assert!(sent.expect("kill").success(), "the service is gone already");
    }

    fn read_all(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader of the log");
        }
    }

    /// An ERROR in the log is something a person must look at: a test that does not expect one
    /// fails.
    #[track_caller]
    fn expect_no_errors(&self) {
        let lines = self.lines.lock();
        let errors: Vec<_> = lines
            .iter()
            .filter(|line| line.contains(" ERROR ") || line.contains("panicked"))
            .collect();
        assert!(self.is_troubled || errors.is_empty(), "{errors:#?}");
    }
}

impl Drop for Server {
    #[expect(clippy::print_stderr, reason = "what a failed test leaves to look at")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the log of the service: {:#?}", self.lines.lock());
        }
        // It may have ended already. A tracer that is killed lets go of what it traces.
        if self.pid != self.child.id() && matches!(self.child.try_wait(), Ok(None)) {
            let _ = Command::new("kill").args(["-KILL", &self.pid.to_string()]).status();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
