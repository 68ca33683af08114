//! Operation: what an operator does with a ledger beside running it.
//!
//! Checking ([`verify`]), saving (`backup`), bringing back (`restore`), showing (`tiles`), and
//! recomputing (`replay`). Nothing here writes to a journal in service; what is written is a
//! file or a directory of its own. The command line and `AdminService` are thin shells over it.

pub mod backup;
pub mod finding;
pub(crate) mod live;
pub mod machine;
pub mod offline;
pub mod replay;
pub mod restore;
pub mod throttle;
pub mod tiles;
pub mod verify;

pub use finding::Finding;
