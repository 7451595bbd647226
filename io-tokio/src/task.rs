//! Tasks that run by themselves.

/// Lets a task run by itself.
///
/// # Panics
/// Outside of a runtime.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}
