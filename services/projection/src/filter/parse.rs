//! Builds conditions from tokens, and settles names and types on the way.
//!
//! The grammar is AIP-160's, without functions and with lists of values only on the right:
//!
//! ```text
//! expression = factor { ["AND"] factor }
//! factor     = term { "OR" term }
//! term       = ["NOT" | "-"] simple
//! simple     = "(" expression ")" | field comparator value | field (":" | "=") list | literal
//! list       = "(" value { "OR" value } ")"
//! ```

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::lex::{Kind, Token};
use super::suggest::{advice, shown};
use super::{
    Comparator, Comparison, Condition, DEPTH_MAX, FieldKind, FieldSpec, FilterError, Operand,
    Pattern,
};

/// Parses a whole filter; `None` when it has no condition. `tokens` end with [`Kind::End`].
pub(super) fn parse(
    tokens: &[Token],
    fields: &[FieldSpec],
) -> Result<Option<Condition>, FilterError> {
    let mut parser = Parser { tokens, next: 0, fields, depth: 0 };
    if parser.peek().kind == Kind::End {
        return Ok(None);
    }
    let condition = parser.expression()?;
    match parser.peek().kind {
        Kind::End => Ok(Some(condition)),
        // An expression ends nowhere else.
        _ => Err(FilterError::new(
            parser.peek().start,
            "多余的右括号",
            "this parenthesis was never opened",
        )),
    }
}

/// The fields in which a word alone is looked for.
pub(super) fn searched(fields: &[FieldSpec]) -> impl Iterator<Item = &'static str> {
    fields.iter().filter_map(|field| match field.kind {
        FieldKind::Text | FieldKind::Enum(_) => Some(field.name),
        FieldKind::Number | FieldKind::Date | FieldKind::Bool => None,
    })
}

struct Parser<'a> {
    tokens: &'a [Token],
    next: usize,
    fields: &'a [FieldSpec],
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> &'a Token {
        self.ahead(0)
    }

    /// The token `count` after the next one; the end for ever after the end.
    fn ahead(&self, count: usize) -> &'a Token {
        let last = self.tokens.len() - 1;
        &self.tokens[(self.next + count).min(last)]
    }

    fn advance(&mut self) -> &'a Token {
        let token = self.peek();
        self.next += 1;
        token
    }

    fn expression(&mut self) -> Result<Condition, FilterError> {
        let mut members = vec![self.factor()?];
        loop {
            match self.peek().kind {
                Kind::End | Kind::Close => return Ok(one_or(members, Condition::All)),
                Kind::And => {
                    self.advance();
                }
                _ => self.check_gap()?,
            }
            members.push(self.factor()?);
        }
    }

    /// Conditions side by side need space between: without it two halves of a mistyped value would
    /// become two conditions.
    fn check_gap(&self) -> Result<(), FilterError> {
        let touches = self.next.checked_sub(1).is_some_and(|previous| {
            self.tokens.get(previous).is_some_and(|token| token.end == self.peek().start)
        });
        if !touches {
            return Ok(());
        }
        let at = self.peek().start;
        Err(match self.peek().kind {
            Kind::Comparator(_) => unexpected_comparator(at),
            Kind::Open => FilterError::new(
                at,
                "括号之前须有空格；不支持函数",
                "a space is missing before the parenthesis; there are no functions",
            ),
            _ => FilterError::new(at, "此处缺少空格", "a space is missing here"),
        })
    }

    fn factor(&mut self) -> Result<Condition, FilterError> {
        let mut members = vec![self.term()?];
        while self.peek().kind == Kind::Or {
            self.advance();
            members.push(self.term()?);
        }
        Ok(one_or(members, Condition::Any))
    }

    fn term(&mut self) -> Result<Condition, FilterError> {
        if !matches!(self.peek().kind, Kind::Not | Kind::Minus) {
            return self.simple();
        }
        self.advance();
        Ok(Condition::Not(Box::new(self.simple()?)))
    }

    fn simple(&mut self) -> Result<Condition, FilterError> {
        let token = self.peek();
        match &token.kind {
            Kind::Open => self.parenthesised(Self::expression),
            Kind::Word(pattern) => match self.ahead(1).kind {
                Kind::Comparator(comparator) => self.comparison(token, pattern, comparator),
                _ => self.bare_word(token, pattern),
            },
            Kind::Quoted(pattern) => match self.ahead(1).kind {
                Kind::Comparator(_) => Err(FilterError::new(
                    token.start,
                    "字段名不加引号",
                    "a field name has no quotes",
                )),
                _ => self.search(token, pattern),
            },
            Kind::Comparator(_) => Err(unexpected_comparator(token.start)),
            Kind::Close | Kind::And | Kind::Or | Kind::Not | Kind::Minus | Kind::End => {
                Err(FilterError::new(token.start, "此处缺少条件", "a condition is missing here"))
            }
        }
    }

    /// What `inside` parses, between the parenthesis that comes next and its partner.
    fn parenthesised(
        &mut self,
        inside: impl FnOnce(&mut Self) -> Result<Condition, FilterError>,
    ) -> Result<Condition, FilterError> {
        let open = self.advance();
        if self.depth == DEPTH_MAX {
            return Err(FilterError::new(
                open.start,
                format!("括号嵌套不得超过 {DEPTH_MAX} 层"),
                format!("more than {DEPTH_MAX} parentheses inside each other"),
            ));
        }
        self.depth += 1;
        let condition = inside(self)?;
        self.depth -= 1;
        match self.peek().kind {
            Kind::Close => {
                self.advance();
                Ok(condition)
            }
            Kind::End => Err(FilterError::new(
                open.start,
                "左括号没有闭合",
                "this parenthesis is never closed",
            )),
            _ => Err(FilterError::new(
                self.peek().start,
                "值列表内只能用 OR 连接",
                "values in a list are joined by OR only",
            )),
        }
    }

    fn comparison(
        &mut self,
        name: &Token,
        pattern: &Pattern,
        comparator: Comparator,
    ) -> Result<Condition, FilterError> {
        let field = self.field(name, pattern)?;
        self.advance();
        let comparator_at = self.advance().start;
        check_comparator(field, comparator, comparator_at)?;
        if self.peek().kind != Kind::Open {
            return self.value(field, comparator);
        }
        if !matches!(comparator, Comparator::Equal | Comparator::Has) {
            return Err(FilterError::new(
                self.peek().start,
                "只有 = 与 : 之后可以是值列表",
                "only = and : take a list of values",
            ));
        }
        self.parenthesised(|parser| {
            let mut members = vec![parser.value(field, comparator)?];
            while parser.peek().kind == Kind::Or {
                parser.advance();
                members.push(parser.value(field, comparator)?);
            }
            Ok(one_or(members, Condition::Any))
        })
    }

    fn field(&self, token: &Token, pattern: &Pattern) -> Result<&'a FieldSpec, FilterError> {
        let declared = self.fields.iter().find(|field| field.name == pattern.text);
        if let Some(field) = declared.filter(|_| pattern.is_closed()) {
            return Ok(field);
        }
        let names: Vec<&str> = self.fields.iter().map(|field| field.name).collect();
        let (advice_zh, advice_en) = advice(&pattern.text, &names);
        let name = pattern.starred(&shown(&pattern.text));
        Err(FilterError::new(
            token.start,
            format!("没有字段“{name}”{advice_zh}"),
            format!("there is no field `{name}`{advice_en}"),
        ))
    }

    /// The comparison of `field` with the value that comes next.
    fn value(
        &mut self,
        field: &FieldSpec,
        comparator: Comparator,
    ) -> Result<Condition, FilterError> {
        let token = self.advance();
        let pattern = match (&token.kind, self.peek()) {
            (Kind::Word(pattern) | Kind::Quoted(pattern), _) => pattern.clone(),
            // The sign of a number, not a negation: nothing can be negated here.
            (Kind::Minus, Token { kind: Kind::Word(digits), start, .. }) if *start == token.end => {
                self.advance();
                signed(digits, token.start)?
            }
            (Kind::Comparator(_), _) => return Err(unexpected_comparator(token.start)),
            _ => {
                return Err(FilterError::new(
                    token.start,
                    format!("此处应为{}", kind_words(field.kind).0),
                    format!("{} is missing here", kind_words(field.kind).1),
                ));
            }
        };
        let operand = operand(field, comparator, pattern, token.start)?;
        Ok(Condition::Compare(Comparison { field: field.name, comparator, operand }))
    }

    /// A word without a comparator. What looks like a slip is refused rather than searched for:
    /// a search that finds nothing does not tell why.
    fn bare_word(&mut self, token: &Token, pattern: &Pattern) -> Result<Condition, FilterError> {
        let word = pattern.text.as_str();
        let operator = match word {
            "&&" | "&" => Some("AND"),
            "||" | "|" => Some("OR"),
            _ => ["AND", "OR", "NOT"].into_iter().find(|name| name.eq_ignore_ascii_case(word)),
        };
        if let Some(operator) = operator {
            return Err(FilterError::new(
                token.start,
                format!("运算符请写 {operator}；要查找该词，请加引号"),
                format!("write {operator}; quote the word to look for it"),
            ));
        }
        if pattern.is_closed() && self.fields.iter().any(|field| field.name == word) {
            return Err(FilterError::new(
                token.end,
                format!("字段 {word} 之后缺少比较符，例如 {word}:*；若要查找该词，请加引号"),
                format!("after {word} a comparator is missing, as in {word}:*; or quote the word"),
            ));
        }
        self.search(token, pattern)
    }

    fn search(&mut self, token: &Token, pattern: &Pattern) -> Result<Condition, FilterError> {
        self.advance();
        if pattern.text.is_empty() {
            return Err(FilterError::new(
                token.start,
                "没有要查找的内容；要问某字段有无值，请写 字段:*",
                "there is nothing to look for; field:* asks whether a field has a value",
            ));
        }
        if searched(self.fields).next().is_none() {
            return Err(FilterError::new(
                token.start,
                "此处没有可查找文字的字段，请写 字段 比较符 值",
                "there is no text to look in here: write a field, a comparator and a value",
            ));
        }
        Ok(Condition::Search(pattern.clone().contained()))
    }
}

fn one_or(mut members: Vec<Condition>, many: fn(Vec<Condition>) -> Condition) -> Condition {
    match (members.pop(), members.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            members.extend(last);
            many(members)
        }
    }
}

fn unexpected_comparator(at: usize) -> FilterError {
    FilterError::new(
        at,
        "比较符的左边须是一个字段名，右边须是一个值",
        "a comparator stands between one field name and one value",
    )
}

fn check_comparator(
    field: &FieldSpec,
    comparator: Comparator,
    at: usize,
) -> Result<(), FilterError> {
    let is_ordered = match field.kind {
        FieldKind::Text | FieldKind::Number | FieldKind::Date => true,
        FieldKind::Bool | FieldKind::Enum(_) => false,
    };
    match comparator {
        Comparator::Equal | Comparator::NotEqual | Comparator::Has => Ok(()),
        _ if is_ordered => Ok(()),
        _ => Err(FilterError::new(
            at,
            format!("字段 {} 没有大小之分，只能用 =、!=、:", field.name),
            format!("field {} has no order: only =, != and : apply", field.name),
        )),
    }
}

/// The pattern of `digits` with the minus before it, which stands at `at`.
fn signed(digits: &Pattern, at: usize) -> Result<Pattern, FilterError> {
    if digits.open_start {
        return Err(FilterError::new(at + 1, "* 只能在首尾", "`*` stands only at an end"));
    }
    Ok(Pattern { text: format!("-{}", digits.text), ..digits.clone() })
}

fn operand(
    field: &FieldSpec,
    comparator: Comparator,
    pattern: Pattern,
    at: usize,
) -> Result<Operand, FilterError> {
    if comparator == Comparator::Has && pattern.is_anything() {
        return Ok(Operand::Present);
    }
    if field.kind == FieldKind::Text {
        return text(comparator, pattern, at);
    }
    let word = pattern.text.as_str();
    let operand = match field.kind {
        _ if !pattern.is_closed() => None,
        FieldKind::Text => None,
        FieldKind::Number => number(word).map(Operand::Number),
        FieldKind::Date => date(word).map(Operand::Date),
        FieldKind::Bool => word.parse().ok().map(Operand::Bool),
        FieldKind::Enum(words) => {
            words.iter().find(|known| **known == word).copied().map(Operand::Word)
        }
    };
    operand.ok_or_else(|| wrong_value(field, &pattern, at))
}

fn text(comparator: Comparator, pattern: Pattern, at: usize) -> Result<Operand, FilterError> {
    match comparator {
        Comparator::Equal | Comparator::NotEqual => Ok(Operand::Pattern(pattern)),
        Comparator::Has => Ok(match pattern.contained() {
            pattern if pattern.is_anything() => Operand::Present,
            pattern => Operand::Pattern(pattern),
        }),
        _ if pattern.is_closed() => Ok(Operand::Text(pattern.text)),
        _ => Err(FilterError::new(
            at,
            "* 只能与 =、!=、: 合用；星号本身请在引号内写 \\*",
            "`*` goes with =, != and : only; for the character itself write \\* in quotes",
        )),
    }
}

fn wrong_value(field: &FieldSpec, pattern: &Pattern, at: usize) -> FilterError {
    let (kind_zh, kind_en) = kind_words(field.kind);
    let (advice_zh, advice_en) = match field.kind {
        _ if !pattern.is_closed() => (
            format!("；要问有无值，请写 {}:*", field.name),
            format!("; {}:* asks whether there is a value", field.name),
        ),
        FieldKind::Enum(words) => advice(&pattern.text, words),
        FieldKind::Bool => advice(&pattern.text, &["true", "false"]),
        FieldKind::Text | FieldKind::Number | FieldKind::Date => (String::new(), String::new()),
    };
    let value = pattern.starred(&shown(&pattern.text));
    FilterError::new(
        at,
        format!("字段 {} 的值须是{kind_zh}，不能是“{value}”{advice_zh}", field.name),
        format!("field {} takes {kind_en}, not `{value}`{advice_en}", field.name),
    )
}

const fn kind_words(kind: FieldKind) -> (&'static str, &'static str) {
    match kind {
        FieldKind::Text => ("文字", "a text"),
        FieldKind::Number => ("数字", "a number"),
        FieldKind::Date => ("日期（YYYY-MM-DD）", "a date (YYYY-MM-DD)"),
        FieldKind::Bool => (" true 或 false", "true or false"),
        FieldKind::Enum(_) => ("规定的取值之一", "one of its words"),
    }
}

/// Digits that a decimal holds whatever they are: 10^28 < 2^96. With an exponent more would be
/// rounded in silence; without one the decimal's own parser is exact or refuses.
const MANTISSA_DIGITS_MAX: usize = 28;

/// `-12`, `3.50`, `2.997e9`. Nothing else the decimal's own parser takes (`1_000`, `.5`).
fn number(word: &str) -> Option<Decimal> {
    let (mantissa, exponent) = match word.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (word, None),
    };
    let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let Some(exponent) = exponent else {
        return Decimal::from_str_exact(mantissa).ok();
    };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let is_exact = whole.len() + fraction.len() <= MANTISSA_DIGITS_MAX;
    if !is_exact || !is_digits(exponent.strip_prefix('-').unwrap_or(exponent)) {
        return None;
    }
    Decimal::from_scientific(&format!("{mantissa}e{exponent}")).ok()
}

/// `2022-12-31` and no other way of writing it.
fn date(word: &str) -> Option<Date> {
    let mut parts = word.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let is_plain = parts.next().is_none()
        && (year.len(), month.len(), day.len()) == (4, 2, 2)
        && [year, month, day].into_iter().all(is_digits);
    if is_plain { word.parse().ok() } else { None }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
