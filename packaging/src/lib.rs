//! What a release consists of: the archive, the Debian package, the manual, and the proof that they install.
//!
//! `cargo xtask dist` builds the programs and calls this, which is a program of its own: that tool builds even when the
//! product doesn't.

mod args;
mod call;
mod debian;
mod files;
mod manual;
mod proof;
mod release;
mod tarball;
mod tree;

pub use args::main;
