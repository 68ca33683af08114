//! The binary: everything is in the library.

use std::process::ExitCode;

/// A call takes and gives back some hundred small pieces of memory, often on another thread than
/// the one that took them: measured, the C library's allocator was a third of what an append costs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    duty_ledger::cli::main()
}
