//! A curve over a year, as a small drawing.

use backup_core::time::Moment;
use chrono::TimeDelta;

const WIDTH: i64 = 320;
const HEIGHT: f64 = 44.0;
/// How long the drawing looks back.
pub(super) const SPAN: TimeDelta = TimeDelta::days(365);

/// Returns the drawing of values over the year before now, or `None` without values. The label says the same in words.
pub(super) fn chart(values: &[(Moment, f64)], now: Moment, class: &str, label: &str) -> Option<String> {
    let columns = columns(values, now);
    let most = columns.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let (first, last) = (columns.first()?, columns.last()?);
    let y = |value: f64| if most > 0.0 { HEIGHT - value / most * (HEIGHT - 4.0) } else { HEIGHT };
    let points: Vec<_> = columns.iter().map(|(x, value)| format!("{x},{:.1}", y(*value))).collect();
    let line = points.join(" ");
    let curve = match columns.len() {
        1 => String::new(),
        _ => format!(
            "<polygon points=\"{},{HEIGHT} {line} {},{HEIGHT}\"/><polyline points=\"{line}\"/>",
            first.0, last.0
        ),
    };
    let end = format!("<circle cx=\"{}\" cy=\"{:.1}\" r=\"3\"/>", last.0, y(last.1));
    Some(format!(
        "<svg class=\"chart {class}\" viewBox=\"-4 -4 {} {}\" role=\"img\" aria-label=\"{label}\"><path class=\"axis\" \
         d=\"M0 {HEIGHT}H{WIDTH}\"/>{curve}{end}</svg>",
        WIDTH + 8,
        HEIGHT + 8.0
    ))
}

/// Returns the largest value of each column in which there is one, from the left.
fn columns(values: &[(Moment, f64)], now: Moment) -> Vec<(i64, f64)> {
    let mut columns: Vec<(i64, f64)> = Vec::new();
    let mut values: Vec<_> =
        values.iter().filter_map(|(at, value)| Some((place(*at, now)?, *value))).collect();
    values.sort_by_key(|(x, _)| *x);
    for (x, value) in values {
        match columns.last_mut() {
            Some((last, most)) if *last == x => *most = most.max(value),
            _ => columns.push((x, value)),
        }
    }
    columns
}

/// Returns how far to the right a moment is, if it is in the drawing.
pub(super) fn place(at: Moment, now: Moment) -> Option<i64> {
    let ago = now - at;
    let is_in_it = ago >= TimeDelta::zero() && ago <= SPAN;
    is_in_it.then(|| WIDTH - ago.num_seconds() * WIDTH / SPAN.num_seconds())
}

#[cfg(test)]
mod tests {
    use backup_core::testing::at;

    use super::*;

    #[test]
    fn a_year_fits_whatever_the_clock_said() {
        let now = at("2026-11-29 12:00");
        let cases = [
            ("2026-11-29 12:00", Some(320)),
            ("2025-11-29 12:00", Some(0)),
            ("2025-11-29 11:59", None),
            ("2026-11-29 12:01", None),
            ("2026-05-31 00:00", Some(160)),
        ];
        for (moment, expected) in cases {
            assert_eq!(place(at(moment), now), expected, "{moment}");
        }
    }

    #[test]
    fn many_values_of_a_column_are_one() {
        let now = at("2026-11-29 12:00");
        let value = |minutes: i64| (now - TimeDelta::minutes(minutes), minutes as f64);
        let values: Vec<_> = (0..600).map(value).collect();
        assert_eq!(columns(&values, now), [(320, 599.0)]);
        assert_eq!(chart(&[], now, "size", "none"), None);
        let flat = chart(&[(now, 0.0)], now, "size", "one").expect("there is a value");
        assert!(flat.contains("<circle cx=\"320\" cy=\"44.0\"") && !flat.contains("NaN"), "{flat}");
    }
}
