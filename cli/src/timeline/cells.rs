//! What was counted over time, in cells of equal width, of which there are never many.

use std::time::Duration;

/// The most cells; when they are full, each two become one.
const MOST: u64 = 256;
/// The width of a cell at first.
const WIDTH: u64 = 1_000_000;

/// What happened in a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    /// Dispatches taken.
    pub(crate) events: u64,
    /// Bytes as they came.
    pub(crate) wire: u64,
    /// Bytes inflated.
    pub(crate) inflated: u64,
    /// Connections that ended.
    pub(crate) losses: u64,
    pub(crate) beats: Beats,
}

/// Heartbeats, and how long their ACKs took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Beats {
    /// How many were acknowledged.
    pub(crate) count: u64,
    /// How many were not.
    pub(crate) missed: u64,
    /// When the first and the last one was sent, in microseconds from the beginning.
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// The shortest and the longest latency in microseconds, and the sum of all.
    pub(crate) least: u64,
    pub(crate) most: u64,
    pub(crate) sum: u64,
}

impl Beats {
    /// Returns one heartbeat.
    pub(crate) fn one(at: u64, latency: Option<Duration>) -> Self {
        let took = latency.map_or(0, |latency| u64::try_from(latency.as_micros()).unwrap_or(0));
        let count = u64::from(latency.is_some());
        Self { count, missed: 1 - count, first: at, last: at, least: took, most: took, sum: took }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        if other.count + other.missed == 0 {
            return;
        }
        if self.count + self.missed == 0 {
            *self = *other;
            return;
        }
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        if other.count > 0 {
            self.least = if self.count == 0 { other.least } else { self.least.min(other.least) };
            self.most = self.most.max(other.most);
        }
        self.count += other.count;
        self.missed += other.missed;
        self.sum = self.sum.saturating_add(other.sum);
    }
}

/// Cells from the beginning on.
#[derive(Clone, Debug)]
pub(crate) struct Cells {
    cells: Vec<Cell>,
    width: u64,
}

impl Default for Cells {
    fn default() -> Self {
        Self { cells: Vec::new(), width: WIDTH }
    }
}

impl Cells {
    /// Adds what happened to the cell of a time, in microseconds from the beginning.
    pub(crate) fn add(&mut self, at: u64, what: &Cell) {
        while at / self.width >= MOST {
            self.halve();
        }
        // Below 256, so it fits.
        let index = usize::try_from(at / self.width).unwrap_or(0);
        if index >= self.cells.len() {
            self.cells.resize(index + 1, Cell::default());
        }
        if let Some(cell) = self.cells.get_mut(index) {
            cell.add(what);
        }
    }

    /// Returns each cell with where it begins, in microseconds.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &Cell)> {
        self.cells.iter().zip(0_u64..).map(|(cell, index)| (index * self.width, cell))
    }

    /// Returns the width of a cell in microseconds.
    pub(crate) const fn width(&self) -> u64 {
        self.width
    }

    /// Makes one cell of each two.
    fn halve(&mut self) {
        let both = |pair: &[Cell]| {
            let mut sum = Cell::default();
            pair.iter().for_each(|cell| sum.add(cell));
            sum
        };
        self.cells = self.cells.chunks(2).map(both).collect();
        self.width = self.width.saturating_mul(2);
    }
}

impl Cell {
    fn add(&mut self, other: &Self) {
        self.events = self.events.saturating_add(other.events);
        self.wire = self.wire.saturating_add(other.wire);
        self.inflated = self.inflated.saturating_add(other.inflated);
        self.losses += other.losses;
        self.beats.add(&other.beats);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stay_few_and_lose_nothing() {
        let mut cells = Cells::default();
        for second in 0..86_400 {
            let beats = Beats::one(second * 1_000_000, Some(Duration::from_micros(second + 1)));
            cells.add(second * 1_000_000, &Cell { events: 2, beats, ..Cell::default() });
        }
        assert_eq!(cells.width(), 512_000_000);
        let all: Vec<_> = cells.iter().collect();
        assert_eq!(all.len(), 169);
        assert_eq!(all.iter().map(|(_, cell)| cell.events).sum::<u64>(), 172_800);
        let first = all.first().unwrap().1.beats;
        assert_eq!((first.count, first.least, first.most, first.last), (512, 1, 512, 511_000_000));
    }

    #[test]
    fn the_end_of_time_is_a_cell_too() {
        let mut cells = Cells::default();
        cells.add(0, &Cell { events: 1, ..Cell::default() });
        cells.add(1 << 62, &Cell { events: 1, ..Cell::default() });
        assert_eq!(cells.iter().map(|(_, cell)| cell.events).sum::<u64>(), 2);
        assert!(cells.iter().count() <= 256);
    }

    #[test]
    fn beats_without_an_ack_have_no_latency() {
        let mut beats = Beats::one(5, None);
        beats.add(&Beats::one(9, Some(Duration::from_micros(70))));
        beats.add(&Beats::default());
        assert_eq!((beats.missed, beats.count, beats.least, beats.most), (1, 1, 70, 70));
        assert_eq!((beats.first, beats.last), (5, 9));
    }
}
