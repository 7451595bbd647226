//! Made-up names, texts, hashes and timestamps.

use gatewright_core::GuildId;

use crate::rng::Rng;

const WORDS: &[&str] = &[
    "about", "after", "again", "always", "and", "any", "are", "back", "bad", "been", "best", "big",
    "bot", "boss", "but", "call", "can", "card", "chat", "clan", "come", "cool", "craft", "day",
    "deck", "did", "does", "down", "draft", "drop", "duo", "each", "event", "every", "farm", "few",
    "find", "first", "for", "free", "from", "game", "get", "gg", "give", "go", "good", "got",
    "guild", "had", "has", "have", "he", "help", "her", "here", "him", "his", "how", "if", "in",
    "is", "it", "join", "just", "know", "last", "later", "link", "lol", "long", "loot", "made",
    "make", "map", "match", "mod", "more", "most", "much", "my", "need", "new", "next", "nice",
    "night", "no", "not", "now", "of", "off", "on", "one", "only", "or", "other", "our", "out",
    "over", "party", "people", "ping", "play", "post", "queue", "raid", "rank", "ready", "role",
    "run", "said", "same", "saw", "say", "season", "see", "server", "she", "some", "soon", "squad",
    "still", "stream", "sure", "take", "team", "than", "that", "the", "them", "then", "there",
    "they", "thing", "this", "time", "to", "today", "too", "two", "up", "us", "very", "voice",
    "want", "was", "way", "we", "well", "were", "what", "when", "who", "why", "will", "win",
    "with", "you",
];
const FOREIGN: &[&str] = &[
    "おはよう",
    "またね",
    "早上好",
    "再见",
    "спокойной ночи",
    "до завтра",
    "좋은 아침",
    "façade",
    "até já",
    "müßig",
];

/// Emoji of Unicode that people of the made-up world use.
pub(super) const EMOJI: &[&str] = &["😀", "😭", "❤️", "🔥", "👍", "🎉", "💀", "👀", "✨", "🫡"];

pub(super) fn word(rng: &mut Rng) -> &'static str {
    rng.pick(WORDS)
}

/// Makes a lower-case account name such as `map_squad1234`.
pub(super) fn handle(rng: &mut Rng) -> String {
    let joint = rng.pick(&["_", ".", ""]);
    let mut name = [word(rng), joint, word(rng)].concat();
    if rng.chance(500) {
        name.push_str(&rng.below(9_999).to_string());
    }
    name
}

/// Makes a display name, one in four with letters outside ASCII.
pub(super) fn display(rng: &mut Rng) -> String {
    match rng.below(100) {
        0..15 => [rng.pick(FOREIGN), " ", rng.pick(EMOJI)].concat(),
        15..25 => [rng.pick(EMOJI), word(rng)].concat(),
        _ => [capital(word(rng)), capital(word(rng))].join(" "),
    }
}

/// Makes a text of `low` to `high` words with the odd emoji, quote, line break and link.
pub(super) fn text(rng: &mut Rng, low: u64, high: u64) -> String {
    let mut text = String::with_capacity(64);
    for at in 0..rng.range(low, high + 1) {
        if at > 0 {
            text.push(if at == 1 && rng.chance(100) { '\n' } else { ' ' });
        }
        text.push_str(word(rng));
    }
    if rng.chance(150) {
        text.insert_str(0, &[rng.pick(FOREIGN), " "].concat());
    }
    if rng.chance(100) {
        text.push_str(&[" \"", word(rng), "\""].concat());
    }
    if rng.chance(250) {
        text.push_str(&[" ", rng.pick(EMOJI)].concat());
    }
    if rng.chance(60) {
        text.push_str(&format!(
            " https://gifs.example/view/{}-{}",
            handle(rng),
            rng.range(10_000_000, 99_999_999)
        ));
    }
    text
}

/// Makes a CDN hash, one in ten of them animated.
pub(super) fn hash(rng: &mut Rng) -> String {
    let digits = rng.hex(32);
    if rng.chance(100) { format!("a_{digits}") } else { digits }
}

/// Draws an id of some object that is older than everything the world makes.
pub(super) const fn old_id(rng: &mut Rng) -> u64 {
    rng.range(100_000_000_000_000_000, 1_150_000_000_000_000_000)
}

/// Draws a moment of 2026 in milliseconds since the Unix epoch.
pub(super) const fn moment_ms(rng: &mut Rng) -> u64 {
    rng.range(1_767_225_600_000, 1_798_761_600_000)
}

/// Draws a timestamp of the years 2018 to 2026.
pub(super) fn timestamp(rng: &mut Rng) -> String {
    iso(rng.range(1_514_764_800_000_000, 1_798_761_600_000_000))
}

/// Writes the moment a snowflake was made.
pub(super) fn timestamp_of(id: u64) -> String {
    iso(GuildId(id).created_at_ms() * 1_000)
}

/// Writes microseconds since the Unix epoch as ISO 8601.
///
/// The days are counted from 1 March of the year 0, which puts the leap day at the end of a year.
fn iso(micros: u64) -> String {
    let days = micros / 86_400_000_000 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let seconds = micros / 1_000_000;
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let fraction = micros % 1_000_000;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}+00:00")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_name_the_right_day() {
        assert_eq!(iso(0), "1970-01-01T00:00:00.000000+00:00");
        assert_eq!(iso(951_868_799_000_001), "2000-02-29T23:59:59.000001+00:00");
        assert_eq!(iso(1_772_323_200_000_000), "2026-03-01T00:00:00.000000+00:00");
        assert_eq!(timestamp_of(175_928_847_299_117_063), "2016-04-30T11:18:25.796000+00:00");
    }
}
