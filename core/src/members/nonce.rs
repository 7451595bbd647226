//! Nonces of requests: the shard, the seed and a number, 32 digits for every shard there can be.

use core::fmt::Write;

use heapless::String;

/// The bytes of a nonce: as many as the gateway takes.
///
/// Source: Discord documentation, *Gateway Events: Request Guild Members*; it ignores one that is longer.
const BYTES: usize = 32;

/// A nonce.
pub(super) type Nonce = String<BYTES, u8>;

/// Makes the nonces of a shard, and knows them again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nonces {
    pub(super) shard: u32,
    pub(super) seed: u64,
}

impl Nonces {
    /// Writes the nonce of a number.
    pub(super) fn write(self, number: u32) -> Nonce {
        let mut nonce = Nonce::new();
        // Its width is fixed: it always fits.
        let _ = write!(nonce, "{:08x}{:016x}{number:08x}", self.shard, self.seed);
        nonce
    }

    /// Returns the number of a nonce, if it was made here.
    pub(super) fn number(self, nonce: &str) -> Option<u32> {
        let number = u32::from_str_radix(nonce.get(BYTES - 8..)?, 16).ok()?;
        (self.write(number) == nonce).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Command, GuildId, Intents, Members, RequestGuildMembers};

    /// Fault S-F8: a nonce of 33 bytes for shards from 1000 on.
    #[test]
    fn nonces_fit_for_every_shard() {
        for shard in [0, 9, 10, 999, 1_000, 9_999, 16_384, u32::MAX] {
            for (seed, number) in [(0, 0), (u64::MAX, u32::MAX), (7, 1)] {
                let nonces = Nonces { shard, seed };
                let nonce = nonces.write(number);
                assert_eq!(nonce.len(), BYTES, "{nonce}");
                assert_eq!(nonces.number(&nonce), Some(number));
                let request = RequestGuildMembers {
                    guild_id: GuildId(1),
                    members: Members::All,
                    presences: true,
                    nonce: Some(&nonce),
                };
                let command = Command::RequestGuildMembers(request);
                assert_eq!(command.check(Intents::all()), Ok(()));
            }
        }
    }

    #[test]
    fn only_own_nonces_are_known_again() {
        let nonces = Nonces { shard: 1, seed: 2 };
        let own = nonces.write(3);
        assert_eq!(&*own, "00000001000000000000000200000003");
        for other in [Nonces { shard: 2, seed: 2 }, Nonces { shard: 1, seed: 3 }] {
            assert_eq!(nonces.number(&other.write(3)), None);
        }
        for foreign in
            ["", "3", "0000000100000000000000020000000g", "000000010000000000000002+0000003"]
        {
            assert_eq!(nonces.number(foreign), None, "{foreign}");
        }
        let long = std::format!("{own}0");
        assert_eq!(nonces.number(&long), None);
        let upper = nonces.write(10).to_uppercase();
        assert_eq!(nonces.number(&upper), None, "one number has one nonce");
        let wide = std::format!("{}é", &own[..30]);
        assert_eq!(nonces.number(&wide), None, "it is cut within no character");
    }
}
