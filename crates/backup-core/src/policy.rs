//! Decisions that the service acts on and that others show: pure functions.

mod agenda;

pub use agenda::{Agenda, Attendance, Facts, agenda, agenda_for_others};
