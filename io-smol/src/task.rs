//! Tasks that run by themselves.

/// Lets a task run by itself.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    smol::spawn(task).detach();
}

/// Does what blocks where it holds up no other task.
pub(crate) async fn unblock<T: Send + 'static>(task: impl FnOnce() -> T + Send + 'static) -> T {
    smol::unblock(task).await
}

/// Runs a test.
#[cfg(test)]
pub(crate) fn block_on<T>(task: impl Future<Output = T>) -> T {
    smol::block_on(task)
}
