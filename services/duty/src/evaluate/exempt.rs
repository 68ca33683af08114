//! What an exemption in force does to an obligation: it is exempted on every rung, earns nothing
//! and weighs nothing.
//!
//! Only what is owed can be exempted: what a rule does not ask for stays *not applicable*. The day
//! that counts is the one asked about, or the last day of the obligation when that has passed: a
//! deadline that fell while the exemption held is not owed again when the exemption ends.

use rust_decimal::Decimal;

use super::ended;
use super::line::Scope;
use super::obligation::{NotCounted, Obligation, Owner, RungResult, Standing, Status};
use crate::exemption::{Covered, HeldExemption};

/// Exempts the obligation if exemptions in force cover it.
pub(super) fn apply(scope: &Scope<'_>, obligation: &mut Obligation) {
    if obligation.official == Status::NotApplicable {
        return;
    }
    let by = covering(scope, obligation);
    // What an organization that has ended no longer owes is not exempted either.
    if by.is_empty() || ended::is_no_longer_owed(scope, obligation) {
        return;
    }
    let rung = RungResult {
        status: Status::Exempted,
        credit: Decimal::ZERO,
        in_time: Decimal::ZERO,
        late: Decimal::ZERO,
        entries: by.iter().map(|held| held.since).collect(),
    };
    obligation.rungs = std::array::from_fn(|_| rung.clone());
    obligation.official = Status::Exempted;
    for entry in &mut obligation.considered {
        if matches!(entry.standing, Standing::Counted { .. }) {
            entry.standing = Standing::NotCounted(NotCounted::Exempted);
        }
    }
    obligation.exempted_by = by;
}

/// The exemptions that together cover the obligation; none when they do not.
fn covering(scope: &Scope<'_>, obligation: &Obligation) -> Vec<HeldExemption> {
    let question = scope.question;
    let day = obligation.window.map_or(question.as_of, |window| window.last.min(question.as_of));
    let exemptions = scope.world.registry.exemptions();
    let in_force: Vec<&HeldExemption> = exemptions
        .of(&scope.organization.id, question.known)
        .filter(|held| held.exemption.duty == scope.rule.id)
        .filter(|held| held.is_in_force(question.year, day, question.known))
        .collect();
    let whole = in_force.iter().find(|held| match &held.exemption.covered {
        Covered::Organization => true,
        Covered::Person(exempted) => {
            matches!(&obligation.owner, Owner::Person { person, .. } if person == exempted)
        }
        Covered::Post(_) => false,
    });
    if let Some(held) = whole {
        return vec![held.as_known(question.known)];
    }
    let Owner::Person { posts, .. } = &obligation.owner else { return Vec::new() };
    let through = posts.iter().map(|post| {
        let of_post =
            |held: &&&HeldExemption| held.exemption.covered == Covered::Post(post.clone());
        in_force.iter().find(of_post).map(|held| held.as_known(question.known))
    });
    through.collect::<Option<Vec<_>>>().unwrap_or_default()
}
