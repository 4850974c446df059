//! Tests: a catalog that is damaged, cut or foreign gives an error that says so.

use super::index::{DIGESTS, HEADER_BYTES};
use super::made_up::{catalog_of, extreme_members, open};
use super::tampering::{Parts, check_error, read_all};

#[test]
fn every_wrong_byte_is_told() {
    let catalog = catalog_of(&extreme_members(12, 5));
    for at in 0..catalog.len() {
        for wrong in [1, 0x80, 0xff] {
            let mut damaged = catalog.clone();
            damaged[at] ^= wrong;
            assert!(read_all(&damaged).is_err(), "byte {at} of {}", catalog.len());
        }
    }
}

#[test]
fn every_cut_and_every_addition_is_told() {
    let catalog = catalog_of(&extreme_members(12, 5));
    for length in 0..catalog.len() {
        assert!(read_all(&catalog[..length]).is_err(), "{length} of {}", catalog.len());
    }
    for added in [&b"\0"[..], b"x", &[0; 100], &catalog] {
        assert!(read_all(&[&catalog, added].concat()).is_err());
    }
}

#[test]
fn errors_say_what_is_wrong() {
    let catalog = catalog_of(&extreme_members(12, 5));
    let with = |at: usize, byte: u8| {
        let mut changed = catalog.clone();
        changed[at] = byte;
        changed
    };
    check_error(b"", "this is not a catalog");
    check_error(b"{\"version\":1}", "this is not a catalog");
    check_error(&with(3, b'x'), "this is not a catalog");
    check_error(&catalog[..10], "the catalog is cut off, or something was added to it");
    check_error(&catalog[..100], "the catalog is cut off, or something was added to it");
    check_error(&with(8, 2), "the catalog is of version 2, which is unknown here");
    check_error(&with(HEADER_BYTES + 20, 0), "block 0 of the catalog is damaged");
    check_error(&with(catalog.len() - 30, 0), "the index of the catalog is damaged");
    let nonsense = Parts::of(&catalog).with_plain(0, |plain| plain[0] ^= 1);
    check_error(&nonsense.catalog(), "block 0 of the catalog makes no sense");
}

#[test]
fn nothing_follows_an_error() {
    let catalog = catalog_of(&extreme_members(12, 5));
    let nonsense = Parts::of(&catalog).with_plain(DIGESTS, |digests| digests.truncate(16)).catalog();
    let mut damaged = catalog;
    damaged[HEADER_BYTES + 20] ^= 1;
    for catalog in [nonsense, damaged] {
        let mut reader = open(&catalog).unwrap();
        let mut members = reader.members().skip_while(Result::is_ok);
        assert!(members.next().unwrap().is_err());
        assert!(members.next().is_none());
    }
}
