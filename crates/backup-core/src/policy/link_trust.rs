//! Link trust: which symbolic links on the way to a target are followed.

/// Who may change the entries of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FolderRights {
    /// The user ID of its owner.
    pub owner: u32,
    /// Its mode, with the sticky bit.
    pub mode: u32,
}

/// Why a symbolic link isn't followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distrust {
    /// It belongs to somebody else.
    Link,
    /// Somebody else may change a folder that it is in or below; the index of that folder. Who can rename a link or a
    /// folder can choose where the path leads, whoever made the link.
    Folder(usize),
}

const ROOT: u32 = 0;
const STICKY: u32 = 0o1000;
const OTHERS_WRITE: u32 = 0o022;

/// Returns why `caller` doesn't follow a symbolic link of `owner`, or `None` if it does. `above` are the folders that lead
/// to the link, starting below the root.
///
/// Root can write wherever a link leads. So root follows only links that nobody else could have made. Other users can do no
/// more through a link than without it. For them, only the owner of the link counts.
#[must_use]
pub fn distrust(caller: u32, owner: u32, above: &[FolderRights]) -> Option<Distrust> {
    let is_trusted = |user: u32| user == ROOT || user == caller;
    let is_foreign = |folder: &FolderRights| {
        // In a sticky folder, only its owner can rename other users' entries.
        !is_trusted(folder.owner) || folder.mode & OTHERS_WRITE != 0 && folder.mode & STICKY == 0
    };
    match () {
        () if !is_trusted(owner) => Some(Distrust::Link),
        () if caller == ROOT => above.iter().position(is_foreign).map(Distrust::Folder),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: u32 = 1_000;
    const BOB: u32 = 1_001;

    #[track_caller]
    fn check(caller: u32, owner: u32, above: &[(u32, u32)], expected: Option<Distrust>) {
        let above: Vec<_> = above.iter().map(|&(owner, mode)| FolderRights { owner, mode }).collect();
        assert_eq!(distrust(caller, owner, &above), expected, "{caller} {owner} {above:?}");
    }

    #[test]
    fn root_follows_only_what_nobody_else_could_have_put_there() {
        check(ROOT, ROOT, &[], None);
        check(ROOT, ROOT, &[(ROOT, 0o755)], None);
        check(ROOT, ANN, &[(ROOT, 0o755)], Some(Distrust::Link));
        check(ROOT, ANN, &[(ANN, 0o700)], Some(Distrust::Link));
        check(ROOT, ROOT, &[(ROOT, 0o755), (ANN, 0o700)], Some(Distrust::Folder(1)));
        // Ann can put another folder of root's in that one's place.
        check(ROOT, ROOT, &[(ANN, 0o755), (ROOT, 0o755)], Some(Distrust::Folder(0)));
        check(ROOT, ROOT, &[(ROOT, 0o1777)], None);
        check(ROOT, ROOT, &[(ROOT, 0o777)], Some(Distrust::Folder(0)));
        check(ROOT, ROOT, &[(ROOT, 0o775)], Some(Distrust::Folder(0)));
        check(ROOT, ROOT, &[(ANN, 0o1777)], Some(Distrust::Folder(0)));
    }

    #[test]
    fn others_follow_links_of_root_and_of_their_own() {
        check(ANN, ANN, &[(ANN, 0o755)], None);
        check(ANN, ROOT, &[(ROOT, 0o755)], None);
        check(ANN, ANN, &[(ROOT, 0o1777)], None);
        check(ANN, ANN, &[(BOB, 0o777)], None);
        check(ANN, BOB, &[(ROOT, 0o1777)], Some(Distrust::Link));
        check(ANN, BOB, &[(ANN, 0o755)], Some(Distrust::Link));
    }
}
