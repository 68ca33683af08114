//! `applies_when`: conditions that do not fit fields, as CEL expressions (Common Expression
//! Language), compiled once.
//!
//! A condition sees these variables and nothing else:
//!
//! | variable | type | meaning |
//! |---|---|---|
//! | `year` | int | the accounting year |
//! | `litigation_hearings` | int | events of type `court_appearance` in the year |
//! | `events` | map | event type → number of events; every type is there |
//! | `org` | map | `class`, `sector` (strings), `has_enforcement_power` (bool) |
//!
//! There are no loops (no macros), no clock, no regular expressions: a condition is a total
//! function of its variables up to arithmetic faults, and those are values ([`ConditionError`]).
//! Length and nesting are bounded, so that neither compiling nor evaluating can exhaust a thread's
//! stack.

mod place;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue};
use cel::{Context, Env, ExecutionError, Program, Value};

use self::place::{Places, floor, parse_fault};
use super::nearest::did_you_mean;
use crate::event::EventType;

/// Longest expression, in bytes.
const BYTES_MAX: usize = 400;
/// Deepest nesting of brackets and conditionals. The parser descends a dozen functions for each: in
/// an unoptimised build 170 KiB of stack, where a thread has 2 MiB.
const NESTING_MAX: usize = 3;
/// Most operators and selections beside `&&` and `||`. A chain of them makes a tree as deep as it
/// is long, 35 KiB of stack for each: 3 × 170 + 24 × 35 KiB stay below 1.5 MiB.
const OPERATORS_MAX: usize = 24;

/// The variables a condition may name.
const VARIABLES: [&str; 4] = ["litigation_hearings", "events", "org", "year"];
/// The keys of `org`.
const ORGANIZATION_KEYS: [&str; 3] = ["class", "sector", "has_enforcement_power"];
/// The functions a condition may call, beside operators.
const FUNCTIONS: [&str; 8] =
    ["size", "int", "uint", "double", "string", "startsWith", "endsWith", "contains"];
/// Operators, as the syntax tree names them.
const OPERATOR_NAMES: [&str; 17] = [
    "_?_:_", "_&&_", "_||_", "!_", "_-_", "_+_", "_*_", "_/_", "_%_", "_==_", "_!=_", "_>=_",
    "_<=_", "_>_", "_<_", "-_", "@in",
];
/// Indexing, whose literal keys are checked.
const INDEX: &str = "_[_]";

/// Standard functions, no macros and hence no loops, no optional syntax.
static ENVIRONMENT: LazyLock<Arc<Env>> =
    LazyLock::new(|| Arc::new(Env::default().with_optional_support(false).with_stdlib()));

/// What a condition is evaluated with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionFacts {
    /// The accounting year.
    pub year: i16,
    /// How many events of each type the year has; absent types have none.
    pub events: BTreeMap<EventType, u64>,
    /// Class of the organization, by its stable text: `government_organ`, ….
    pub class: String,
    /// Line of work.
    pub sector: String,
    /// 是否有行政执法权.
    pub has_enforcement_power: bool,
}

/// The variable `org`; its fields are [`ORGANIZATION_KEYS`].
#[derive(serde::Serialize)]
struct OrganizationView<'a> {
    class: &'a str,
    sector: &'a str,
    has_enforcement_power: bool,
}

/// A compiled condition (适用条件).
#[derive(Clone)]
pub struct Condition {
    source: Box<str>,
    program: Arc<Program>,
    /// Whether it names `events` and `org`, which cost something to hand over.
    names_events: bool,
    names_organization: bool,
}

/// Why a text is no condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ConditionFault {
    /// Where in the text: byte offset of the token at fault, the length of the text for its end.
    pub(super) offset: usize,
    pub(super) zh: String,
    pub(super) en: String,
}

/// Why a condition has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// A division or remainder by zero.
    #[error("除数为零 (division by zero)")]
    DivisionByZero,
    /// A number outside 64 bits.
    #[error("数值溢出 (arithmetic overflow)")]
    Overflow,
    /// A key that the map does not have.
    #[error("没有该键 (no such key)")]
    NoSuchKey,
    /// Operands that do not go together.
    #[error("类型不匹配 (operands of the wrong type)")]
    WrongType,
    /// The answer is neither yes nor no.
    #[error("结果不是布尔值 (the result is not a boolean)")]
    NotBoolean,
    /// Anything else.
    #[error("无法计算 (cannot be evaluated)")]
    Other,
}

impl Condition {
    /// Compiles an expression and checks every name in it.
    pub(super) fn compile(source: &str) -> Result<Self, ConditionFault> {
        check_size(source)?;
        let program = ENVIRONMENT.compile(source).map_err(|faults| {
            let first = faults.errors.first();
            let message = first.map_or("", |fault| fault.msg.as_str());
            ConditionFault {
                offset: first.map_or(0, |fault| parse_fault(source, fault)),
                zh: format!("CEL 表达式不能编译：{message}"),
                en: format!("the CEL expression does not compile: {message}"),
            }
        })?;
        check_names(program.expression(), places(source, &program))?;
        let references = program.references();
        let names_events = references.has_variable("events");
        let names_organization = references.has_variable("org");
        let program = Arc::new(program);
        let condition = Self { source: source.into(), program, names_events, names_organization };
        condition.check_answers()?;
        Ok(condition)
    }

    /// The expression as written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the condition holds. An error means that it is not known whether it does.
    pub fn evaluate(&self, facts: &ConditionFacts) -> Result<bool, ConditionError> {
        match self.program.execute(&self.context(facts)?) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(_) => Err(ConditionError::NotBoolean),
            Err(error) => Err(cause(&error)),
        }
    }

    /// The variables, as far as the expression names them.
    fn context(&self, facts: &ConditionFacts) -> Result<Context<'_, '_>, ConditionError> {
        let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
        let count = |event_type: &EventType| {
            let count = facts.events.get(event_type).copied().unwrap_or(0);
            i64::try_from(count).unwrap_or(i64::MAX)
        };
        let hearings = Value::Int(count(&EventType::CourtAppearance));
        context.add_variable_from_value("year", Value::Int(i64::from(facts.year)));
        context.add_variable_from_value("litigation_hearings", hearings);
        if self.names_events {
            let types = EventType::ALL.iter();
            let events: BTreeMap<&str, i64> =
                types.map(|event_type| (event_type.as_str(), count(event_type))).collect();
            context.add_variable("events", events).map_err(|_| ConditionError::Other)?;
        }
        if self.names_organization {
            let organization = OrganizationView {
                class: &facts.class,
                sector: &facts.sector,
                has_enforcement_power: facts.has_enforcement_power,
            };
            context.add_variable("org", organization).map_err(|_| ConditionError::Other)?;
        }
        Ok(context)
    }

    /// Tries the condition on two made-up organizations, one of which has done nothing: an
    /// expression that never answers yes or no is refused at publication, not found out in March.
    fn check_answers(&self) -> Result<(), ConditionFault> {
        let nothing = ConditionFacts {
            year: 2022,
            events: BTreeMap::new(),
            class: "government_organ".to_owned(),
            sector: "science_technology_bureau".to_owned(),
            has_enforcement_power: false,
        };
        let much = ConditionFacts {
            events: EventType::ALL.iter().map(|event_type| (*event_type, 3)).collect(),
            has_enforcement_power: true,
            ..nothing.clone()
        };
        let faults = [&nothing, &much].map(|facts| self.evaluate(facts).err().zip(Some(facts)));
        let wrong = faults.iter().flatten().find(|(error, _)| {
            matches!(error, ConditionError::NotBoolean | ConditionError::WrongType)
        });
        let never =
            faults.iter().all(Option::is_some).then_some(&faults[0]).and_then(Option::as_ref);
        let Some((error, facts)) = wrong.or(never) else { return Ok(()) };
        let places = places(&self.source, &self.program);
        let culprit = |context| places.culprit(self.program.expression(), *error, &context);
        Err(ConditionFault {
            offset: self.context(facts).map_or(0, culprit),
            zh: format!("表达式得不出是或否：{error}"),
            en: format!("the expression does not answer yes or no: {error}"),
        })
    }
}

/// The text of a program with the places of its parts.
fn places<'a>(text: &'a str, program: &'a Program) -> Places<'a> {
    Places { text, info: program.source_info() }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Condition").field(&self.source).finish()
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Condition {}

fn check_size(source: &str) -> Result<(), ConditionFault> {
    if BYTES_MAX < source.len() {
        return Err(ConditionFault {
            offset: floor(source, BYTES_MAX),
            zh: format!("表达式长 {} 字节，超过 {BYTES_MAX}", source.len()),
            en: format!("the expression has {} bytes, more than {BYTES_MAX}", source.len()),
        });
    }
    let deepest = nesting(source);
    if NESTING_MAX < deepest {
        return Err(ConditionFault {
            offset: first_beyond(source, |prefix| NESTING_MAX < nesting(prefix)),
            zh: format!("表达式嵌套 {deepest} 层，超过 {NESTING_MAX} 层"),
            en: format!("the expression is nested {deepest} deep, more than {NESTING_MAX}"),
        });
    }
    let count = operators(source);
    if OPERATORS_MAX < count {
        return Err(ConditionFault {
            offset: first_beyond(source, |prefix| OPERATORS_MAX < operators(prefix)),
            zh: format!("表达式有 {count} 个运算，超过 {OPERATORS_MAX} 个"),
            en: format!("the expression has {count} operators, more than {OPERATORS_MAX}"),
        });
    }
    Ok(())
}

/// Where the token begins after which every longer beginning of the text is `too_much`.
fn first_beyond(source: &str, too_much: impl Fn(&str) -> bool) -> usize {
    let boundaries = source.char_indices().map(|(at, _)| at);
    let at = boundaries.filter(|at| !too_much(&source[..*at])).last().unwrap_or(0);
    // A word counts at its last letter only.
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if source[at..].starts_with(is_word) {
        source[..at].trim_end_matches(is_word).len()
    } else {
        at
    }
}

/// Greatest number of brackets open at once; a `?` counts as one that is never closed.
fn nesting(source: &str) -> usize {
    let mut open = 0usize;
    let mut deepest = 0;
    for c in source.chars() {
        match c {
            '(' | '[' | '{' | '?' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}

/// How many operators and selections there may be: an upper bound, since signs inside quotes count
/// too. `&&` and `||` make balanced trees and are left out.
fn operators(source: &str) -> usize {
    let words = source
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| *word == "in")
        .count();
    let signs = source.replace("&&", " ").replace("||", " ");
    words + signs.chars().filter(|c| "+-*/%<>!=.[({,:?&|".contains(*c)).count()
        - signs.matches("==").count()
        - signs.matches("!=").count()
        - signs.matches("<=").count()
        - signs.matches(">=").count()
}

/// Refuses names that no evaluation would know.
fn check_names(expression: &IdedExpr, places: Places<'_>) -> Result<(), ConditionFault> {
    let check_all =
        |parts: &[IdedExpr]| parts.iter().try_for_each(|part| check_names(part, places));
    match &expression.expr {
        Expr::Ident(name) => {
            known(name, "变量", "variable", VARIABLES).map_err(at(places.token(expression)))
        }
        Expr::Select(select) => {
            // What is selected from comes first in the text, and so do its faults.
            check_names(&select.operand, places)?;
            check_key(&select.operand, &select.field)
                .map_err(at(places.field(expression, &select.field)))
        }
        Expr::Call(call) => {
            let name = call.func_name.as_str();
            call.target.iter().try_for_each(|target| check_names(target, places))?;
            if name == INDEX {
                if let [operand, key] = &call.args[..]
                    && let Expr::Literal(LiteralValue::String(word)) = &key.expr
                {
                    check_key(operand, word.inner()).map_err(at(places.token(key)))?;
                }
            } else if !OPERATOR_NAMES.contains(&name) {
                known(name, "函数", "function", FUNCTIONS)
                    .map_err(at(places.function(expression, name)))?;
            }
            check_all(&call.args)
        }
        Expr::List(list) => check_all(&list.elements),
        Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
            EntryExpr::MapEntry(entry) => {
                check_names(&entry.key, places)?;
                check_names(&entry.value, places)
            }
            EntryExpr::StructField(field) => check_names(&field.value, places),
        }),
        Expr::Literal(_) => Ok(()),
        Expr::Unspecified | Expr::Comprehension(_) | Expr::Struct(_) => Err(ConditionFault {
            offset: places.token(expression),
            zh: "条件中不能使用循环或结构体".to_owned(),
            en: "loops and messages have no place in a condition".to_owned(),
        }),
    }
}

/// That a name is not known, without its place: Chinese and English.
type Unknown = (String, String);

/// Gives what is not known its place.
fn at(offset: usize) -> impl FnOnce(Unknown) -> ConditionFault {
    move |(zh, en)| ConditionFault { offset, zh, en }
}

/// Refuses a key that a variable does not have.
fn check_key(operand: &IdedExpr, key: &str) -> Result<(), Unknown> {
    match &operand.expr {
        Expr::Ident(name) if name == "org" => {
            known(key, "org 的键", "key of org", ORGANIZATION_KEYS)
        }
        Expr::Ident(name) if name == "events" => {
            let types = EventType::ALL.iter().map(|event_type| event_type.as_str());
            known(key, "事件类型", "event type", types)
        }
        _ => Ok(()),
    }
}

fn known(
    name: &str,
    zh: &str,
    en: &str,
    names: impl IntoIterator<Item = &'static str>,
) -> Result<(), Unknown> {
    let names: Vec<&str> = names.into_iter().collect();
    if names.contains(&name) {
        return Ok(());
    }
    let (mut near_zh, mut near_en) = did_you_mean(name, names.iter().copied());
    if near_en.is_empty() && names.len() <= FUNCTIONS.len() {
        near_zh = format!("，可用：{}", names.join(", "));
        near_en = format!("; one of {}", names.join(", "));
    }
    Err((
        format!("条件中没有{zh}“{name}”{near_zh}"),
        format!("a condition has no {en} '{name}'{near_en}"),
    ))
}

/// The cause without the values: the library prints maps in no fixed order, and the text becomes
/// part of an evaluation that must recompute to the same bytes.
fn cause(error: &ExecutionError) -> ConditionError {
    match error {
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            ConditionError::DivisionByZero
        }
        ExecutionError::Overflow(..) => ConditionError::Overflow,
        ExecutionError::NoSuchKey(_) | ExecutionError::IndexOutOfBounds(_) => {
            ConditionError::NoSuchKey
        }
        ExecutionError::NoSuchOverload(_)
        | ExecutionError::UnexpectedType { .. }
        | ExecutionError::UnsupportedTargetType { .. }
        | ExecutionError::NotSupportedAsMethod { .. }
        | ExecutionError::UnsupportedKeyType(_)
        | ExecutionError::ValuesNotComparable(..)
        | ExecutionError::UnsupportedBinaryOperator(..)
        | ExecutionError::UnsupportedIndex(..)
        | ExecutionError::InvalidArgumentCount { .. }
        | ExecutionError::MissingArgumentOrTarget => ConditionError::WrongType,
        _ => ConditionError::Other,
    }
}

#[cfg(test)]
#[path = "condition_tests.rs"]
mod tests;
