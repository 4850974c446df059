//! Which symbolic links on the way to a target are followed.

/// Who may change what is in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FolderRights {
    /// Whose it is.
    pub owner: u32,
    /// Its permissions, with the sticky bit.
    pub mode: u32,
}

/// Why a symbolic link isn't followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distrust {
    /// It belongs to somebody else.
    Link,
    /// It is in a folder, or below one, that somebody else may change: the index of that folder. Whoever may rename a link
    /// or a folder chooses where the path leads, whoever made the link.
    Folder(usize),
}

const ROOT: u32 = 0;
const STICKY: u32 = 0o1000;
const OTHERS_WRITE: u32 = 0o022;

/// Returns why `caller` doesn't follow a symbolic link of `owner`; `above` are the folders that lead to it, below the root.
///
/// Root writes wherever a link leads, so that it follows none that anybody else could have put there. Anybody else can do
/// no more through a link than without it, and only minds whose it is.
#[must_use]
pub fn distrust(caller: u32, owner: u32, above: &[FolderRights]) -> Option<Distrust> {
    let is_trusted = |user: u32| user == ROOT || user == caller;
    let is_foreign = |folder: &FolderRights| {
        // In a sticky folder nobody but its owner renames what isn't theirs.
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
