//! The keys of persons against the journal: whoever was erased has none.

use projection::State;

use super::{Compared, Finding, Findings, Subject};
use crate::persons;

/// Looks for keys that should have been destroyed. A running service destroys them in a moment, so
/// only a key that is still there at rest is a fault.
pub(super) fn compare(
    subject: &Subject<'_>,
    state: &State,
    findings: &mut Findings<'_>,
    compared: &mut Vec<Compared>,
) {
    let Some(dir) = subject.dir.filter(|dir| dir.join(persons::DIRECTORY).exists()) else {
        return;
    };
    let kept = match persons::to_back_up(dir, |_| false) {
        Ok(kept) => kept,
        Err(error) => {
            let why = crate::chain(&error);
            findings.add(Finding::of(
                persons::DIRECTORY,
                "PERSON_KEY_DAMAGED",
                format!("人员密钥无法读取：{why}；请从备份恢复该文件"),
                format!("the keys of persons cannot be read: {why}; restore the file"),
            ));
            return;
        }
    };
    let position = state.head().get();
    compared.push(Compared { what: persons::DIRECTORY.to_owned(), position });
    let registry = state.registry();
    for person in registry.erased_persons().filter(|_| subject.live.is_none()) {
        let name = format!("{person}.key");
        if kept.iter().any(|file| file.name == name) {
            let file = format!("{}/{name}", persons::DIRECTORY);
            findings.add(Finding::of(
                &file,
                "PERSON_KEY_OF_ERASED",
                format!("{file} 属于已注销个人信息的人员，本应销毁；启动服务即会销毁，或删除该文件"),
                format!("{file} is the key of an erased person and should be destroyed: starting the service does it, or delete the file"),
            ));
        }
    }
}
