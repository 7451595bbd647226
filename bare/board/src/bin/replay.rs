//! Plays a script into the board's shard and writes what it did as a transcript, with its digest.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod board {
    use gatewright_board::machine::stack_used;
    use gatewright_board::parts::Arena;
    use gatewright_board::play::{Host, Outcome, play};
    use gatewright_board::report::Report;
    use gatewright_board::semihosting::{File, Mode};
    use static_cell::ConstStaticCell;

    static ARENA: ConstStaticCell<Arena> = ConstStaticCell::new(Arena::new());

    gatewright_board::program!(run);

    struct Files {
        script: Buffered,
        transcript: File,
    }

    /// The script, read in larger pieces.
    struct Buffered {
        file: File,
        held: [u8; 512],
        from: usize,
        to: usize,
    }

    impl Host for Files {
        fn read(&mut self, to: &mut [u8]) -> usize {
            self.script.read(to)
        }

        fn write(&mut self, bytes: &[u8]) {
            self.transcript.write(bytes);
        }
    }

    impl Buffered {
        fn read(&mut self, to: &mut [u8]) -> usize {
            let mut len = 0;
            while len < to.len() {
                if self.from == self.to {
                    (self.from, self.to) = (0, self.file.read(&mut self.held));
                }
                let more = (to.len() - len).min(self.to - self.from);
                if more == 0 {
                    break;
                }
                to[len..len + more].copy_from_slice(&self.held[self.from..self.from + more]);
                (len, self.from) = (len + more, self.from + more);
            }
            len
        }
    }

    fn run() -> usize {
        let file = File::open(c"script", Mode::Read);
        let script = Buffered { file, held: [0; 512], from: 0, to: 0 };
        let mut files = Files { script, transcript: File::open(c"transcript", Mode::Write) };
        let Ok(Outcome { transcript, cache }) = play(&mut files, ARENA.take()) else { return 7 };
        let mut report = Report::new();
        report.line("transcript.bytes", transcript.len);
        report.line("transcript.hash", transcript.hash);
        report.line("cache.bytes", cache.len);
        report.line("cache.hash", cache.hash);
        report.line("stack", stack_used() as u64);
        0
    }
}

#[cfg(not(target_os = "none"))]
fn main() {}
