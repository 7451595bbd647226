//! Tasks that run by themselves.

/// Lets a task run by itself.
///
/// # Panics
/// Outside of a runtime.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}

/// Does what blocks where it holds up no other task.
pub(crate) async fn unblock<T: Send + 'static>(task: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(task).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime goes down, and this task with it.
        Err(_) => std::future::pending().await,
    }
}

/// Runs a test.
#[cfg(test)]
pub(crate) fn block_on<T>(task: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(task)
}
