//! The service as a process: its command line, its log, its key of keys, and kill -9.

use std::fs;
use std::path::{Path, PathBuf};

use duty_ledger::pb;

use super::{
    CLEAR, NAME, NAME_OTHER, NEW_NAME, NOTE, erasure, named, none_in, none_on_disk, person,
};
use crate::support::child::{Ran, Server, command, run};
use crate::support::directory;
use crate::support::random::Random;
use crate::support::service::Clients;

const KEK: [u8; 32] = [1; 32];

/// Kills, in the normal run.
const KILLS: usize = 6;

/// A key of keys in a file of its own.
fn new_kek(directory: &Path, name: &str) -> PathBuf {
    let file = directory.join(name);
    let made = run(["persons", "new-kek", file.to_str().expect("UTF-8")]).exits(0);
    let key = fs::read_to_string(&file).expect("a key");
    assert!(!made.out.contains(key.trim()), "the key itself is not printed");
    file
}

fn serving(data: &Path, kek: &Path) -> Server {
    let kek = kek.to_str().expect("UTF-8");
    Server::start_with(data, &[("DUTY_LEDGER_PERSON_KEK_FILE", kek), ("DUTY_LEDGER_LOG", "trace")])
}

/// Starts a service that must not come up.
fn does_not_start(data: &Path, variables: &[(&str, &str)]) -> Ran {
    let output = command()
        .envs(variables.iter().copied())
        .args(["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data-dir"])
        .arg(data)
        .output()
        .expect("the binary starts");
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

#[test]
fn no_name_reaches_the_log_the_disk_or_an_answer_but_where_it_is_asked_for() {
    let directory = directory();
    let (data, kek) = (directory.path().join("data"), new_kek(directory.path(), "kek"));
    let file = |name: &str| {
        let path = directory.path().join("text.json");
        let text = serde_json::json!({ "nameZh": name, "nameOther": NAME_OTHER, "note": NOTE });
        fs::write(&path, text.to_string()).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let server = serving(&data, &kek);
    let url = server.url();
    let ask = |args: &[&str]| run(args.iter().copied().chain(["--server", url.as_str()]));
    let by = ["--recorder", "registrar"];
    let register = |args: &[&str]| ask(&[&["person", "register"], args, &by].concat());
    let named = register(&["p-1", "--text", &file(NAME)]).exits(0);
    let renamed = register(&["p-1", "--amend", "--text", &file(NEW_NAME)]).exits(0);
    let bare = register(&["p-2"]).exits(0);
    let refused = register(&["p-1", "--text", &file(NAME)]).exits(1);
    assert!(refused.err.contains("ALREADY_EXISTS"), "{}", refused.err);
    fs::write(directory.path().join("text.json"), format!("{NAME}, not JSON")).expect("written");
    let text = directory.path().join("text.json");
    let unread = register(&["p-3", "--text", text.to_str().expect("UTF-8")]).exits(65);
    fs::remove_file(text).expect("removed");

    let shown = ask(&["person", "show", "p-1"]).exits(0);
    for part in [NEW_NAME, NAME_OTHER, NOTE] {
        assert!(shown.out.contains(part), "{part} is not in {}", shown.out);
    }
    assert!(ask(&["person", "show", "p-2"]).exits(0).out.contains("未登记"));
    let erase = ["person", "erase", "p-1", "--document", "柳科发[2026]12号", "--approver", "zfb"];
    let erase = [&erase[..], &["--reason", "本人依法申请删除个人信息"], &by].concat();
    let own = [&erase[..], &["--approver", "registrar"]].concat();
    assert_eq!(ask(&own).code, Some(2), "an approver stands once");
    let erased = ask(&erase).exits(0);
    assert!(erased.out.contains("密钥已销毁"), "{}", erased.out);
    let after = ask(&["person", "show", "p-1"]).exits(0);
    assert!(after.out.contains("柳科发〔2026〕12号"), "{}", after.out);
    let json = ask(&["person", "show", "p-1", "--output", "json"]).exits(0);
    assert_eq!(json.json()["textState"], "PERSON_TEXT_STATE_ERASED");
    let again = ask(&erase).exits(1);
    assert!(again.err.contains("PERSON_ERASED"), "{}", again.err);

    let log = server.terminate();
    assert!(100 < log.len(), "the log traces everything: {} lines", log.len());
    none_in("the log", [log.join("\n").as_bytes()]);
    none_on_disk(directory.path());
    for ran in [named, renamed, bare, refused, unread, erased, after, json, again] {
        none_in("what was printed", [ran.out.as_bytes(), ran.err.as_bytes()]);
    }
    // The search would find one.
    assert!(CLEAR.iter().any(|name| shown.out.contains(name)));
    let key = fs::read_to_string(&kek).expect("a key");
    assert!(!log.iter().any(|line| line.contains(key.trim())), "the key of keys is in the log");
    let config = ["serve", "--check-config"];
    let checked = command().args(config).env("DUTY_LEDGER_PERSON_KEK", key.trim()).output();
    let checked = String::from_utf8(checked.expect("it runs").stdout).expect("UTF-8");
    assert!(!checked.contains(key.trim()) && checked.contains("hidden"), "{checked}");
}

#[test]
fn the_key_of_keys_is_checked_at_the_start_and_can_be_changed() {
    let directory = directory();
    let data = directory.path().join("data");
    let (old, new) = (new_kek(directory.path(), "old"), new_kek(directory.path(), "new"));
    let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let text = directory.path().join("text.json");
    fs::write(&text, format!("{{\"nameZh\":\"{NAME}\"}}")).expect("written");
    let server = serving(&data, &old);
    let (url, text) = (server.url(), path(&text));
    let register = |person: &str| {
        let args = ["person", "register", person, "--text", &text, "--recorder", "registrar"];
        run(args.into_iter().chain(["--server", &url]))
    };
    register("p-1").exits(0);
    register("p-2").exits(0);
    // The journal is in use: nobody wraps keys anew beneath a service.
    let rewrap = |from: &Path, to: &Path| {
        let files = [path(&data), path(from), path(to)];
        let [data, from, to] = files.each_ref().map(String::as_str);
        let args = ["persons", "rewrap", "--data-dir", data, "--old-kek-file", from];
        run(args.into_iter().chain(["--new-kek-file", to]))
    };
    rewrap(&old, &new).exits(1);
    server.terminate();

    let wrong = does_not_start(&data, &[("DUTY_LEDGER_PERSON_KEK_FILE", &path(&new))]).exits(1);
    assert!(wrong.err.contains("主密钥不符") && wrong.err.contains("rewrap"), "{}", wrong.err);
    let rows = [("too short", "1234", "64"), ("no digits", &"口令".repeat(16), "64")];
    for (row, value, _) in rows {
        let ran = does_not_start(&data, &[("DUTY_LEDGER_PERSON_KEK", value)]).exits(64);
        assert!(ran.err.contains("DUTY_LEDGER_PERSON_KEK") && !ran.err.contains(value), "{row}");
    }
    let both =
        [("DUTY_LEDGER_PERSON_KEK_FILE", path(&old)), ("DUTY_LEDGER_PERSON_KEK", "00".repeat(32))];
    let both = both.each_ref().map(|(name, value)| (*name, value.as_str()));
    does_not_start(&data, &both).exits(64);
    let none = path(&directory.path().join("none"));
    does_not_start(&data, &[("DUTY_LEDGER_PERSON_KEK_FILE", &none)]).exits(64);

    let wrong = rewrap(&new, &old).exits(0);
    assert!(wrong.out.contains("0 + 2"), "it is the key already: {}", wrong.out);
    rewrap(&old, &new).exits(0);
    let again = rewrap(&old, &new).exits(0);
    assert!(again.out.contains("0 + 2"), "{}", again.out);
    does_not_start(&data, &[("DUTY_LEDGER_PERSON_KEK_FILE", &path(&old))]).exits(1);
    let nowhere = directory.path().join("nowhere");
    let files = [&nowhere, &old, &new].map(|file| path(file));
    let [at, from, to] = files.each_ref().map(String::as_str);
    let args = ["persons", "rewrap", "--data-dir", at, "--old-kek-file", from];
    run(args.into_iter().chain(["--new-kek-file", to])).exits(1);
    assert!(!nowhere.exists(), "a look makes no directory");

    let server = serving(&data, &new);
    let url = server.url();
    let shown = run(["person", "show", "p-2", "--server", &url]).exits(0);
    assert!(shown.out.contains(NAME), "{}", shown.out);
    server.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_moment_it_is_killed_an_erasure_that_stands_is_carried_out() {
    let directory = directory();
    let (data, kek) = (directory.path().join("data"), super::Kek::from_bytes(KEK));
    let digits = "01".repeat(32);
    assert_eq!(super::Kek::parse(&digits).expect("digits"), kek);
    let variables = [("DUTY_LEDGER_PERSON_KEK", digits.as_str())];
    let mut random = Random::from_environment();
    eprintln!("DUTY_LEDGER_SEED={}", random.seed());
    for round in 0..KILLS {
        let server = Server::start_with(&data, &variables);
        let clients = Clients::connect(&server.api).await;
        let id = format!("p-{round}");
        clients.registry.clone().register_person(named(&id, NAME)).await.expect("registered");
        let (mut client, request) = (clients.registry.clone(), erasure(&id));
        let call = tokio::spawn(async move { client.erase_person(request).await });
        // Somewhere between the call and its answer, or just after: in turns, not by time.
        for _ in 0..random.below(40) {
            tokio::task::yield_now().await;
        }
        if round % 2 == 1 {
            // The entry is durable once a reader sees it; the destruction may not have begun.
            erased_is_seen(&clients, &id).await;
        }
        server.kill();
        let acknowledged = matches!(call.await, Ok(Ok(_)));

        let server = Server::start_with(&data, &variables);
        let clients = Clients::connect(&server.api).await;
        let answer = person(&clients, &id, 0).await;
        let is_erased = answer.text_state() == pb::PersonTextState::Erased;
        let key_is_there = data.join(format!("persons/{id}.key")).exists();
        assert_ne!(is_erased, key_is_there, "round {round}: {answer:?}");
        assert!(is_erased || !acknowledged, "round {round}: an acknowledged erasure is lost");
        // Whoever was not told asks again.
        clients.registry.clone().erase_person(erasure(&id)).await.expect("erased");
        assert!(!data.join(format!("persons/{id}.key")).exists());
        server.terminate();
    }
    none_on_disk(directory.path());
}

async fn erased_is_seen(clients: &Clients, id: &str) {
    let seen = async {
        while person(clients, id, 0).await.text_state() != pb::PersonTextState::Erased {
            tokio::task::yield_now().await;
        }
    };
    crate::support::within("the erasure", seen).await;
}
