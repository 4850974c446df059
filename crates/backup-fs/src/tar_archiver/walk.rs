//! Walks a source on a thread of its own, while what it reads is written.

use std::panic::resume_unwind;
use std::thread;
use std::thread::Builder;

use backup_core::model::archive::PackReport;
use backup_core::model::error::PortError;
use backup_core::ports::{PackTarget, Progress};
use backup_core::time::Moment;

use super::body::{cancelled, write_failed};
use super::catalog::{CatalogReceiver, MemberCatalog, catalog_channel};
use super::likeness::{ComparedBase, LikenessReceiver, likeness_channel};
use super::output::Output;
use super::packer::{Depth, Packer};
use super::reuse::Base;
use super::scout::Scout;
use super::scouts::Scouts;
use super::selection::Selector;
use super::source::{ReservedDirs, Source};
use super::stretch_channel::{StretchReceiver, stretch_channel};
use crate::buffer::pipe::pipe;
use crate::error::port_error;
use crate::posix::disk::Disk;

/// How many bytes reading may be ahead of writing.
pub(super) const READ_AHEAD_BYTES: usize = 16 * 1024 * 1024;

/// What is read of a source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) depth: Depth,
    /// Files that are newer than this count as changed.
    pub(super) since: Option<Moment>,
    /// When the run began that made the earlier archive which the target offers.
    pub(super) base_began: Option<Moment>,
}

/// Walks a source that was found, except what is left out.
pub(super) fn walk(
    disk: &dyn Disk,
    source: &Source,
    (selector, reserved): (Selector, ReservedDirs),
    terms: Terms,
    out: &mut dyn PackTarget,
    progress: &dyn Progress,
) -> Result<PackReport, PortError> {
    let (pipe_writer, pipe_reader) = pipe(READ_AHEAD_BYTES);
    let (catalog_sender, catalog) = catalog_channel();
    let keeps_catalog = terms.depth == Depth::Contents && out.keeps_catalog();
    let base = terms.base_began.filter(|_| keeps_catalog).and_then(|began| Some((out.open_base()?, began)));
    let is_compared = keeps_catalog && terms.base_began.is_none();
    let mut compared = if is_compared { ComparedBase::open(out) } else { None };
    let (likeness_sender, likeness) = likeness_channel();
    let block_bytes = out.shared_block_bytes();
    let (stretch_sender, stretches) = stretch_channel();
    let mut receivers = Receivers { stretches, likeness, catalog };
    let catalog = if keeps_catalog { MemberCatalog::sent_to(catalog_sender) } else { MemberCatalog::none() };
    let scouts = Scouts::new(keeps_catalog, selector.takes_all().then(|| reserved.names().to_vec()));
    let scout_count = if terms.depth == Depth::Contents && base.is_none() { disk.scout_count() } else { 0 };
    let pack = || {
        // However this ends, the scouts go home.
        let scouts = GoHome(&scouts);
        let output = Output::new(pipe_writer);
        let packer = Packer::new(disk, progress, output, reserved, selector, source);
        let mut base = base.and_then(|(catalog, began)| Base::open(catalog, began, block_bytes));
        let reuse = base.as_mut().map(|base| base.reuse(stretch_sender));
        let likeness = compared.as_mut().map(|compared| compared.likeness(likeness_sender));
        let helped = packer.comparing(likeness).helped_by(Some(scouts.0).filter(|_| scout_count > 0));
        helped.to(terms.depth).since(terms.since).with(catalog).reusing(reuse).run(source)
    };
    thread::scope(|scope| {
        for _ in 0..scout_count {
            // With fewer of them, or none, it takes longer.
            let scout = || Scout::new(&scouts, disk, progress).work();
            let _ = Builder::new().name("scout".into()).spawn_scoped(scope, scout);
        }
        let packer_thread = Builder::new().name("pack".into()).spawn_scoped(scope, pack);
        let packer_thread = packer_thread.inspect_err(|_| scouts.end());
        let packer_thread = packer_thread.map_err(|error| port_error("begin to pack", error))?;
        let written = pipe_reader.run(|block| {
            // Data that was read before a cancellation isn't worth writing.
            if progress.is_cancelled() {
                return Err(cancelled(&source.shown));
            }
            receivers.write(block, out)
        });
        let packed = packer_thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        // If writing failed, packing failed only because of that.
        let report = written.and(packed)?;
        receivers.end(out)?;
        if report.taken_over_bytes > 0 {
            // What was taken over may turn out to be damaged. Whoever packs begins anew then, but not later.
            out.flush().map_err(write_failed)?;
        }
        Ok(report)
    })
}

/// What the walk sends to the writing thread beside its blocks.
struct Receivers {
    stretches: StretchReceiver,
    likeness: LikenessReceiver,
    catalog: CatalogReceiver,
}

impl Receivers {
    /// Writes a block, behind what comes before it.
    fn write(&mut self, block: &[u8], out: &mut dyn PackTarget) -> Result<(), PortError> {
        self.stretches.take_over(out)?;
        self.likeness.pass_on(out);
        out.write_all(block).map_err(write_failed)?;
        self.stretches.written(block.len());
        self.catalog.pass_on(out).map_err(write_failed)
    }

    /// Writes what came behind the last block.
    fn end(&mut self, out: &mut dyn PackTarget) -> Result<(), PortError> {
        self.stretches.take_over(out)?;
        self.catalog.pass_on(out).map_err(write_failed)
    }
}

/// Lets the scouts go home when it is dropped.
struct GoHome<'s>(&'s Scouts);

impl Drop for GoHome<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}
