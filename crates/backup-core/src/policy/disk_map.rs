//! Disk map: which parts of a disk several owners share, and which parts one of them has alone.
//!
//! It is a sorted list of parts that don't overlap, each with its owner. Two maps are merged in one pass. A map that grew is
//! merged with others of its size only, so that the time is in proportion to all parts times the logarithm of the number of
//! spaces. What many owners share is one part, so the memory is in proportion to what differs.

use crate::model::archive::{DiskRange, DiskSpace};

/// A map of a disk.
///
/// ```
/// use backup_core::model::archive::{DiskRange, DiskSpace};
/// use backup_core::policy::disk_map::DiskMap;
///
/// let mut map = DiskMap::default();
/// map.add(0, &DiskSpace::new(vec![DiskRange { pool: 0, start: 0, end: 10 }]));
/// map.add(1, &DiskSpace::new(vec![DiskRange { pool: 0, start: 4, end: 12 }]));
/// let shares = map.shares();
/// assert_eq!((shares.exclusive_bytes(0), shares.exclusive_bytes(1), shares.shared_bytes()), (4, 2, 6));
/// ```
#[derive(Debug, Default)]
pub struct DiskMap {
    /// Each is much smaller than the one before it.
    maps: Vec<Vec<Part>>,
}

/// A part of the disk, and its owner; `None` if there are several.
#[derive(Debug, Clone, Copy)]
struct Part {
    range: DiskRange,
    owner: Option<u32>,
}

/// How many bytes each owner has alone, and how many are shared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiskShares {
    exclusive: Vec<u64>,
    shared: u64,
}

impl DiskMap {
    /// Adds space of an owner. An owner can have several spaces, which may overlap.
    pub fn add(&mut self, owner: u32, space: &DiskSpace) {
        let part = |range: &DiskRange| Part { range: *range, owner: Some(owner) };
        self.maps.push(space.ranges().iter().map(part).collect());
        while let [.., before, last] = &self.maps[..]
            && before.len() < 2 * last.len().max(1)
        {
            self.merge_last();
        }
    }

    /// Returns what each owner has.
    #[must_use]
    pub fn shares(mut self) -> DiskShares {
        while self.maps.len() > 1 {
            self.merge_last();
        }
        let mut shares = DiskShares::default();
        for part in self.maps.iter().flatten() {
            *shares.of(part.owner) += part.range.bytes();
        }
        shares
    }

    fn merge_last(&mut self) {
        let last = self.maps.pop().unwrap_or_default();
        let before = self.maps.pop().unwrap_or_default();
        self.maps.push(merged(before, last));
    }
}

impl DiskShares {
    /// Returns how many bytes an owner has alone. They are free once it is gone.
    #[must_use]
    pub fn exclusive_bytes(&self, owner: u32) -> u64 {
        usize::try_from(owner).ok().and_then(|owner| self.exclusive.get(owner)).copied().unwrap_or(0)
    }

    /// Returns how many bytes several owners have.
    #[must_use]
    pub fn shared_bytes(&self) -> u64 {
        self.shared
    }

    fn of(&mut self, owner: Option<u32>) -> &mut u64 {
        let Some(owner) = owner.and_then(|owner| usize::try_from(owner).ok()) else {
            return &mut self.shared;
        };
        if self.exclusive.len() <= owner {
            self.exclusive.resize(owner + 1, 0);
        }
        &mut self.exclusive[owner]
    }
}

/// Returns the map of all parts of two maps.
fn merged(one: Vec<Part>, other: Vec<Part>) -> Vec<Part> {
    let mut all = Vec::with_capacity(one.len().max(other.len()));
    let (mut ones, mut others) = (one.into_iter(), other.into_iter());
    let (mut one, mut other) = (ones.next(), others.next());
    loop {
        match (one, other) {
            (Some(left), Some(right)) if overlap(left, right) => {
                let start = left.range.start.max(right.range.start);
                let end = left.range.end.min(right.range.end);
                push(&mut all, left.until(start));
                push(&mut all, right.until(start));
                let owner = if left.owner == right.owner { left.owner } else { None };
                push(&mut all, Part { range: DiskRange { start, end, ..left.range }, owner });
                one = left.rest(end).or_else(|| ones.next());
                other = right.rest(end).or_else(|| others.next());
            }
            (Some(left), right) if right.is_none_or(|right| left.range < right.range) => {
                push(&mut all, left);
                one = ones.next();
            }
            (_, Some(right)) => {
                push(&mut all, right);
                other = others.next();
            }
            (Some(_) | None, None) => return all,
        }
    }
}

/// Appends a part. It becomes one with the last part if it continues that.
fn push(all: &mut Vec<Part>, part: Part) {
    match all.last_mut() {
        _ if part.range.bytes() == 0 => {}
        Some(last)
            if last.owner == part.owner
                && (last.range.pool, last.range.end) == (part.range.pool, part.range.start) =>
        {
            last.range.end = part.range.end;
        }
        _ => all.push(part),
    }
}

fn overlap(left: Part, right: Part) -> bool {
    let (left, right) = (left.range, right.range);
    left.pool == right.pool && left.start < right.end && right.start < left.end
}

impl Part {
    /// Returns what is before a place.
    fn until(self, place: u64) -> Self {
        let end = self.range.end.min(place);
        Self { range: DiskRange { end, ..self.range }, ..self }
    }

    /// Returns what is behind a place, if there is something.
    fn rest(self, place: u64) -> Option<Self> {
        let start = self.range.start.max(place);
        (start < self.range.end).then_some(Self { range: DiskRange { start, ..self.range }, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pool, a start and an end each.
    type Parts<'a> = &'a [(u64, u64, u64)];

    fn space(parts: Parts<'_>) -> DiskSpace {
        DiskSpace::new(parts.iter().map(|&(pool, start, end)| DiskRange { pool, start, end }).collect())
    }

    /// Returns what each of the owners has alone, and what is shared.
    fn shares(spaces: &[(u32, DiskSpace)], owners: u32) -> (Vec<u64>, u64) {
        let mut map = DiskMap::default();
        spaces.iter().for_each(|(owner, space)| map.add(*owner, space));
        let shares = map.shares();
        ((0..owners).map(|owner| shares.exclusive_bytes(owner)).collect(), shares.shared_bytes())
    }

    fn check(spaces: &[(u32, Parts<'_>)], exclusive: &[u64], shared: u64) {
        let owners = u32::try_from(exclusive.len()).unwrap();
        let mut spaces: Vec<_> = spaces.iter().map(|(owner, parts)| (*owner, space(parts))).collect();
        let expected = (exclusive.to_vec(), shared);
        assert_eq!(shares(&spaces, owners), expected, "{spaces:?}");
        spaces.reverse();
        assert_eq!(shares(&spaces, owners), expected, "the order doesn't matter: {spaces:?}");
    }

    #[test]
    fn what_one_owner_has_alone_is_free_without_it() {
        check(&[], &[0], 0);
        check(&[(0, &[(0, 0, 10)])], &[10, 0], 0);
        check(&[(0, &[(0, 0, 10)]), (1, &[(0, 10, 30)])], &[10, 20], 0);
        check(&[(0, &[(0, 0, 10)]), (1, &[(0, 4, 12)])], &[4, 2], 6);
        check(&[(0, &[(0, 0, 10)]), (1, &[(0, 2, 3), (0, 5, 8)])], &[6, 0], 4);
        check(&[(0, &[(0, 0, 10), (0, 20, 30)]), (1, &[(0, 0, 30)])], &[0, 10], 20);
        // Two names of one archive, or what is on both sides of a prune.
        check(&[(0, &[(0, 0, 10)]), (1, &[(0, 0, 10)])], &[0, 0], 10);
        // A pool is a place of its own.
        check(&[(0, &[(7, 0, 10)]), (1, &[(8, 0, 10)])], &[10, 10], 0);
        // An owner can have several spaces.
        check(&[(0, &[(0, 0, 10)]), (0, &[(0, 5, 20)]), (1, &[(0, 18, 19)])], &[19, 0], 1);
        check(
            &[(0, &[(0, 0, 9)]), (1, &[(0, 3, 6)]), (2, &[(0, 5, 12)]), (3, &[(0, 20, 21)])],
            &[3, 0, 3, 1],
            6,
        );
    }

    /// Counts byte by byte.
    fn counted(spaces: &[(u32, DiskSpace)], owners: u32) -> (Vec<u64>, u64) {
        let mut bytes = std::collections::BTreeMap::<_, std::collections::BTreeSet<u32>>::new();
        for (owner, space) in spaces {
            for range in space.ranges() {
                (range.start..range.end).for_each(|byte| {
                    bytes.entry((range.pool, byte)).or_default().insert(*owner);
                });
            }
        }
        let mut exclusive = vec![0; owners as usize];
        let mut shared = 0;
        for owners in bytes.values() {
            match owners.first() {
                Some(owner) if owners.len() == 1 => exclusive[*owner as usize] += 1,
                _ => shared += 1,
            }
        }
        (exclusive, shared)
    }

    #[test]
    fn it_counts_as_one_does_byte_by_byte() {
        let mut state = 7_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for _ in 0..500 {
            let mut range = || {
                let (pool, start) = (random(2), random(60));
                DiskRange { pool, start, end: start + random(12) }
            };
            let spaces = (0..9).map(|number| (number / 2, DiskSpace::new(vec![range(), range(), range()])));
            let spaces: Vec<_> = spaces.collect();
            assert_eq!(shares(&spaces, 5), counted(&spaces, 5), "{spaces:?}");
        }
    }

    #[test]
    fn a_year_of_generations_takes_the_memory_of_what_differs() {
        let mut map = DiskMap::default();
        // 2,000 parts in common, of which every generation has one of its own.
        for generation in 0..365_u64 {
            let place = |part: u64| if part == generation { 1_000_000 + generation } else { part };
            let range = |part| DiskRange { pool: 0, start: 10 * place(part), end: 10 * place(part) + 9 };
            map.add(u32::try_from(generation).unwrap(), &DiskSpace::new((0..2_000).map(range).collect()));
            let parts: usize = map.maps.iter().map(Vec::len).sum();
            assert!(parts < 2 * (2_000 + 365) + 4_000, "{parts} parts after {generation}");
        }
        let shares = map.shares();
        assert_eq!((shares.exclusive_bytes(5), shares.shared_bytes()), (9, 18_000));
    }
}
