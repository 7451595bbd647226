//! Where the token stands in a payload, found in one pass from the front to the end.

use memchr::memmem::Finder;

/// The shortest token that is looked for everywhere; no real one is shorter.
///
/// A shorter one, of a test, is looked for only where it is named, or it would be found in words.
const LONG_TOKEN: usize = 24;
/// How JSON names the token that follows.
const IN_JSON: &[u8] = b"\"token\":\"";
/// How ETF names the token that follows, before the four bytes of its length.
const IN_ETF: &[u8] = b"tokenm";

/// The places of the token in a payload.
pub(super) struct Masks<'p> {
    bytes: &'p [u8],
    token: &'p [u8],
    searches: [Option<Search<'p>>; 2],
    /// The place at hand.
    next: Option<usize>,
}

impl<'p> Masks<'p> {
    pub(super) fn new(bytes: &'p [u8], token: &'p str) -> Self {
        let token = token.as_bytes();
        let search = |what, lead| Some(Search { finder: Finder::new(what), lead, from: Some(0) });
        let searches = if token.len() >= LONG_TOKEN {
            [search(token, Lead::Nothing), None]
        } else {
            [search(IN_JSON, Lead::Json), search(IN_ETF, Lead::Etf)]
        };
        let mut masks = Self { bytes, token, searches, next: None };
        masks.next = masks.find(0);
        masks
    }

    /// Tells whether the byte at `at` is one of the token's; asked from the front to the end.
    pub(super) fn cover(&mut self, at: usize) -> bool {
        if self.next.is_some_and(|start| at >= start + self.token.len()) {
            self.next = self.find(at);
        }
        self.next.is_some_and(|start| at >= start)
    }

    /// Takes the next place.
    pub(super) fn take(&mut self) -> Option<usize> {
        let start = self.next?;
        self.next = self.find(start + self.token.len());
        Some(start)
    }

    /// Finds the first place at or behind `least`.
    fn find(&mut self, least: usize) -> Option<usize> {
        let (bytes, token) = (self.bytes, self.token);
        let places = self.searches.iter_mut().flatten();
        places.filter_map(|search| search.find(bytes, token, least)).min()
    }
}

/// A search for the token, or for what names it.
struct Search<'p> {
    finder: Finder<'p>,
    lead: Lead,
    /// Where to go on; nothing once there is no more.
    from: Option<usize>,
}

/// What stands between the place that is found and the token.
#[derive(Clone, Copy)]
enum Lead {
    Etf,
    Json,
    Nothing,
}

impl Lead {
    const fn bytes(self) -> usize {
        match self {
            Self::Etf => IN_ETF.len() + size_of::<u32>(),
            Self::Json => IN_JSON.len(),
            Self::Nothing => 0,
        }
    }
}

impl Search<'_> {
    /// Finds the first place of the token at or behind `least`, which never goes back.
    fn find(&mut self, bytes: &[u8], token: &[u8], least: usize) -> Option<usize> {
        loop {
            let from = self.from?.max(least.saturating_sub(self.lead.bytes()));
            self.from = self.finder.find(bytes.get(from..)?).map(|at| from + at);
            let name = self.from?;
            if self.names(bytes.get(name..)?, token) {
                return Some(name + self.lead.bytes());
            }
            self.from = Some(name + 1);
        }
    }

    /// Tells whether the token is behind what was found.
    fn names(&self, found: &[u8], token: &[u8]) -> bool {
        let (lead, behind) = found.split_at_checked(self.lead.bytes()).unwrap_or_default();
        let told = match self.lead {
            Lead::Etf => {
                lead.last_chunk() == u32::try_from(token.len()).ok().map(u32::to_be_bytes).as_ref()
            }
            Lead::Json | Lead::Nothing => true,
        };
        told && behind.starts_with(token)
    }
}
