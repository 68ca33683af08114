//! The main job done by a client in another language, from the public contract alone.

use std::process::Command;

use crate::support::child::Server;
use crate::support::{directory, repository};

#[test]
fn a_python_client_does_the_main_job() {
    let Some(python) = std::env::var_os("DUTY_LEDGER_TEST_PYTHON") else {
        panic!(
            "DUTY_LEDGER_TEST_PYTHON is not set. This test needs Python with the packages of \
             tests/python/requirements.txt: run ./test, which installs them and sets it."
        );
    };
    let directory = directory();
    let server = Server::start(directory.path());
    let ran = Command::new(python)
        .arg(repository().join("tests/python/main_job.py"))
        .args([repository().join("proto"), repository().join("data")])
        .arg(&server.api)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("Python starts");
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{}\n{out}\n{err}", ran.status);
    assert_eq!(out.trim(), "main job: ok", "{err}");
    server.terminate();
}
