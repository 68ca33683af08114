//! Cuts the text of a filter into tokens.
//!
//! Offsets count characters, not bytes: they are shown to people. Stars are settled here, because
//! only here `*` and `\*` differ; whether a value may have any is for the parser.

use super::{CHARS_MAX, Comparator, FilterError, Pattern};

/// A token and the characters it takes, `start..end`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Close,
    And,
    Or,
    Not,
    /// A `-` at the start of a word: a negation, or the sign of a number.
    Minus,
    Comparator(Comparator),
    Word(Pattern),
    Quoted(Pattern),
    /// Once, at the end of every list of tokens.
    End,
}

/// What an input method for Chinese leaves behind, and what was meant. Inside a bare word it would
/// silently search for something else.
const FULL_WIDTH: &[(char, char)] = &[
    ('（', '('),
    ('）', ')'),
    ('：', ':'),
    ('＝', '='),
    ('！', '!'),
    ('＜', '<'),
    ('＞', '>'),
    ('“', '"'),
    ('”', '"'),
    ('‘', '\''),
    ('’', '\''),
    ('－', '-'),
    ('＊', '*'),
];

/// Cuts `text` into tokens, the last of them [`Kind::End`].
pub(super) fn lex(text: &str) -> Result<Vec<Token>, FilterError> {
    // One character more than may be is enough to know.
    let chars: Vec<char> = text.chars().take(CHARS_MAX + 1).collect();
    if CHARS_MAX < chars.len() {
        return Err(too_long());
    }
    let mut lexer = Lexer { chars: &chars, at: 0 };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.token()?;
        let is_last = token.kind == Kind::End;
        tokens.push(token);
        if is_last {
            return Ok(tokens);
        }
    }
}

/// The refusal of a filter or an order of more than [`CHARS_MAX`] characters.
pub(super) fn too_long() -> FilterError {
    FilterError::new(
        CHARS_MAX,
        format!("不得超过 {CHARS_MAX} 个字符"),
        format!("longer than {CHARS_MAX} characters"),
    )
}

struct Lexer<'a> {
    chars: &'a [char],
    at: usize,
}

/// A character of a word or string: `None` is a star that leaves an end open.
type Piece = (Option<char>, usize);

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn token(&mut self) -> Result<Token, FilterError> {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
        let start = self.at;
        let kind = match self.peek() {
            None => Kind::End,
            Some('(') => self.single(Kind::Open),
            Some(')') => self.single(Kind::Close),
            Some('-') => self.single(Kind::Minus),
            Some('=' | '!' | '<' | '>' | ':') => self.comparator()?,
            Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
            Some(_) => self.word()?,
        };
        Ok(Token { kind, start, end: self.at })
    }

    fn single(&mut self, kind: Kind) -> Kind {
        self.at += 1;
        kind
    }

    fn comparator(&mut self) -> Result<Kind, FilterError> {
        let pair = (self.peek(), self.chars.get(self.at + 1).copied());
        let (comparator, length) = match pair {
            (Some('!'), Some('=')) => (Comparator::NotEqual, 2),
            (Some('<'), Some('=')) => (Comparator::LessOrEqual, 2),
            (Some('>'), Some('=')) => (Comparator::GreaterOrEqual, 2),
            (Some('<'), _) => (Comparator::Less, 1),
            (Some('>'), _) => (Comparator::Greater, 1),
            (Some('='), _) => (Comparator::Equal, 1),
            (Some(':'), _) => (Comparator::Has, 1),
            _ => {
                return Err(FilterError::new(
                    self.at,
                    "“!”之后应为“=”；否定请写 NOT 或 -",
                    "`!` stands only before `=`; write NOT or - to negate",
                ));
            }
        };
        self.at += length;
        Ok(Kind::Comparator(comparator))
    }

    fn quoted(&mut self, quote: char) -> Result<Kind, FilterError> {
        let start = self.at;
        self.at += 1;
        let mut pieces: Vec<Piece> = Vec::new();
        loop {
            let at = self.at;
            let Some(c) = self.peek() else {
                return Err(FilterError::new(start, "引号没有闭合", "this quote is never closed"));
            };
            self.at += 1;
            match c {
                _ if c == quote => return Ok(Kind::Quoted(pattern(&pieces)?)),
                '*' => pieces.push((None, at)),
                '\\' => pieces.push((Some(self.escaped(at)?), at)),
                _ => pieces.push((Some(c), at)),
            }
        }
    }

    fn escaped(&mut self, at: usize) -> Result<char, FilterError> {
        match self.peek() {
            Some(c @ ('"' | '\'' | '*' | '\\')) => {
                self.at += 1;
                Ok(c)
            }
            _ => Err(FilterError::new(
                at,
                "反斜杠之后只能是引号、* 或反斜杠",
                "a backslash stands only before a quote, `*` or another backslash",
            )),
        }
    }

    fn word(&mut self) -> Result<Kind, FilterError> {
        let start = self.at;
        let mut pieces: Vec<Piece> = Vec::new();
        while let Some(c) = self.peek() {
            if c.is_whitespace()
                || matches!(c, '(' | ')' | '=' | '!' | '<' | '>' | ':' | '"' | '\'')
            {
                break;
            }
            self.check_bare(c)?;
            pieces.push(((c != '*').then_some(c), self.at));
            self.at += 1;
        }
        let word = &self.chars[start..self.at];
        Ok(match word {
            ['A', 'N', 'D'] => Kind::And,
            ['O', 'R'] => Kind::Or,
            ['N', 'O', 'T'] => Kind::Not,
            _ => Kind::Word(pattern(&pieces)?),
        })
    }

    fn check_bare(&self, c: char) -> Result<(), FilterError> {
        if let Some((_, meant)) = FULL_WIDTH.iter().find(|(wide, _)| *wide == c) {
            return Err(FilterError::new(
                self.at,
                format!("全角“{c}”请改用半角 {meant}；如属内容，请加引号"),
                format!("`{c}` is full-width: write {meant}, or quote the text it is part of"),
            ));
        }
        if matches!(c, ',' | '\\') || c.is_control() {
            return Err(FilterError::new(
                self.at,
                "此字符须放在引号内",
                "this character stands only in quotes",
            ));
        }
        Ok(())
    }
}

/// The pattern of these pieces: stars at the ends open them, a star between is refused.
fn pattern(pieces: &[Piece]) -> Result<Pattern, FilterError> {
    let is_star = |piece: &Piece| piece.0.is_none();
    let leading = pieces.iter().take_while(|piece| is_star(piece)).count();
    let rest = &pieces[leading..];
    let trailing = rest.iter().rev().take_while(|piece| is_star(piece)).count();
    let inner = &rest[..rest.len() - trailing];
    if let Some((_, at)) = inner.iter().find(|piece| is_star(piece)) {
        return Err(FilterError::new(
            *at,
            "* 只能在首尾；要查找星号本身，请在引号内写 \\*",
            "`*` stands only at an end; for the character itself write \\* in quotes",
        ));
    }
    let text: String = inner.iter().filter_map(|piece| piece.0).collect();
    let is_all_stars = text.is_empty() && 0 < leading;
    Ok(Pattern { open_start: 0 < leading, text, open_end: 0 < trailing || is_all_stars })
}
