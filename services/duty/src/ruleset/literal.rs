//! From a place inside a text to the place where that stands in the TOML file: over the quotes,
//! escapes, line breaks and joined lines of the four kinds of TOML strings.
//!
//! Invariant: what cannot be followed to the end has no place; nothing is guessed.

/// The byte offset in `raw`, which begins with the opening quotes of a TOML string, of the byte
/// `offset` of the `value` it stands for; that of the closing quotes for the length of the value.
pub(super) fn offset_in(raw: &str, value: &str, offset: usize) -> Option<usize> {
    let (quotes, escapes) = opening(raw)?;
    let mut at = quotes;
    if quotes == 3 {
        // A line break right behind the opening quotes is none of the value.
        at += newline(&raw[at..]);
    }
    let mut seen = 0;
    while seen < offset {
        let rest = raw.get(at..)?;
        let (length, character) = match rest.strip_prefix('\\').filter(|_| escapes) {
            Some(behind) => escape(behind).map(|(length, c)| (1 + length, c))?,
            None => rest.chars().next().map(|c| (c.len_utf8(), Some(c)))?,
        };
        at += length;
        let Some(character) = character else { continue };
        if value.get(seen..)?.starts_with(character) {
            seen += character.len_utf8();
        } else if character != '\r' {
            return None;
        }
    }
    // Lines joined by a backslash: what follows stands behind the joint.
    while escapes && let Some((length, None)) = raw.get(at..)?.strip_prefix('\\').and_then(escape) {
        at += 1 + length;
    }
    (seen == offset).then_some(at)
}

/// How many quotes open the string, and whether a backslash means something in it.
fn opening(raw: &str) -> Option<(usize, bool)> {
    let quote = raw.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let three = raw.starts_with("\"\"\"") || raw.starts_with("'''");
    Some((if three { 3 } else { 1 }, quote == '"'))
}

/// Length of the line break a text begins with, 0 without one.
fn newline(text: &str) -> usize {
    if text.starts_with("\r\n") { 2 } else { usize::from(text.starts_with('\n')) }
}

/// What stands behind a backslash: its length, and the character it is, if any.
fn escape(behind: &str) -> Option<(usize, Option<char>)> {
    let hexadecimal = |digits: usize| {
        let code = u32::from_str_radix(behind.get(1..=digits)?, 16).ok()?;
        Some((1 + digits, Some(char::from_u32(code)?)))
    };
    let one = |c| Some((1, Some(c)));
    match behind.chars().next()? {
        'b' => one('\u{8}'),
        't' => one('\t'),
        'n' => one('\n'),
        'f' => one('\u{c}'),
        'r' => one('\r'),
        'e' => one('\u{1b}'),
        c @ ('"' | '\\') => one(c),
        'x' => hexadecimal(2),
        'u' => hexadecimal(4),
        'U' => hexadecimal(8),
        _ => {
            let joined = behind.trim_start_matches([' ', '\t']);
            let lines = joined.trim_start_matches([' ', '\t', '\r', '\n']);
            (newline(joined) != 0).then_some((behind.len() - lines.len(), None))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::offset_in;

    /// Every character of the value of every kind of string is found where it stands: the same
    /// character, or the escape that means it.
    #[test]
    fn every_character_is_found() {
        let table = [
            r#""plain 中文 text" # behind"#,
            r#""a\tb\"c\\d\u4E2De\U0001F600f\x41g\e""#,
            r"'C:\new\table'",
            "\"\"\"\n  first\n  second \\\n     \n  third\"\"\"",
            "\"\"\"\r\nfirst\r\nsecond \\\r\n third\"\"\"",
            "'''\nfirst 'quoted'\nsecond'''",
            "\"\"\"a \"quoted\" word\\\n\"\"\"",
            "\"\"",
        ];
        for raw in table {
            let text = format!("key = {raw}\n");
            let document: toml::Table = text.parse().unwrap();
            let value = document["key"].as_str().unwrap();
            let mut last = 0;
            for (offset, c) in value.char_indices() {
                let at = offset_in(raw, value, offset).unwrap();
                assert!(last < at, "{raw}: {offset}");
                last = at;
                assert!(raw[at..].starts_with(c) || raw[at..].starts_with('\\'), "{raw}: {offset}");
            }
            let end = offset_in(raw, value, value.len()).unwrap();
            assert!(raw[end..].starts_with(['"', '\'']), "{raw}: {end}");
            assert_eq!(offset_in(raw, value, value.len() + 1), None);
        }
        assert_eq!(offset_in("bare", "bare", 1), None);
        assert_eq!(offset_in("\"abd\"", "abc", 3), None);
    }
}
