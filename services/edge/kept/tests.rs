//! The bounds of what is kept, and that nobody gets another answer than the one computed.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use duty::Position;
use duty::evaluate::Question;
use jiff::civil::date;
use proptest::prelude::*;
use tokio::sync::Notify;

use super::{Kept, Key, Limit, Weigh};

#[derive(Debug, PartialEq, Eq)]
struct Answer(u64, usize);

impl Weigh for Answer {
    fn bytes(&self) -> usize {
        self.1
    }
}

fn key(known: u64, rest: &str) -> Key {
    let question = Question { year: 2022, as_of: date(2022, 12, 31), known: Position::new(known) };
    Key::new("call", question, &[rest])
}

/// Asks for an answer of `bytes`; whether it had to be computed.
async fn ask(kept: &Kept, known: u64, bytes: usize) -> bool {
    let mut computed = false;
    let compute = async || {
        computed = true;
        Ok::<_, Infallible>(Answer(known, bytes))
    };
    let answer = kept.answer(key(known, ""), compute, || unreachable!("one kind of answer")).await;
    assert_eq!(*answer.expect("it cannot fail"), Answer(known, bytes));
    computed
}

#[test]
fn every_part_of_a_question_is_in_its_key() {
    let question = Question { year: 2022, as_of: date(2022, 12, 31), known: Position::new(7) };
    let all = [
        Key::new("a", question, &["b", "c"]),
        Key::new("a", question, &["bc", ""]),
        Key::new("a", question, &["b"]),
        Key::new("b", question, &["b", "c"]),
        Key::new("a", Question { year: 2021, ..question }, &["b", "c"]),
        Key::new("a", Question { as_of: date(2022, 12, 30), ..question }, &["b", "c"]),
        Key::new("a", Question { known: Position::new(8), ..question }, &["b", "c"]),
    ];
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
    assert_eq!(Key::new("a", question, &["b", "c"]), all[0]);
}

#[tokio::test]
async fn the_one_used_longest_ago_goes_first() {
    let kept = Kept::new(Limit { answers: 10, bytes: 30 });
    for known in 1..=3 {
        assert!(ask(&kept, known, 10).await, "{known} is new");
    }
    assert!(!ask(&kept, 1, 10).await, "1 is kept");
    assert!(ask(&kept, 4, 10).await, "4 is new, and 2 goes");
    assert!(!ask(&kept, 1, 10).await && !ask(&kept, 3, 10).await && !ask(&kept, 4, 10).await);
    assert!(ask(&kept, 2, 10).await, "2 is computed again");
    // What is too large alone is handed out, and nothing goes for it.
    assert!(ask(&kept, 9, 31).await && ask(&kept, 9, 31).await);
    let told = kept.told();
    assert_eq!((told.answers, told.bytes, told.hits, told.misses), (3, 30, 4, 7));
    let few = Kept::new(Limit { answers: 1, bytes: 30 });
    assert!(ask(&few, 1, 1).await && ask(&few, 2, 1).await && ask(&few, 1, 1).await);
    assert_eq!(few.told().answers, 1);
}

#[tokio::test]
async fn one_computation_serves_all_who_ask_at_once() {
    let kept = Arc::new(Kept::default());
    let (computations, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let asking = || {
        let (kept, computations, go) = (kept.clone(), computations.clone(), go.clone());
        tokio::spawn(async move {
            let compute = async || {
                computations.fetch_add(1, Ordering::Relaxed);
                go.notified().await;
                Ok::<_, Infallible>(Answer(1, 5))
            };
            kept.answer(key(1, ""), compute, || unreachable!("one kind of answer")).await
        })
    };
    let all: Vec<_> = (0..8).map(|_| asking()).collect();
    go.notify_one();
    let mut answers = Vec::new();
    for asked in all {
        answers.push(asked.await.expect("it ended").expect("it cannot fail"));
    }
    assert_eq!(computations.load(Ordering::Relaxed), 1);
    assert!(answers.iter().all(|answer| Arc::ptr_eq(answer, &answers[0])), "it is one answer");
    assert_eq!((kept.told().hits, kept.told().misses, kept.told().bytes), (7, 1, 5));
}

#[tokio::test]
async fn what_fails_or_is_given_up_is_computed_by_the_next() {
    let kept = Kept::default();
    let fails = kept.answer::<Answer, _, _>(key(1, ""), async || Err("no"), || "mixed up");
    assert_eq!(fails.await, Err("no"));
    assert_eq!(kept.told().answers, 0);
    // Given up in the middle: the future is dropped before it is ready.
    let mut never = Box::pin(kept.answer::<Answer, &str, _>(
        key(1, ""),
        async || std::future::pending().await,
        || "mixed up",
    ));
    tokio::select! {
        biased;
        _ = &mut never => unreachable!("it is never ready"),
        () = async {} => {}
    }
    drop(never);
    assert!(ask(&kept, 1, 3).await);
    assert!(!ask(&kept, 1, 3).await);
    // An answer of another kind under this key is told apart, not taken for it.
    struct Other;
    impl Weigh for Other {
        fn bytes(&self) -> usize {
            0
        }
    }
    let other = kept.answer::<Other, _, _>(key(1, ""), async || Ok(Other), || "mixed up").await;
    assert!(matches!(other, Err("mixed up")));
}

proptest! {
    /// Whatever is asked in whatever order: the bounds hold, the sum is the sum, and every answer
    /// is that of its question (checked in `ask`).
    #[test]
    fn the_bounds_hold(
        asked in prop::collection::vec((0_u64..12, 0_usize..40), 1..60),
        answers in 1_usize..6,
        bytes in 1_usize..80,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let kept = Kept::new(Limit { answers, bytes });
        let mut sizes = BTreeMap::new();
        for (known, size) in asked {
            // One question has one answer.
            let size = *sizes.entry(known).or_insert(size);
            runtime.block_on(ask(&kept, known, size));
            let told = kept.told();
            prop_assert!(told.answers <= answers && told.bytes <= bytes, "{told:?}");
            let shelf = kept.shelf.lock();
            prop_assert_eq!(shelf.slots.values().map(|slot| slot.bytes).sum::<usize>(), told.bytes);
        }
    }
}
