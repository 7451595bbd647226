//! Both adapters against the simulated gateway, over real sockets on this machine.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use futures_lite::future;
use gatewright_core::model::Payload;
use gatewright_core::transcript::{RecordError, replay};
use gatewright_core::{
    CloseCode, Compression, Config, Encoding, Event, EventKind, Intents, Leave, OwnedEvent,
    Session, SetupError, Stop,
};
use gatewright_sim::{Fault, Loopback, Options, What, serve};
use gatewright_tests::pairs;

fn gateway(options: Options) -> Loopback {
    serve(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap()
}

fn config(url: String) -> Config<'static> {
    Config::new("simulated", Intents::DOCUMENTED).gateway(url)
}

fn small() -> Options {
    Options { rate: 300, guilds: 2, members: 20, ..Options::default() }
}

/// The face both adapters have.
trait Gateway: Sized {
    fn connect(config: Config<'static>, compression: Compression) -> Self {
        Self::try_connect(config, compression).unwrap()
    }

    fn try_connect(config: Config<'static>, compression: Compression) -> Result<Self, SetupError>;
    fn resume(config: Config<'static>, session: Session, compression: Compression) -> Self;
    fn block_on<T>(future: impl Future<Output = T>) -> T;
    fn timeout() -> impl Future<Output = ()>;
    async fn next(&mut self) -> Result<Event<'_>, Stop>;
    fn leave(&mut self, how: Leave);
    fn session(&self) -> Option<Session>;
    fn record(&mut self, to: impl Write + Send + 'static) -> Result<(), RecordError>;
}

/// A file in memory: what is written stays when the writer is gone.
#[derive(Clone, Default)]
struct Tape(Arc<Mutex<Vec<u8>>>);

impl Tape {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Tape {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

macro_rules! gateway {
    ($adapter:ident, $block_on:expr, $timer:expr) => {
        impl Gateway for $adapter::Gateway {
            fn try_connect(
                config: Config<'static>,
                compression: Compression,
            ) -> Result<Self, SetupError> {
                let options = $adapter::Options::default().compression(compression);
                Self::connect(config, options)
            }

            fn resume(config: Config<'static>, session: Session, compression: Compression) -> Self {
                let options = $adapter::Options::default().compression(compression);
                Self::resume(config, session, options).unwrap()
            }

            fn block_on<T>(future: impl Future<Output = T>) -> T {
                $block_on(future)
            }

            async fn timeout() {
                $timer(Duration::from_secs(60)).await;
            }

            async fn next(&mut self) -> Result<Event<'_>, Stop> {
                Self::next(self).await
            }

            fn leave(&mut self, how: Leave) {
                Self::leave(self, how);
            }

            fn session(&self) -> Option<Session> {
                Self::session(self)
            }

            fn record(&mut self, to: impl Write + Send + 'static) -> Result<(), RecordError> {
                Self::record(self, to)
            }
        }
    };
}

fn on_tokio<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

gateway!(gatewright_tokio, on_tokio, tokio::time::sleep);
gateway!(gatewright_smol, smol::block_on, smol::Timer::after);

/// Does something with a gateway, for a minute at most.
fn within_a_minute<G: Gateway, T>(task: impl Future<Output = T>) -> T {
    let task = async { Some(task.await) };
    let late = async {
        G::timeout().await;
        None
    };
    G::block_on(future::or(task, late)).expect("it took more than a minute")
}

/// Waits for a dispatch and collects all sequence numbers up to it.
async fn up_to<G: Gateway>(gateway: &mut G, kind: EventKind, seqs: &mut Vec<u64>) {
    loop {
        match gateway.next().await.expect("the gateway is over") {
            Event::Dispatch(dispatch) => {
                seqs.extend(dispatch.seq());
                assert!(dispatch.payload().is_ok(), "{:?}", dispatch.payload());
                if dispatch.kind() == kind {
                    return;
                }
            }
            Event::Gap { .. } | Event::Duplicate(_) => panic!("an event is missing or came twice"),
            _ => {}
        }
    }
}

async fn until_over<G: Gateway>(gateway: &mut G) -> Stop {
    loop {
        if let Err(stop) = gateway.next().await {
            return stop;
        }
    }
}

/// Waits until the gateway has seen a client close, and returns the codes.
fn close_codes(loopback: &Loopback, count: usize) -> Vec<CloseCode> {
    let code = |what: &What| match what {
        What::ClosedByClient { code, .. } => *code,
        _ => None,
    };
    for _ in 0..1_000 {
        let journal = loopback.journal();
        let codes: Vec<_> = journal.iter().filter_map(|entry| code(&entry.what)).collect();
        if codes.len() >= count {
            return codes;
        }
        thread::sleep(Duration::from_millis(5));
    }
    let journal = loopback.journal();
    let last: Vec<_> = journal.iter().rev().take(8).collect();
    panic!("the gateway saw no close, but (newest first) {last:?}");
}

fn holds_a_session_through_a_drop<G: Gateway>() {
    for (encoding, compression) in pairs() {
        let loopback = gateway(small());
        let mut client = G::connect(config(loopback.url()).encoding(encoding), compression);
        let what = format!("{encoding} {compression}");
        let tape = Tape::default();
        client.record(tape.clone()).unwrap();
        let mut seqs = Vec::new();
        let stop = within_a_minute::<G, _>(async {
            up_to(&mut client, EventKind::PresenceUpdate, &mut seqs).await;
            assert_eq!(loopback.inject(Fault::Drop), 1);
            up_to(&mut client, EventKind::Resumed, &mut seqs).await;
            up_to(&mut client, EventKind::PresenceUpdate, &mut seqs).await;
            client.leave(Leave::End);
            until_over(&mut client).await
        });
        assert_eq!(stop, Stop::Ended);
        let expected: Vec<u64> = (1..=u64::try_from(seqs.len()).unwrap()).collect();
        assert_eq!(seqs, expected, "{what}");
        assert_eq!(close_codes(&loopback, 1), [CloseCode(1000)], "{what}");
        let stats = loopback.stats();
        assert_eq!((stats.identifies, stats.resumes), (1, 1), "{what}");
        assert_eq!((stats.complaints, stats.refused), (0, 0), "{what}");
        drop(client);
        replays(&tape.bytes(), seqs.len(), &what);
    }
}

/// Checks that a recording replays to the same outputs, and that one that was changed does not.
fn replays(recording: &[u8], events: usize, what: &str) {
    let summary = replay(recording).unwrap_or_else(|error| panic!("{what} {error}"));
    assert!(summary.is_complete && summary.outputs > 2 * events as u64, "{what} {summary:?}");
    let text = str::from_utf8(recording).unwrap();
    assert!(!text.contains("simulated"), "{what}: the token is in the recording");
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    for number in
        (0..lines.len()).filter(|at| lines[*at].starts_with("> ")).step_by(lines.len() / 8)
    {
        let mut changed = lines.clone();
        let line = lines[number].replacen(['0', '1', '2', '3', '4', '5'], "6", 1);
        changed[number] = &line;
        let error = replay(changed.concat().as_bytes()).expect_err(&line);
        assert_eq!(error.line, number as u64 + 1, "{what} {error}");
    }
}

fn records_from_the_beginning_or_not_at_all<G: Gateway>() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let loopback = gateway(small());
    let mut client = G::connect(config(loopback.url()), Compression::ZlibStream);
    client.record(Full).unwrap();
    let mut seqs = Vec::new();
    within_a_minute::<G, _>(up_to(&mut client, EventKind::Ready, &mut seqs));
    assert_eq!(client.record(Tape::default()), Err(RecordError::TooLate));
}

fn parks_and_a_later_gateway_resumes<G: Gateway>() {
    let loopback = gateway(small());
    let mut seqs = Vec::new();
    let compression = Compression::ZlibStream;
    let session = within_a_minute::<G, _>(async {
        let mut client = G::connect(config(loopback.url()), compression);
        up_to(&mut client, EventKind::PresenceUpdate, &mut seqs).await;
        client.leave(Leave::Park);
        assert_eq!(until_over(&mut client).await, Stop::Parked);
        client.session().expect("a parked session is exported")
    });
    assert_eq!(close_codes(&loopback, 1), [CloseCode(4000)]);
    within_a_minute::<G, _>(async {
        let mut client = G::resume(config(loopback.url()), session, compression);
        up_to(&mut client, EventKind::Resumed, &mut seqs).await;
    });
    assert!(seqs.is_sorted_by(|left, right| left + 1 == *right), "{seqs:?}");
    assert_eq!(loopback.stats().identifies, 1);
}

fn sends_events_to_a_thread_that_decodes_them<G: Gateway>() {
    for encoding in Encoding::ALL {
        let loopback = gateway(small());
        let mut client =
            G::connect(config(loopback.url()).encoding(encoding), Compression::ZstdStream);
        let (sender, receiver) = mpsc::channel::<OwnedEvent>();
        let thread = thread::spawn(move || {
            let (mut guilds, mut people) = (BTreeSet::new(), 0);
            for event in receiver {
                let Event::Dispatch(dispatch) = event.event() else { continue };
                match dispatch.payload().expect("it decodes") {
                    Payload::GuildCreate(guild) => {
                        assert_eq!(dispatch.guild_id(), Some(guild.id));
                        guilds.insert(guild.id);
                        people += guild.members.iter().flatten().count();
                    }
                    Payload::PresenceUpdate(_) => {
                        let guild = dispatch.guild_id().expect("a presence is one of a guild");
                        assert!(guilds.contains(&guild), "{guild}");
                    }
                    _ => {}
                }
            }
            (guilds.len(), people)
        });
        within_a_minute::<G, _>(async {
            let mut presences = 0;
            while presences < 50 {
                let event = client.next().await.expect("the gateway goes on");
                presences += usize::from(event.kind() == EventKind::PresenceUpdate);
                sender.send(event.into_owned()).unwrap();
            }
        });
        drop(sender);
        let (guilds, people) = thread.join().unwrap();
        assert_eq!(guilds, 2, "{encoding}");
        assert!(people >= 40, "{encoding} {people}");
    }
}

fn refuses_etf_with_zlib<G: Gateway>() {
    let config = config("ws://sim.example".to_owned()).encoding(Encoding::Etf);
    let refused = G::try_connect(config, Compression::Zlib).err();
    assert_eq!(refused, Some(SetupError::EtfWithZlib));
}

fn stops_on_a_wrong_token<G: Gateway>() {
    let loopback = gateway(Options { token: Some("right".to_owned()), ..Options::default() });
    let mut client = G::connect(config(loopback.url()), Compression::ZlibStream);
    let stop = within_a_minute::<G, _>(until_over(&mut client));
    assert_eq!(stop, Stop::AuthenticationFailed);
    assert!(stop.to_string().contains("copy the bot's token"), "{stop}");
    assert_eq!(loopback.stats().connections, 1);
}

fn answers_a_reconnect_request_with_4000<G: Gateway>() {
    let loopback = gateway(Options { rate: 100, guilds: 1, members: 5, ..Options::default() });
    let mut client = G::connect(config(loopback.url()), Compression::Zlib);
    let mut seqs = Vec::new();
    within_a_minute::<G, _>(async {
        up_to(&mut client, EventKind::GuildCreate, &mut seqs).await;
        assert_eq!(loopback.inject(Fault::Reconnect), 1);
        up_to(&mut client, EventKind::Resumed, &mut seqs).await;
    });
    assert_eq!(close_codes(&loopback, 1), [CloseCode(4000)]);
}

macro_rules! both {
    ($($name:ident)*) => {
        mod tokio_adapter {
            $(#[test] fn $name() { super::$name::<gatewright_tokio::Gateway>(); })*
        }
        mod smol_adapter {
            $(#[test] fn $name() { super::$name::<gatewright_smol::Gateway>(); })*
        }
    };
}

both! {
    holds_a_session_through_a_drop
    records_from_the_beginning_or_not_at_all
    refuses_etf_with_zlib
    sends_events_to_a_thread_that_decodes_them
    parks_and_a_later_gateway_resumes
    stops_on_a_wrong_token
    answers_a_reconnect_request_with_4000
}
