//! Patterns that select entries by their paths.

pub(crate) mod cache_tag;
pub(crate) mod chosen;
pub(crate) mod compile;
mod walked_pattern;
