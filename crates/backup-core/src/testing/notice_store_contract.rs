//! The promises of [`NoticeStore`], checked on any adapter.

use super::contract::contract;
use super::promise::{promise, same, works};
use super::{Reopenable, at};
use crate::model::error::Failure;
use crate::model::notice::{Notice, NoticeBook, NoticeKind, Told, Trouble};
use crate::ports::NoticeStore;

/// A place for a notice book, and what happens to it.
pub struct NoticePlace {
    /// Opens the store.
    pub store: Reopenable<dyn NoticeStore>,
    /// Writes something there that is no book. `None` if that can't happen.
    pub spoil: Option<Box<dyn Fn()>>,
}

contract! {
    $
    /// Makes one test of each promise of [`NoticeStore`](crate::ports::NoticeStore), in a module of that name.
    ///
    /// Each call of `make` gives a fresh place without a book.
    ///
    /// ```
    /// use backup_core::ports::NoticeStore;
    /// use backup_core::testing::{MemoryNotices, NoticePlace, Reopenable};
    ///
    /// fn make() -> NoticePlace {
    ///     let place = MemoryNotices::new(); // or a temporary file
    ///     let store = Reopenable::<dyn NoticeStore>::new(move || Box::new(place.clone()));
    ///     NoticePlace { store, spoil: None }
    /// }
    ///
    /// backup_core::notice_store_contract!(my_store, make);
    /// # backup_core::testing::NOTICE_STORE_CONTRACT.check_all(&make);
    /// ```
    notice_store_contract, NOTICE_STORE_CONTRACT: dyn Fn() -> NoticePlace;
    |make| {
        empty_before_the_first(&make());
        everything_is_kept(&make());
        what_is_no_book_is_told(&make());
    }
}

fn load(place: &NoticePlace) -> NoticeBook {
    works(place.store.open().load(), "a book can be loaded")
}

fn save(place: &NoticePlace, book: &NoticeBook) {
    works(place.store.open().save(book), "a book can be saved");
}

fn book(reason: &str) -> NoticeBook {
    let moment = at("2026-03-10T16:07:00+01:00");
    let mut book = NoticeBook { looked_until: Some(moment), ..NoticeBook::default() };
    let told = Told { kind: NoticeKind::Overdue, since: moment, at: moment };
    book.told.insert(("office".to_owned(), "docs".to_owned()), told);
    let notice = Notice::new(NoticeKind::Failure, "docs", moment);
    book.post("office", Notice { error: Some(reason.to_owned()), archive_bytes: u64::MAX, ..notice });
    let trouble = Trouble { since: moment, reason: reason.to_owned(), attempts: 1, given_up: 2 };
    book.troubles.insert("office".to_owned(), trouble);
    book
}

fn empty_before_the_first(place: &NoticePlace) {
    same(&load(place), &NoticeBook::default(), "before the first book, an empty one is loaded");
}

fn everything_is_kept(place: &NoticePlace) {
    for book in [book("no route to host"), book("a \"quoted\"\nline \u{1b}[2J"), NoticeBook::default()] {
        save(place, &book);
        same(&load(place), &book, "load gives back what was saved last");
    }
}

fn what_is_no_book_is_told(place: &NoticePlace) {
    let Some(spoil) = &place.spoil else { return };
    save(place, &book("refused"));
    spoil();
    let failure = place.store.open().load().map_err(|error| error.failure);
    promise(failure == Err(Failure::Damaged), "load fails with Damaged if there is no book", "after damage");
    save(place, &book("refused"));
    same(&load(place), &book("refused"), "a book replaces what is no book");
}
