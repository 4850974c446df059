//! The use cases on manual time and in memory, through the public API alone.

mod agenda;
mod at_once;
mod catch_up;
mod compression;
mod drill;
mod endings;
mod explanations;
mod generations;
mod guards;
mod home;
mod lost;
mod manager;
mod many;
mod not_durable;
mod options;
mod past;
mod reconcile;
mod restore;
mod same_minute;
mod service;
mod several_lines;
mod simulated;
mod time_forms;
mod verify;
mod view;
mod world;
