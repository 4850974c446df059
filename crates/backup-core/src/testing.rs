//! For tests of your own: fakes that are stricter than reality, and the contract suites of the ports.
