//! Judges from outside: verifiers nobody here wrote.
