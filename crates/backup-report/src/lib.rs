//! What monitors and people see of a home: metrics for Prometheus, a line for Nagios, and a page of HTML.
//!
//! Everything here is a function of the core's views to text. Nothing is read or written.

#[cfg(test)]
mod fixture;
mod html;
mod metrics;
mod nagios;
mod words;

pub use html::Page;
pub use metrics::Metrics;
pub use nagios::{NagiosCheck, Severity, nagios_unknown};
pub use words::{age, growth, label, took};
