//! Work spread over the cores, for views of many organizations.
//!
//! The threads live as long as the work: an answer in parts needs nothing that outlives it, and
//! starting one costs less than judging a dozen organizations. What needs no second thread gets
//! none. The answers are those of one thread, in the same order.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use projection::spread::Spread;

/// Items taken at a time: few enough that no thread waits long for the last one.
const BLOCK: usize = 16;

/// All cores of the machine that the process may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cores(usize);

impl Cores {
    pub(crate) fn all() -> Self {
        Self(thread::available_parallelism().map_or(1, NonZero::get))
    }
}

impl Spread for Cores {
    fn each<T: Sync, R: Send>(&self, items: &[T], work: &(impl Fn(&T) -> R + Sync)) -> Vec<R> {
        let blocks: Vec<&[T]> = items.chunks(BLOCK).collect();
        let next = AtomicUsize::new(0);
        let take = || {
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(block) = blocks.get(number) else { return done };
                done.push((number, block.iter().map(work).collect::<Vec<R>>()));
            }
        };
        let helpers = self.0.min(blocks.len()).saturating_sub(1);
        let mut done = thread::scope(|scope| {
            let helpers: Vec<_> = (0..helpers)
                // Without a thread more the others do its part.
                .filter_map(|_| thread::Builder::new().spawn_scoped(scope, take).ok())
                .collect();
            let mut done = take();
            for helper in helpers {
                match helper.join() {
                    Ok(of_helper) => done.extend(of_helper),
                    // As if it had happened on this thread.
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            done
        });
        done.sort_unstable_by_key(|(number, _)| *number);
        done.into_iter().flat_map(|(_, block)| block).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_answers_are_those_of_one_thread(
            items in proptest::collection::vec(any::<u32>(), 0..500),
            cores in 1_usize..9,
        ) {
            let work = |item: &u32| u64::from(*item) * 3 + 1;
            let expected: Vec<u64> = items.iter().map(work).collect();
            prop_assert_eq!(Cores(cores).each(&items, &work), expected);
        }
    }

    #[test]
    fn a_panic_reaches_the_caller() {
        let items: Vec<u32> = (0..200).collect();
        let work = |item: &u32| assert!(*item < 199, "the last one");
        let outcome = std::panic::catch_unwind(|| Cores(4).each(&items, &work));
        assert!(outcome.is_err());
    }
}
