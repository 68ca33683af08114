//! Operation: what an operator does with a ledger beside running it.
//!
//! Checking ([`verify`]), saving (`backup`), bringing back (`restore`), showing (`tiles`), and
//! recomputing (`replay`). Nothing here writes to a journal that is in service; what is written is a
//! file or a directory of its own. The command line and `AdminService` are thin shells over it.

pub mod backup;
pub mod finding;
pub mod throttle;
pub mod verify;

pub use finding::Finding;
