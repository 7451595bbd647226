//! What can be wrong with the file of a budget, and what to do about it.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use gatewright_core::BudgetError;

/// A file of a budget that cannot be used; its `Display` names the file and says what to do.
#[derive(Debug)]
pub struct BudgetFileError {
    path: PathBuf,
    fault: BudgetFault,
}

/// What is wrong with the file of a budget.
#[derive(Debug)]
#[non_exhaustive]
pub enum BudgetFault {
    /// Another process holds it.
    Locked,
    /// It cannot be read.
    Read(io::Error),
    /// It holds no record of this bot.
    Record(BudgetError),
    /// Another process has written it, on a file system without locks.
    Taken,
    /// It cannot be written.
    Write(io::Error),
}

impl BudgetFileError {
    pub(crate) fn new(path: &Path, fault: BudgetFault) -> Self {
        Self { path: path.to_owned(), fault }
    }

    /// Returns the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what is wrong with it.
    #[must_use]
    pub const fn fault(&self) -> &BudgetFault {
        &self.fault
    }
}

impl fmt::Display for BudgetFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.fault {
            BudgetFault::Locked => write!(
                f,
                "{path} is in use, by another process or twice in this one: one gate for each bot is enough"
            ),
            BudgetFault::Read(error) => {
                write!(
                    f,
                    "{path} cannot be read: {error}; grant access to it, or name another file"
                )
            }
            BudgetFault::Record(error) => write!(f, "{path}: {error}; {}", advice(*error)),
            BudgetFault::Taken => write!(
                f,
                "{path} was written by another process of this bot, and is left to it: end one of the two"
            ),
            BudgetFault::Write(error) => write!(
                f,
                "{path} cannot be written: {error}; a restart will forget what is spent until its folder takes files"
            ),
        }
    }
}

const fn advice(error: BudgetError) -> &'static str {
    match error {
        BudgetError::OtherBot => "give each bot a file of its own",
        BudgetError::OtherVersion => "run the version that wrote it, or delete it to count anew",
        _ => {
            "name another file, or if it was one, make sure that the bot is in no crash loop and delete it"
        }
    }
}

// What the system says is part of the text, so that it is no source of its own.
impl Error for BudgetFileError {}
