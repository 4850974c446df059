//! Patterns that choose entries by their paths.

pub(crate) mod chosen;
