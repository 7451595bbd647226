//! Tasks that run by themselves.

/// Lets a task run by itself.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    smol::spawn(task).detach();
}
