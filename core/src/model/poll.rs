//! Polls.
//!
//! Source: Discord documentation, *Poll Resource*.

use crate::decode::macros::{numbers, object};
use crate::decode::{Seq, Text, Timestamp};
use crate::model::PartialEmoji;

object! {
    /// A poll.
    pub struct Poll<'e> {
        /// The question.
        question: Option<PollMedia<'e>>,
        /// The answers to choose from.
        answers: Seq<'e, PollAnswer<'e>>,
        /// When it ends.
        expiry: Option<Timestamp<'e>>,
        /// Whether several answers can be chosen.
        allow_multiselect: Option<bool>,
        /// How it is laid out.
        layout_type: Option<PollLayout>,
        /// The votes; absent means they are not known.
        results: Option<PollResults<'e>>,
    }
}

object! {
    /// The text and emoji of a question or an answer.
    pub struct PollMedia<'e> {
        /// The text.
        text: Option<Text<'e>>,
        /// The emoji.
        emoji: Option<PartialEmoji<'e>>,
    }
}

object! {
    /// An answer to choose.
    pub struct PollAnswer<'e> {
        /// Its number.
        answer_id: Option<u32>,
        /// The text and emoji.
        poll_media: Option<PollMedia<'e>>,
    }
}

object! {
    /// The votes of a poll.
    pub struct PollResults<'e> {
        /// Whether they are counted exactly.
        is_finalized: Option<bool>,
        /// The votes of each answer; one that is missing has none.
        answer_counts: Seq<'e, PollAnswerCount>,
    }
}

object! {
    /// The votes of an answer.
    pub struct PollAnswerCount {
        /// The number of the answer.
        id: u32,
        /// How many there are.
        count: Option<u32>,
        /// Whether the bot is one of them.
        me_voted: Option<bool>,
    }
}

numbers! {
    /// How a poll is laid out.
    pub enum PollLayout {
        /// As a list.
        Default = 1,
    }
}
