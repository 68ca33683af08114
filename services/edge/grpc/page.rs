//! Page tokens (AIP-158): opaque, bound to the query and to the position it reflects.
//!
//! A token carries the position of the first page, where to go on, and a digest of the request
//! without its page fields. With other arguments it is refused; the list stays that of the first
//! page, whatever is appended meanwhile.

use duty::{Position, Problem, Reason};
use sha2::{Digest as _, Sha256};
use tonic::Status;

use crate::grpc::status;

/// Where a page starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start {
    /// The position all pages reflect.
    pub position: Position,
    /// How many items the pages before had.
    pub offset: usize,
}

/// The part of a request a token is bound to.
#[must_use]
pub(crate) fn binding(parts: &[&str]) -> [u8; 8] {
    let mut hash = Sha256::new();
    for part in parts {
        // Lengths keep "ab"+"c" apart from "a"+"bc".
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let mut binding = [0; 8];
    binding.copy_from_slice(&digest[..8]);
    binding
}

/// The page to send: the first one at `position`, or where the token says.
///
/// # Errors
/// `INVALID_ARGUMENT` for a token of another query or none of ours.
pub(crate) fn start(token: &str, binding: [u8; 8], position: Position) -> Result<Start, Status> {
    if token.is_empty() {
        return Ok(Start { position, offset: 0 });
    }
    parse(token, binding).ok_or_else(|| {
        status::invalid(vec![Problem::new(
            Reason::PageTokenInvalid,
            "page_token",
            "分页标记不属于本次查询：请保持其他参数不变，或从第一页重新查询",
            "the page token is not of this query: keep every other argument, or start over",
        )])
    })
}

fn parse(token: &str, binding: [u8; 8]) -> Option<Start> {
    let (start, bound) = read(token)?;
    (bound == u64::from_be_bytes(binding)).then_some(start)
}

/// Where a token points, whatever the query it is of.
#[must_use]
pub(crate) fn place(token: &str) -> Option<Start> {
    read(token).map(|(start, _)| start)
}

fn read(token: &str) -> Option<(Start, u64)> {
    let mut parts = token.split('-');
    let mut number = || u64::from_str_radix(parts.next()?, 16).ok();
    let (position, offset, bound) = (number()?, number()?, number()?);
    let offset = usize::try_from(offset).ok()?;
    let start = Start { position: Position::new(position), offset };
    parts.next().is_none().then_some((start, bound))
}

/// The token of the page that starts at `offset`, empty when there is none.
#[must_use]
pub(crate) fn next(start: Start, offset: usize, total: usize, binding: [u8; 8]) -> String {
    if total <= offset {
        return String::new();
    }
    format!("{:x}-{offset:x}-{:016x}", start.position.get(), u64::from_be_bytes(binding))
}

/// The size of a page: the default for 0, at most the maximum.
///
/// # Errors
/// `INVALID_ARGUMENT` for a negative size.
pub(crate) fn size(asked: i32, default: usize, most: usize) -> Result<usize, Status> {
    match usize::try_from(asked) {
        Ok(0) => Ok(default),
        Ok(asked) => Ok(asked.min(most)),
        Err(_) => Err(status::invalid(vec![Problem::new(
            Reason::FieldOutOfRange,
            "page_size",
            "每页条数不能为负数",
            "a page size is not negative",
        )])),
    }
}

#[cfg(test)]
mod tests {
    use duty::Position;

    use super::{Start, binding, next, parse};

    #[test]
    fn a_token_is_good_for_its_own_query_only() {
        let (ours, other) = (binding(&["ab", "c"]), binding(&["a", "bc"]));
        let start = Start { position: Position::new(42), offset: 0 };
        let token = next(start, 100, 250, ours);
        assert_eq!(parse(&token, ours), Some(Start { position: Position::new(42), offset: 100 }));
        assert_eq!(parse(&token, other), None);
        assert_eq!(next(start, 250, 250, ours), "");
        for broken in ["", "-", "2a-64", "zz-1-1", &format!("{token}-1"), "2a-64-0"] {
            assert_eq!(parse(broken, ours), None, "{broken}");
        }
    }
}
