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
    lines: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
    /// Where the API listens.
    pub(crate) api: String,
}

impl Server {
    /// Starts a service over a directory and waits until it serves.
    pub(crate) fn start(directory: &Path) -> Self {
        Self::start_with(directory, &[])
    }

    /// The same with variables of the environment.
    pub(crate) fn start_with(directory: &Path, variables: &[(&str, &str)]) -> Self {
        let mut child = command()
            .envs(variables.iter().copied())
            .args(["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
            .args(["--http-listen", "127.0.0.1:0"])
            .arg("--data-dir")
            .arg(directory)
            .env("NO_COLOR", "1")
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
        let mut server = Self { child, lines, reader: Some(reader), api: String::new() };
        server.api = server.address("serving the API address=");
        server
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

    /// The address for `--server`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.api)
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process as a crash would: no signal it could handle.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("the service still runs");
        self.child.wait().expect("a child");
        self.read_all();
        self.expect_no_errors();
    }

    /// Asks the process to stop and waits for it; it must end well.
    pub(crate) fn terminate(mut self) -> Vec<String> {
        let sent = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status();
        assert!(sent.expect("kill").success(), "the service is gone already");
        let status = wait_for("the end of the service", || self.child.try_wait().expect("a child"));
        self.read_all();
        assert!(status.success(), "{status}: {:#?}", self.lines.lock());
        self.expect_no_errors();
        self.lines.lock().clone()
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
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
