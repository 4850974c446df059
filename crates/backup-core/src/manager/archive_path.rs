//! Archive path: which archive a path leads to.

use std::path::Path;

use crate::model::archive::display_path;

/// Returns the file name in a path of an archive. Another path is returned as it is.
pub(super) fn file_name_of<'p>(given: &'p str, home: &Path) -> &'p str {
    let path = Path::new(given);
    let path = path.strip_prefix(home).unwrap_or(path);
    let file_name = path.file_name().and_then(|name| name.to_str()).unwrap_or(given);
    let is_of_backups =
        path == Path::new(&display_path(file_name)) || path == Path::new(".").join(display_path(file_name));
    if is_of_backups { file_name } else { given }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_an_archive_is_its_file_name() {
        let cases = [
            ("docs.tar", "docs.tar"),
            ("backups/docs.tar", "docs.tar"),
            ("./backups/docs.tar", "docs.tar"),
            ("/srv/home/backups/docs.tar", "docs.tar"),
            ("/srv/other/backups/docs.tar", "/srv/other/backups/docs.tar"),
            ("backups/old/docs.tar", "backups/old/docs.tar"),
            ("../backups/docs.tar", "../backups/docs.tar"),
            ("", ""),
        ];
        for (given, expected) in cases {
            assert_eq!(file_name_of(given, Path::new("/srv/home")), expected, "{given}");
        }
    }
}
