//! Tones: how a state looks, in colour and in shape, so that nobody depends on the colour.

use backup_core::manager::BackupState;

use crate::words::label;

/// How something looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// All is well.
    Good,
    /// Nothing needs to be done, and something is to be known.
    Note,
    /// Somebody must look at it.
    Bad,
    /// Neither good nor bad.
    Calm,
}

impl Tone {
    /// Returns the tone of a state.
    pub(super) fn of(state: BackupState) -> Self {
        match state {
            state if state.is_alarm() => Self::Bad,
            state if state <= BackupState::Torn => Self::Note,
            BackupState::Ok => Self::Good,
            _ => Self::Calm,
        }
    }

    /// Returns the name of its class.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Note => "note-tone",
            Self::Bad => "bad",
            Self::Calm => "calm",
        }
    }

    /// Returns its shape.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Good => "<path d=\"M3 8.5 6.5 12 13 4.5\"/>",
            Self::Note => "<path d=\"M8 3v6M8 12v1\"/>",
            Self::Bad => "<path d=\"M4 4l8 8M12 4l-8 8\"/>",
            Self::Calm => "<path d=\"M3.5 8h9\"/>",
        }
    }
}

/// Returns a badge with the word of a state.
pub(super) fn badge(state: BackupState) -> String {
    let tone = Tone::of(state);
    format!("<span class=\"badge {}\">{}{}</span>", tone.class(), icon(tone), label(state))
}

/// Returns the shape of a tone. It is only an ornament, because a word stands beside it.
pub(super) fn icon(tone: Tone) -> String {
    format!("<svg class=\"icon\" viewBox=\"0 0 16 16\" aria-hidden=\"true\">{}</svg>", tone.sign())
}
