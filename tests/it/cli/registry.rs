//! The registrars' commands: who is who, who acts, who is away, what became of organizations.

use super::import::seeded;
use crate::support::child::{Ran, Server, run};
use crate::support::directory;

const BY: [&str; 2] = ["--by", "registrar-1"];
const DOCUMENT: [&str; 2] = ["--document", "柳编〔2022〕8号"];

struct Desk {
    server: Server,
    _directory: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let directory = directory();
        let ledger = directory.path().join("ledger");
        seeded(&ledger);
        Self { server: Server::start(&ledger), _directory: directory }
    }

    /// Runs a line of words.
    fn ask(&self, line: &str, more: &[&str]) -> Ran {
        let url = self.server.url();
        let words = line.split_whitespace().chain(more.iter().copied());
        run(words.chain(["--server", url.as_str()]))
    }

    fn step(&self, line: &str, more: &[&str]) -> Ran {
        self.ask(line, &[&BY[..], more].concat())
    }

    /// Registers a bureau of the city with the post of its head.
    fn bureau(&self, id: &str) {
        let line = format!(
            "organization register {id} --parent 450200 --name-zh 柳州市{id} --level department \
             --class 政府机关 --division 450200"
        );
        self.step(&line, &[]).exits(0);
        let line = format!(
            "post register {id}.head --organization {id} --kind government-head --title 局长"
        );
        self.step(&line, &[]).exits(0);
    }

    fn position(&self) -> String {
        let listed = self.ask("organization list --output json", &[]).exits(0).json();
        listed["position"].as_str().expect("a position").to_owned()
    }
}

#[test]
fn a_post_is_held_acted_in_handed_over_and_its_holder_away() {
    let desk = Desk::new();
    desk.bureau("gxj");
    for person in ["p-1", "p-2", "p-3"] {
        desk.ask(&format!("person register {person} --recorder registrar-1"), &[]).exits(0);
    }
    let begin = "tenure begin t-1 --person p-1 --post gxj.head --from 2021-03-01";
    desk.step(begin, &["--check"]).exits(0);
    let before = desk.position();
    assert!(!desk.ask("person show p-1", &[]).exits(0).out.contains("gxj.head"), "only checked");
    desk.step(begin, &[]).exits(0);
    let again = desk.step(begin, &["--lang", "en"]).exits(0);
    assert!(again.out.starts_with("unchanged"), "{again:?}");
    assert_ne!(desk.position(), before);

    // Away for half a year, and somebody acts meanwhile.
    let away = "absence record a-1 --tenure t-1 --kind sick-leave --from 2022-01-10";
    desk.step(away, &DOCUMENT).exits(0);
    let end = "absence end a-1 --person p-1 --until 2022-06-30";
    desk.step(end, &[]).exits(0);
    let acting = "tenure begin t-2 --person p-2 --post gxj.head --from 2022-01-10 --acting";
    desk.step(acting, &[]).exits(0);
    let held = desk.ask("organization show gxj", &[]).exits(0).out;
    for text in ["p-2（主持工作）: 2022-01-10", "长期病假: 2022-01-10 – 2022-06-30"] {
        assert!(held.contains(text), "{text} is not in {held}");
    }
    // Somebody else beside the holder is refused, with the way out.
    let beside = "tenure begin t-3 --person p-3 --post gxj.head --from 2022-09-01";
    let refused = desk.step(beside, &[]).exits(1);
    assert!(refused.err.contains("TENURE_OVERLAPS") && refused.err.contains("acting"));

    let over = "tenure handover gxj gxj.head --to p-3 --tenure t-3 --from 2022-09-01";
    desk.step(over, &[]).exits(0);
    let held = desk.ask("organization show gxj", &[]).exits(0).out;
    for text in [
        "p-1: 2021-03-01 – 2022-08-31",
        "p-2（主持工作）: 2022-01-10 – 2022-08-31",
        "p-3: 2022-09-01 – ",
    ] {
        assert!(held.contains(text), "{text} is not in {held}");
    }
    let at = desk.position();
    let again = desk.step(over, &[]).exits(0);
    assert!(again.out.contains("未变") && desk.position() == at, "{again:?}");

    // Vacant from a day on; then there is nothing to hand over.
    desk.step("tenure handover gxj gxj.head --from 2023-01-01", &[]).exits(0);
    let nobody = desk.step("tenure handover gxj gxj.head --from 2023-02-01", &[]).exits(65);
    assert!(nobody.err.contains("没有人") && nobody.err.contains("nothing to hand over"));
    desk.step("tenure end t-3 --person p-3 --until 2022-12-30", &[]).exits(0);
    desk.step("absence revoke a-1 --person p-1", &[]).exits(0);
    assert!(desk.ask("person show p-1", &[]).exits(0).out.contains("已撤销登记"));

    for (line, named) in [
        ("tenure end t-9 --person p-3 --until 2022-12-30", "t-9"),
        ("absence revoke a-9 --person p-1", "a-9"),
        ("tenure handover gxj gxj.none --from 2023-01-01", "gxj.none"),
        ("tenure handover gxj gxj.head --from 2023-02-29", "2023-02-29"),
    ] {
        let refused = desk.step(line, &[]).exits(65);
        assert!(refused.err.contains(named), "{line}: {refused:?}");
        assert!(refused.err.contains(" / "), "in both languages: {refused:?}");
    }
    let unknown =
        desk.step("absence record a-2 --tenure t-1 --kind tired --from 2022-01-01", &DOCUMENT);
    let unknown = unknown.exits(2);
    assert!(unknown.err.contains("sick_leave 长期病假"), "{}", unknown.err);
    desk.server.terminate();
}

#[test]
fn an_organization_is_renamed_moved_merged_split_and_dissolved() {
    let desk = Desk::new();
    for id in ["gxj", "syj", "new-a", "new-b"] {
        desk.bureau(id);
    }
    let dated = |line: &str, from: &str| {
        desk.step(&format!("organization {line} --from {from}"), &DOCUMENT)
    };
    let show = |id: &str, day: &str| {
        desk.ask(&format!("organization show {id} --as-of {day}"), &[]).exits(0).out
    };
    dated("rename gxj --name-zh 柳州市工业和信息化局", "2022-03-01").exits(0);
    assert!(show("gxj", "2022-02-28").starts_with("柳州市gxj "));
    assert!(show("gxj", "2022-03-01").starts_with("柳州市工业和信息化局 "));
    dated("move syj --under gxj --axis line", "2022-04-01").exits(0);
    dated("move syj --under gxj", "2022-05-01").exits(0);
    let within = |day: &str| {
        let line = format!("organization list --within gxj --as-of {day}");
        desk.ask(&line, &[]).exits(0).out.lines().count()
    };
    assert_eq!((within("2022-03-31"), within("2022-04-01")), (1, 2));
    let ring = dated("move gxj --under syj", "2022-06-01").exits(65);
    assert!(ring.err.contains("TREE_CYCLE"), "{}", ring.err);

    // Recorded by mistake, and taken back.
    desk.step("organization revoke-change syj syj.2022-04-01.moved-line", &[]).exits(0);
    assert_eq!(within("2022-04-30"), 1);
    let unknown = desk.step("organization revoke-change syj none", &[]).exits(65);
    assert!(unknown.err.contains("none") && unknown.err.contains("organization show"));

    // Two merge into a third: both or none.
    let half = dated("merge gxj nobody --into new-a", "2023-01-01").exits(65);
    assert!(half.err.contains("nobody") && half.err.contains("registrations[1]"), "{}", half.err);
    assert!(!show("gxj", "2023-01-01").contains("合并"));
    dated("merge gxj syj --into new-a", "2023-01-01").exits(0);
    for id in ["gxj", "syj"] {
        assert!(show(id, "2023-06-01").contains("合并 → new-a"), "{id}");
    }
    let after = dated("rename gxj --name-zh 别的", "2023-02-01").exits(1);
    assert!(after.err.contains("ORGANIZATION_CHANGE_INVALID"), "{}", after.err);
    let one = dated("split new-a --into new-b", "2024-01-01").exits(65);
    assert!(one.err.contains("successor_organization_ids"), "{}", one.err);
    dated("split new-a --into new-b --into 450200-kjj", "2024-01-01").exits(0);
    dated("dissolve new-b --successor 450200-kjj", "2025-01-01").exits(0);
    let listed = desk.ask("organization list --as-of 2025-01-01", &[]).exits(0).out;
    let ids: Vec<_> = listed.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(ids, ["450200", "450200-kjj"]);
    desk.server.terminate();
}

#[test]
fn a_leading_group_is_a_version_a_document() {
    let desk = Desk::new();
    let head = "450200-kjj.government-head";
    let record = |document: &str, from: &str, head: &str, member: &str| {
        let line = format!(
            "group record g-1 --organization 450200-kjj --from {from} --name 法治政府建设领导小组 \
             --head {head} --member {member} --office 政策法规科 --document {document}"
        );
        desk.step(&line, &[])
    };
    let party = "450200-kjj.party-head";
    record("柳科〔2021〕3号", "2021-02-01", party, head).exits(0);
    record("柳科〔2022〕6号", "2022-07-01", head, party).exits(0);
    let otherwise = record("柳科〔2022〕6号", "2022-08-01", head, party).exits(65);
    assert!(otherwise.err.contains("ALREADY_EXISTS") && otherwise.err.contains("--amend"));
    let unknown = record("柳科〔2022〕9号", "2022-09-01", head, "nobody").exits(65);
    assert!(unknown.err.contains("group.member_post_ids[0]"), "{}", unknown.err);

    let on = |day: &str| desk.ask(&format!("group show g-1 --as-of {day}"), &[]).exits(0).out;
    assert!(on("2022-06-30").contains(&format!("组长: 党组书记 ({party}) p-kjj-01")));
    let later = on("2022-07-01");
    assert!(later.contains(&format!("组长: 局长 ({head}) p-kjj-01")), "{later}");
    for text in ["柳科〔2021〕3号", "柳科〔2022〕6号"] {
        assert!(later.contains(text), "{text} is not in {later}");
    }
    let listed = desk.ask("group list --as-of 2022-07-01", &[]).exits(0).out;
    assert_eq!(listed.lines().count(), 1, "{listed}");
    let none = desk.ask("group list --as-of 2020-01-01 --lang en", &[]).exits(0).out;
    assert_eq!(none.trim(), "no leading group");
    let json = desk.ask("group show g-1 --output json", &[]).exits(0).json();
    assert_eq!(json["versions"].as_array().map(Vec::len), Some(2));
    desk.ask("group show none", &[]).exits(1);
    desk.server.terminate();
}
