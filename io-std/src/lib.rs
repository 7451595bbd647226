//! What the adapters of gatewright share that needs the standard library but no runtime.
//!
//! * [`BudgetFile`] keeps an [`IdentifyBudget`](gatewright_core::IdentifyBudget) in a file, so that a bot
//!   that is restarted again and again does not spend the Identifies of a day.
//!
//! Everything here blocks for as long as a disk takes. Time enters as an argument; [`unix_now`] reads the clock.
#![cfg_attr(
    not(test),
    warn(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::print_stderr,
        clippy::print_stdout,
        clippy::unwrap_used
    )
)]

mod budget_file;
mod clock;
mod error;
mod store;

pub use budget_file::BudgetFile;
pub use clock::unix_now;
pub use error::{BudgetFault, BudgetFileError};
