//! Disks that hang or are slow.

use std::net::TcpListener;

use futures_util::future::{Either, select};
use gatewright_core::{BotId, Config, EventKind, Intents, ShardId, UpdatePresence};
use gatewright_sim::{Fault, Options as World, serve};
use gatewright_std::StateFolder;

use super::*;
use crate::Options;
use crate::task::block_on;

async fn up_to(events: &mut Events, kind: EventKind) {
    while events.next().await.expect("the shard is over").kind() != kind {}
}

#[test]
fn a_disk_that_hangs_stops_no_shard() {
    let server = serve(TcpListener::bind("127.0.0.1:0").unwrap(), World::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = Config::new("MTIz.abc.secret", Intents::GUILDS).gateway(server.url());
    let options = Options::default().state(StateFolder::at(folder.path()));
    let shard = ShardHandle::new(config, options);
    block_on(async {
        let mut events = shard.start().await.unwrap();
        up_to(&mut events, EventKind::Ready).await;
        let shared = Arc::clone(&events.run.shared);
        let ((hangs, it_hangs), (goes_on, until)) = (mpsc::channel(), mpsc::channel::<()>());
        let disk = thread::spawn(move || {
            shared.keeper.with(|_| {
                hangs.send(()).unwrap();
                let _ = until.recv();
            })
        });
        it_hangs.recv().unwrap();
        assert_eq!(server.inject(Fault::Drop), 1);
        while shard.status().unwrap().counters.resumed == 0 {
            sleep_until(clock::now().saturating_add(Duration::from_millis(5))).await;
        }
        // It is not handed out yet, and orders are taken.
        let resumed = Box::pin(up_to(&mut events, EventKind::Resumed));
        let command = pin!(shard.update_presence(UpdatePresence::default()));
        match select(resumed, command).await {
            Either::Left(_) => panic!("the shard listens to nobody"),
            Either::Right((queued, resumed)) => {
                queued.unwrap();
                resumed.await;
            }
        }
        shard.park().await.unwrap();
        while events.next().await.is_some() {}
        drop(events);
        // What is not brought back is given up for the next start, which begins without it.
        drop(shard.start().await.unwrap());
        shard.close().await;
        drop(goes_on);
        disk.join().unwrap();
    });
    assert_eq!(server.stats().identifies, 1);
}

#[test]
fn what_is_read_keeps_nobody_from_asking() {
    let config = Config::new("MTIz.abc.secret", Intents::GUILDS);
    let folder = tempfile::tempdir().unwrap();
    let options = Options::default().state(StateFolder::at(folder.path()));
    let shard = ShardHandle::new(config, options);
    let lent = block_on(Lent::open(&shard.0));
    assert!(shard.status().is_none() && shard.metrics().is_none() && shard.session().is_none());
    assert!(Lent::open_now(&shard.0).is_none(), "it is away");
    drop(lent);
    assert!(Lent::open_now(&shard.0).is_some_and(|lent| lent.keeper.is_some()));
}

#[test]
fn who_waits_for_another_process_waits_as_long_as_all_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateFolder::at(folder.path());
    let (token, count) = ("MTIz.abc.secret", 2);
    let others = [0, 1].map(|id| state.open(BotId::of_token(token), ShardId::new(id, count)));
    let options = Options::default().state(state);
    let shards = [0, 1].map(|id| {
        let config = Config::new(token, Intents::GUILDS).shard(ShardId::new(id, count));
        ShardHandle::new(config, options.clone())
    });
    let until = clock::now().saturating_add(Duration::from_millis(1));
    block_on(async {
        for shard in &shards {
            shard.open_until(until).await;
            let looked = |stored: &Option<Stored>| stored.as_ref().and_then(|stored| stored.until);
            assert_eq!(shard.0.stored.read(looked), Some(until));
        }
    });
    assert!(others.iter().all(Result::is_ok));
}
