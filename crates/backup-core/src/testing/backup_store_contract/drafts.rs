//! Whether somebody is at a draft.

use super::place::{BackupPlace, draft, name};
use crate::model::archive::Grade;
use crate::testing::promise::{promise, same, works};

pub(super) fn an_open_one_is_being_made(place: &BackupPlace) {
    let (one, other) = (place.store.open(), place.store.open());
    let is_made =
        |made: &str| works(other.is_being_made(&name(made)), "whether a backup is made can be told");
    same(&is_made("docs"), &false, "where there is no place for backups, nobody makes one");
    let open = draft(&*one, "docs");
    promise(
        is_made("docs") && !is_made("doc"),
        "the name of an open draft is being made, and no other",
        &[is_made("docs"), is_made("doc")],
    );
    works(open.publish(Grade::Complete), "a draft can be published after others have looked");
    same(&is_made("docs"), &false, "what is published is made no more");
    (place.leave_draft)(&name("docs"));
    same(&is_made("docs"), &false, "what a dead process left nobody makes");
}
