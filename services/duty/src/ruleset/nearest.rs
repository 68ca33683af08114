//! "Did you mean": the known word nearest to one that is not known.

/// Longest word that is compared; longer ones are no slips of the pen.
const CHARS_MAX: usize = 64;

/// What to add to a message about `word`, in Chinese and English; empty when nothing is near.
pub(super) fn did_you_mean<'k>(
    word: &str,
    known: impl Iterator<Item = &'k str>,
) -> (String, String) {
    let nearest = known
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().div_ceil(3).min(4))
        .min();
    match nearest {
        Some((_, candidate)) => {
            (format!("，是否为“{candidate}”？"), format!("; did you mean '{candidate}'?"))
        }
        None => (String::new(), String::new()),
    }
}

/// Edits (insert, delete, replace) from one word to the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().take(CHARS_MAX).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    let mut length = 0;
    for (index, from) in left.chars().take(CHARS_MAX).enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, to) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
        length = index + 1;
    }
    debug_assert_eq!(row.len(), right.len() + 1);
    debug_assert!(length <= CHARS_MAX);
    row.last().copied().unwrap_or(length)
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, distance};

    #[test]
    fn slips_are_near_and_other_words_are_not() {
        let table = [
            ("weight", "weight", 0),
            ("wieght", "weight", 2),
            ("weigt", "weight", 1),
            ("", "abc", 3),
            ("abc", "", 3),
            ("责任", "责任人", 1),
        ];
        for (left, right, edits) in table {
            assert_eq!(distance(left, right), edits, "{left} {right}");
        }
        let known = ["weight", "metric", "cadence"];
        assert_eq!(did_you_mean("cadense", known.into_iter()).1, "; did you mean 'cadence'?");
        assert_eq!(did_you_mean("colour", known.into_iter()).1, "");
    }
}
