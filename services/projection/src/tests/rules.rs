//! Which rule set judges: the nearest jurisdiction, then the latest to become valid, then the
//! newest version.

use expect_test::{Expect, expect};

use super::*;

/// Publishes rule sets told as `id jurisdiction valid-from [valid-to]`, and says which rules each
/// organization in each year: `id@position`.
#[track_caller]
fn check(published: &str, expected: Expect) {
    let mut ledger = Ledger::founded();
    ledger.journal.truncate(ledger.journal.len() - 1);
    ledger.standing = Standing::new();
    ledger.state = State::new();
    for recorded in &ledger.journal {
        ledger.standing.evolve(recorded, &Earlier::new());
        ledger.state.apply(recorded);
    }
    for line in published.lines().map(str::trim) {
        let words: Vec<&str> = line.split(' ').collect();
        let end = words.get(3).map_or(String::new(), |day| format!("valid_to = {day}"));
        let rules = rules(words[0], words[1], words[2], &end);
        ledger.tell(Entry::RuleSet(Box::new(rules))).unwrap();
    }
    let snapshot = ledger.snapshot();
    let mut text = String::new();
    for id in ["city.kjj", "county"] {
        let registered = snapshot.registry().organization(&organization_id(id), Position::MAX);
        let found = [2021, 2022, 2023, 2024].map(|year| {
            let rules = snapshot.rules_for(registered.unwrap(), year, Position::MAX);
            let shown = |(since, rules): (Position, &std::sync::Arc<RuleSet>)| {
                format!("{}@{since}", rules.id)
            };
            format!("{year} {}", rules.map_or("none".to_owned(), shown))
        });
        text += &format!("{id}: {}\n", found.join(", "));
    }
    expected.assert_eq(&text);
}

#[test]
fn the_nearest_jurisdiction_rules() {
    check(
        "county 450222 2022-01-01
         city 450200 2022-01-01
         region 450000 2016-01-01",
        expect![[r#"
            city.kjj: 2021 region@13, 2022 city@12, 2023 city@12, 2024 city@12
            county: 2021 region@13, 2022 county@11, 2023 county@11, 2024 county@11
        "#]],
    );
}

#[test]
fn another_jurisdiction_does_not() {
    check(
        "guilin 450300 2016-01-01",
        expect![[r#"
        city.kjj: 2021 none, 2022 none, 2023 none, 2024 none
        county: 2021 none, 2022 none, 2023 none, 2024 none
    "#]],
    );
}

#[test]
fn the_latest_to_become_valid_rules_each_year() {
    check(
        "old 450200 2016-01-01
         new 450200 2023-12-31",
        expect![[r#"
            city.kjj: 2021 old@11, 2022 old@11, 2023 new@12, 2024 new@12
            county: 2021 old@11, 2022 old@11, 2023 new@12, 2024 new@12
        "#]],
    );
    // Published in the other order it is the same.
    check(
        "new 450200 2023-12-31
         old 450200 2016-01-01",
        expect![[r#"
            city.kjj: 2021 old@12, 2022 old@12, 2023 new@11, 2024 new@11
            county: 2021 old@12, 2022 old@12, 2023 new@11, 2024 new@11
        "#]],
    );
}

#[test]
fn an_end_of_validity_gives_way() {
    check(
        "old 450200 2016-01-01 2022-12-31
         region 450000 2016-01-01",
        expect![[r#"
            city.kjj: 2021 old@11, 2022 old@11, 2023 region@12, 2024 region@12
            county: 2021 old@11, 2022 old@11, 2023 region@12, 2024 region@12
        "#]],
    );
    // Valid on the accounting day or not at all in that year.
    check(
        "old 450200 2016-01-01 2022-12-30",
        expect![[r#"
        city.kjj: 2021 old@11, 2022 none, 2023 none, 2024 none
        county: 2021 old@11, 2022 none, 2023 none, 2024 none
    "#]],
    );
}

#[test]
fn a_new_version_replaces_the_old_one_for_every_year() {
    check(
        "city 450200 2016-01-01
         city 450200 2022-01-01",
        expect![[r#"
            city.kjj: 2021 none, 2022 city@12, 2023 city@12, 2024 city@12
            county: 2021 none, 2022 city@12, 2023 city@12, 2024 city@12
        "#]],
    );
}
