//! Bad input of every kind: refused with the right code, a documented reason, the path of the field
//! and a text in both languages, and nothing of it is stored.
//!
//! Each row of a table spoils one thing in an input that is otherwise accepted.

mod events;
mod queries;
mod registry;
