//! The profile: every version, decision, deadline and change of a year, on its day.

use expect_test::expect;

use super::*;
use crate::supervision::profile::{Entries, Item, What, gather};

fn entries(ledger: &Ledger) -> Entries {
    (1..).map(Position::new).zip(ledger.journal.iter().cloned()).collect()
}

fn line(ledger: &Ledger, organization: &str, known: Position) -> String {
    let snapshot = ledger.snapshot();
    let gathered = gather(&snapshot, &organization_id(organization), question(known)).unwrap();
    let wanted = gathered.positions();
    let entries = entries(ledger).into_iter().filter(|(at, _)| wanted.contains(at)).collect();
    let row = |item: &Item| {
        let what = match &item.what {
            What::Registered => "registered".to_owned(),
            What::TookOffice(post, tenure) => format!("{} took {post}", tenure.person),
            What::LeftOffice(post, tenure) => format!("{} left {post}", tenure.person),
            What::Event(fact) => format!("event {}", fact.event_type.as_str()),
            What::Correction(fact) => format!("correction {}", fact.event_type.as_str()),
            What::Withdrawal(fact) => format!("withdrawal of {}", fact.position),
            What::Review(fact, verdict) => format!("{verdict:?} {}", fact.position),
            What::Due(due) => {
                let open = if due.is_open { "open" } else { "over" };
                format!("due {} {} {open}", due.kind.as_str(), due.debtor.as_str())
            }
            What::Step(step, _) => format!("{step:?}"),
            What::Deadline(owed) => format!("due {} {}", owed.duty, owed.official.as_str()),
        };
        let by = if item.by_recording { "*" } else { "" };
        let at = item.position.map_or(0, Position::get);
        let title = if matches!(item.what, What::Step(..)) { &item.title } else { "" };
        let words = format!("{title} {}", item.remark);
        format!("{}{by} {at} {what} {}", item.day, words.trim()).trim_end().to_owned()
    };
    gathered.timeline(&entries).iter().map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_year_is_one_line() {
    let mut ledger = world();
    let before = Position::new(ledger.journal.len() as u64);
    let then = line(&ledger, "c", before);
    // c is registered by entry 10, its posts by 11 and 12; persons are 13 to 17, tenures 18 to 23,
    // rules 24, calendar 25, debriefs 26, 27 and 28, of which the last one is c's. Two hours pass
    // with each entry from 09:00 on 1 October: entry 8 is told at 01:00 on the 2nd, 20 at 01:00 on
    // the 3rd.
    expect![[r#"
        2022-05-31 22 p4 left c.party
        2022-06-01 23 p5 took c.party
        2022-09-02 28 event rule_of_law_debrief
        2022-09-30 0 due debrief needs_verification
        2022-10-02* 10 registered
        2022-12-31 0 due plan not_due"#]]
    .assert_eq(&then);

    let mut corrected = debrief("c", "p5", "2022-09-03", DebriefForm::Special);
    corrected.evidence.push(minutes());
    told(&mut ledger, correction(28, corrected));
    told(&mut ledger, review(29, Verdict::Returned));
    told(&mut ledger, withdrawal(29));
    expect![[r#"
        2022-05-31 22 p4 left c.party
        2022-06-01 23 p5 took c.party
        2022-09-02 28 event rule_of_law_debrief
        2022-09-30 0 due debrief overdue
        2022-10-02* 10 registered
        2022-10-03* 29 correction rule_of_law_debrief 日期填写有误，已核对会议纪要
        2022-10-03* 31 withdrawal of 29 重复填报，予以撤回处理
        2022-10-03* 30 Returned 29 纪要缺少签到表，请补充
        2022-12-31 0 due plan not_due"#]]
    .assert_eq(&line(&ledger, "c", Position::MAX));
    // And what was known before stays what it was.
    assert_eq!(line(&ledger, "c", before), then);
}
