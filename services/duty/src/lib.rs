//! The domain of the Duty Ledger (责任台账): duties, the events that discharge them, the rules that
//! demand them, and the judgement of one against the other.
//!
//! Pure. Nothing here reads a clock, draws a random number, touches a file or a socket, or knows
//! how an event is stored or sent: instants, days and ids are arguments. What was once accepted by
//! [`decide`] can always be evaluated; a gap in the record is a finding, never an error.
//!
//! Reading order: [`id`] and [`Position`] name things; [`occurred`], [`quantity`] and [`evidence`]
//! are what an event is made of; [`event`] is the duty event; [`entry`] is everything that may
//! stand in the journal; [`registry`] knows who held which post when; [`ruleset`] and [`calendar`]
//! are the rules; [`decide`] accepts or refuses; [`evaluate`] judges.

pub mod calendar;
pub mod decide;
pub mod division;
pub mod docno;
pub mod entry;
pub mod evaluate;
pub mod event;
pub mod evidence;
pub mod exemption;
pub mod id;
pub mod metric;
pub mod occurred;
pub mod position;
pub mod problem;
pub mod quantity;
pub mod recorders;
pub mod rectification;
pub mod registry;
pub mod review;
pub mod ruleset;
pub mod secrecy;
pub mod uscc;
pub mod year;
pub mod zone;

pub use position::Position;
pub use problem::{Problem, Problems, Reason};
