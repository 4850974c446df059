//! What happens at a moment that a test chooses.

use crate::ports::Wake;

#[expect(clippy::large_enum_variant, reason = "a test has few of them")]
pub(super) enum Step<'a> {
    Wake(Wake),
    Act(Box<dyn FnOnce() + 'a>),
}
