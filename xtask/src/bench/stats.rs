//! Medians and spreads of a few measurements.

/// The middle of some measurements, and how far they lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) least: f64,
    pub(crate) median: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// Returns None when nothing was measured.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let upper = *values.get(middle)?;
        let median =
            if values.len() % 2 == 1 { upper } else { f64::midpoint(*values.get(middle - 1)?, upper) };
        Some(Self { least: *values.first()?, median, most: *values.last()? })
    }

    /// Returns the ratios within each round. What slowed a whole round down falls out of them.
    pub(crate) fn of_ratios(
        ours: impl IntoIterator<Item = f64>,
        theirs: impl IntoIterator<Item = f64>,
    ) -> Option<Self> {
        Self::of(ours.into_iter().zip(theirs).map(|(ours, theirs)| ours / theirs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64], expected: Option<(f64, f64, f64)>) {
        let expected = expected.map(|(least, median, most)| Spread { least, median, most });
        assert_eq!(Spread::of(values.iter().copied()), expected, "{values:?}");
    }

    #[test]
    fn the_median_is_in_the_middle() {
        check(&[], None);
        check(&[2.0], Some((2.0, 2.0, 2.0)));
        check(&[3.0, 1.0], Some((1.0, 2.0, 3.0)));
        check(&[9.0, 1.0, 2.0], Some((1.0, 2.0, 9.0)));
        check(&[4.0, 1.0, 2.0, 3.0], Some((1.0, 2.5, 4.0)));
    }

    #[test]
    fn a_slow_round_does_not_change_a_ratio() {
        let ratios = Spread::of_ratios([1.0, 10.0, 1.0], [2.0, 20.0, 2.0]);
        assert_eq!(ratios, Some(Spread { least: 0.5, median: 0.5, most: 0.5 }));
    }
}
