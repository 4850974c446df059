//! Turns a source into plain tar.
