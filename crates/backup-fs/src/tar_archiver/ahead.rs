//! What happens to the next entries before their turn.

use super::cache::prefetch;
use super::dir_stack::SourceDirStack;
use super::packer::Packer;
use crate::posix::names::Named;

impl Packer<'_> {
    /// Asks the scouts about the next names.
    pub(super) fn look_ahead(&mut self, levels: &mut SourceDirStack) {
        let Self { scout: Some(scout), selector, reserved, path, .. } = self else { return };
        levels.look_ahead(scout.scouts, &mut |path_len, Named { name, kind }| {
            path.truncate(path_len);
            path.push(name);
            selector.may_open(name, kind) && !reserved.has_name(name) && !selector.excludes(path, Some(kind))
        });
    }

    /// Prefetches the next files while files aren't in memory.
    pub(super) fn prefetch_next(&mut self, levels: &mut SourceDirStack) {
        if self.is_cold {
            levels.prefetch_next(&mut |folder, name| {
                if !self.selector.may_be_mount_point(name) {
                    self.prefetched.extend(prefetch(self.disk, folder, name));
                }
            });
        }
    }
}
