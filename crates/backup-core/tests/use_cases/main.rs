//! The use cases on manual time and in memory, through the public API alone.

mod at_once;
mod catch_up;
mod compression;
mod drill;
mod explanations;
mod generations;
mod guards;
mod lost;
mod manager;
mod not_durable;
mod options;
mod past;
mod restore;
mod service;
mod simulated;
mod verify;
mod view;
mod world;
