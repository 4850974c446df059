//! The order of a walk: each folder before its entries, names bytewise.

use std::cmp::Ordering;

/// Returns a path without the slashes at its end.
pub(crate) fn trimmed(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    &path[..end]
}

/// Compares two trimmed paths by the order in which a walk comes to them.
///
/// Names are compared one by one. That is the order of the bytes if the slash is the least of them, as no path has a NUL.
pub(crate) fn compare(one: &[u8], other: &[u8]) -> Ordering {
    let common = common_prefix(one, other);
    let next = |path: &[u8]| path.get(common).map(|byte| if *byte == b'/' { 0 } else { *byte });
    next(one).cmp(&next(other))
}

/// Returns how many bytes two paths begin with that are the same.
pub(super) fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    const STEP: usize = 16;
    let pieces = one.chunks_exact(STEP).zip(other.chunks_exact(STEP));
    let at = STEP * pieces.take_while(|(one, other)| one == other).count();
    at + one[at..].iter().zip(&other[at..]).take_while(|(one, other)| one == other).count()
}

/// Finds out whether paths come in the order of a walk.
#[derive(Debug, Default)]
pub(super) struct OrderWatch {
    previous: Vec<u8>,
    is_broken: bool,
}

impl OrderWatch {
    /// Takes in the next path. The same one again is in order.
    pub(super) fn see(&mut self, path: &[u8]) {
        if self.is_broken {
            return;
        }
        let path = trimmed(path);
        self.is_broken = compare(&self.previous, path).is_gt();
        self.previous.clear();
        self.previous.extend_from_slice(path);
    }

    pub(super) fn is_in_walk_order(&self) -> bool {
        !self.is_broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in_order(paths: &[&str]) -> bool {
        let mut watch = OrderWatch::default();
        paths.iter().for_each(|path| watch.see(path.as_bytes()));
        watch.is_in_walk_order()
    }

    #[test]
    fn names_are_compared_one_by_one() {
        assert!(is_in_order(&[]));
        assert!(is_in_order(&["a/", "a/b/", "a/b/c", "a/b-c", "a/b.c", "a/b0", "a-b", "b"]));
        assert!(is_in_order(&["a/", "a", "a//", "a/b"]));
        assert!(!is_in_order(&["a-b", "a/", "a/b"]));
        assert!(!is_in_order(&["a/b-c", "a/b/c"]));
        assert!(!is_in_order(&["a/b", "a/"]));
        assert!(!is_in_order(&["b", "a", "c"]));
    }

    #[test]
    fn common_prefixes_of_every_length_are_found() {
        let one = [b'x'; 70];
        for length in 0..70 {
            let mut other = one;
            other[length] = b'y';
            assert_eq!(common_prefix(&one, &other), length);
            assert_eq!(common_prefix(&one[..length], &other), length);
            assert_eq!(common_prefix(&one, &one[..length]), length);
        }
    }
}
