//! Streams beside this file, each with the dump that is wanted.
