//! What a misspelt name may have meant.

/// Longest word that is compared; names are far shorter, and the work grows with the square.
const CHARS_MAX: usize = 64;

/// Most characters of somebody's text that an error repeats.
const SHOWN_MAX: usize = 40;

/// The advice in Chinese and English to end an error with: the nearest of `candidates`, or all.
pub(super) fn advice(word: &str, candidates: &[&str]) -> (String, String) {
    if let Some(nearest) = nearest(word, candidates) {
        return (format!("；是否想写 {nearest}？"), format!("; did you mean {nearest}?"));
    }
    if candidates.is_empty() {
        return (String::new(), String::new());
    }
    (
        format!("；可用：{}", candidates.join("、")),
        format!("; there are: {}", candidates.join(", ")),
    )
}

/// `text` as an error repeats it: in full, or its beginning.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_MAX) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

/// The only candidate that begins with `word`, else the first of those nearest to it: at most a
/// third of the letters, but always one, may differ. Case does not count.
fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let folded = super::fold(word);
    let mut longer = candidates.iter().filter(|name| super::fold(name).starts_with(&folded));
    if let (Some(only), None) = (longer.next(), longer.next()) {
        return Some(only);
    }
    let word: Vec<char> = folded.chars().take(CHARS_MAX + 1).collect();
    if CHARS_MAX < word.len() {
        return None;
    }
    let distance_max = (word.len() / 3).max(1);
    candidates
        .iter()
        .map(|candidate| {
            let letters: Vec<char> = super::fold(candidate).chars().collect();
            (distance(&word, &letters), *candidate)
        })
        .filter(|(distance, _)| *distance <= distance_max)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Letters to insert, drop or replace to come from `left` to `right` (Levenshtein).
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, r) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(l != r);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}
