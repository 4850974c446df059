//! A place that can be opened more than once, for the contract suites.

/// One place where an adapter keeps what it is given, and the way to open it: now, again after everything was closed,
/// or a second time as another process would.
///
/// A factory owns what must live as long as the place does:
///
/// ```
/// use backup_core::ports::ScheduleStore;
/// use backup_core::testing::{MemorySchedules, Reopenable};
///
/// let file = MemorySchedules::new(); // or a temporary folder
/// let place = Reopenable::<dyn ScheduleStore>::new(move || Box::new(file.clone()));
/// place.open().update(&mut |book| Ok(book.push("docs;16:07;docs".parse().expect("it is one"))))?;
/// assert_eq!(place.open().load()?.to_bytes(), b"docs;16:07;docs\n");
/// # Ok::<(), backup_core::model::error::Error>(())
/// ```
pub struct Reopenable<T: ?Sized> {
    open: Box<dyn Fn() -> Box<T>>,
}

impl<T: ?Sized> Reopenable<T> {
    /// Returns a place that `open` opens.
    #[must_use]
    pub fn new(open: impl Fn() -> Box<T> + 'static) -> Self {
        Self { open: Box::new(open) }
    }

    /// Opens the place once more.
    #[must_use]
    pub fn open(&self) -> Box<T> {
        (self.open)()
    }
}
