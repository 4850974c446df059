//! Figures that are compared with a target alone, and with no other program.

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    /// The processor time of one look of the service when nothing is due, in milliseconds.
    IdleLook,
    /// The same, over that of a service with few schedules.
    IdleLookGrowth,
    ListProcessor,
    ListWall,
    StatusWall,
    StatusMebibytes,
    StatusJsonMebibytes,
    NextWall,
    CreateWall,
    EditWall,
    /// The processor time of a simulated year, in a debug build.
    YearProcessor,
}

impl Figure {
    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Self::StatusMebibytes | Self::StatusJsonMebibytes => format!("{value:.0}"),
            _ => format!("{value:.2}"),
        }
    }
}

/// The medians of what was measured.
pub(crate) type Figures = Vec<(Figure, f64)>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mebibytes_are_whole_and_times_are_not() {
        assert_eq!(Figure::StatusMebibytes.show(54.6), "55");
        assert_eq!(Figure::ListWall.show(0.234), "0.23");
    }
}
