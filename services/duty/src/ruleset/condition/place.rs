//! Where in an expression something is wrong: byte offsets into its text.
//!
//! Knows the tree and its places, not what is allowed. Invariant: every offset is a character
//! boundary of the text, at most its length, so that whoever looks there finds a character or the
//! end of the text.

use cel::common::ast::{EntryExpr, Expr, IdedExpr, SourceInfo};
use cel::parser::ParseError;
use cel::{Context, Value};

use super::{ConditionError, OPERATOR_NAMES, cause};

/// The text of an expression and where its nodes stand.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    pub(super) text: &'a str,
    pub(super) info: &'a SourceInfo,
}

impl Places<'_> {
    /// The token a node was made of: the name of a variable, the sign of an operator, a literal.
    pub(super) fn token(self, node: &IdedExpr) -> usize {
        let start = self.info.offset_for(node.id).map_or(0, |(start, _)| start);
        floor(self.text, usize::try_from(start).unwrap_or(usize::MAX))
    }

    /// The name behind the dot of a selection.
    pub(super) fn field(self, selection: &IdedExpr, name: &str) -> usize {
        let dot = self.token(selection);
        self.text[dot..].find(name).map_or(dot, |behind| dot + behind)
    }

    /// The name before the opening bracket of a call.
    pub(super) fn function(self, call: &IdedExpr, name: &str) -> usize {
        let bracket = self.token(call);
        self.text[..bracket].rfind(name.trim_start_matches('.')).unwrap_or(bracket)
    }

    /// Where the text of a node begins: an operator's own token stands behind its left side.
    fn start(self, node: &IdedExpr) -> usize {
        let own = match &node.expr {
            Expr::Call(call) if !is_operator(&call.func_name) => {
                self.function(node, &call.func_name)
            }
            _ => self.token(node),
        };
        let first = parts(node).into_iter().map(|part| self.start(part)).min();
        first.map_or(own, |first| first.min(own))
    }

    /// What makes an expression fail with `error` in `context`: its innermost part that does, the
    /// name of a function or the sign of an operator; for an answer that is neither yes nor no,
    /// the beginning of what gives it.
    pub(super) fn culprit(
        self,
        node: &IdedExpr,
        error: ConditionError,
        context: &Context<'_, '_>,
    ) -> usize {
        let parts = tried(node, context);
        if error == ConditionError::NotBoolean {
            return match &parts[..] {
                [taken] if is_conditional(node) => self.culprit(taken, error, context),
                _ => self.start(node),
            };
        }
        let fails = |part: &&IdedExpr| {
            Value::resolve(part, context).is_err_and(|found| cause(&found) == error)
        };
        match (parts.into_iter().find(fails), &node.expr) {
            (Some(part), _) => self.culprit(part, error, context),
            (None, Expr::Call(call)) if !is_operator(&call.func_name) => {
                self.function(node, &call.func_name)
            }
            (None, Expr::Select(select)) => self.field(node, &select.field),
            (None, _) => self.token(node),
        }
    }
}

/// Where the parser stopped. An expression that ends too soon does so behind its last character.
pub(super) fn parse_fault(text: &str, fault: &ParseError) -> usize {
    let (line, column) = fault.pos;
    let count = |number: isize| usize::try_from(number - 1).unwrap_or(0);
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(count(line)).map(str::len).sum();
    let rest = lines.next().unwrap_or("");
    let inside = rest.char_indices().nth(count(column)).map_or(rest.len(), |(at, _)| at);
    (before + inside).min(text.trim_end().len())
}

/// The greatest character boundary that is at most `offset`.
pub(super) fn floor(text: &str, offset: usize) -> usize {
    text.floor_char_boundary(offset)
}

fn is_operator(name: &str) -> bool {
    name == super::INDEX || OPERATOR_NAMES.contains(&name)
}

fn is_conditional(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::Call(call) if call.func_name == CONDITIONAL)
}

/// The conditional operator, as the syntax tree names it.
const CONDITIONAL: &str = "_?_:_";

/// The parts that an evaluation comes to: of a conditional its condition, where that gives no
/// answer, and otherwise the branch it takes.
fn tried<'e>(node: &'e IdedExpr, context: &Context<'_, '_>) -> Vec<&'e IdedExpr> {
    let parts = parts(node);
    match &parts[..] {
        [condition, yes, no] if is_conditional(node) => match Value::resolve(condition, context) {
            Ok(Value::Bool(true)) => vec![*yes],
            Ok(Value::Bool(false)) => vec![*no],
            _ => vec![*condition],
        },
        _ => parts,
    }
}

/// The expressions a node is made of, in the order of the text.
fn parts(node: &IdedExpr) -> Vec<&IdedExpr> {
    match &node.expr {
        Expr::Call(call) => call.target.iter().map(AsRef::as_ref).chain(&call.args).collect(),
        Expr::Select(select) => vec![select.operand.as_ref()],
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => map.entries.iter().flat_map(|entry| entry_parts(&entry.expr)).collect(),
        _ => Vec::new(),
    }
}

fn entry_parts(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
        EntryExpr::StructField(field) => vec![&field.value],
    }
}
