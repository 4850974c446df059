//! Contents that show when a part of them is lost, doubled or moved.

/// Returns so many bytes; no two blocks of an archive in them are alike for long, as their period is a prime.
pub(super) fn noise(bytes: usize) -> Vec<u8> {
    let period: Vec<u8> = (0..=250).collect();
    let mut noise = period.repeat(bytes / period.len() + 1);
    noise.truncate(bytes);
    noise
}
