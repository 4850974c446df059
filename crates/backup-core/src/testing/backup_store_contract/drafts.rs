//! Whether somebody is at a draft.

use super::{BackupPlace, draft, name};
use crate::model::archive::Grade;
use crate::testing::promise::{promise, works};

pub(super) fn an_open_one_is_being_made(place: &BackupPlace) {
    let (one, other) = (place.store.open(), place.store.open());
    let is_made =
        |made: &str| works(other.is_being_made(&name(made)), "whether a backup is made can be told");
    promise(!is_made("docs"), "where there is no place for backups, nobody makes one");
    let open = draft(&*one, "docs");
    promise(is_made("docs") && !is_made("doc"), "the name of an open draft is being made, and no other");
    works(open.publish(Grade::Complete), "a draft can be published after others have looked");
    promise(!is_made("docs"), "what is published is made no more");
    (place.leave_draft)(&name("docs"));
    promise(!is_made("docs"), "what a dead process left nobody makes");
}
