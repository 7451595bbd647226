//! `wss://` on both adapters: TLS in front of the simulated gateway, over real sockets on this machine.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use gatewright_core::{Config, Intents};
use gatewright_sim::{Loopback, Options, serve};
use gatewright_tests::tls::Front;
use gatewright_tokio::rustls::crypto::ring;
use gatewright_tokio::rustls::{ClientConfig, RootCertStore};

/// A gateway with TLS before it, and the port of that.
struct Secure {
    gateway: Loopback,
    front: Front,
    port: u16,
}

impl Secure {
    fn serve() -> Self {
        let door = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = door.local_addr().unwrap().port();
        let resume_url = format!("wss://localhost:{port}");
        let options = Options { resume_url, guilds: 2, members: 20, ..Options::default() };
        let gateway = serve(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap();
        let front = Front::new(door, gateway.addr()).unwrap();
        Self { gateway, front, port }
    }

    /// Returns a configuration that trusts the certificate.
    fn trusting(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.front.root().clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
    }

    fn config(&self, host: &str) -> Config<'static> {
        let url = format!("wss://{host}:{}", self.port);
        Config::new("MTIz.simulated.token", Intents::DOCUMENTED).gateway(url)
    }
}

fn on_tokio<T>(task: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let timed = tokio::time::timeout(Duration::from_secs(60), task).await;
        timed.expect("it took more than a minute")
    })
}

fn on_smol<T>(task: impl Future<Output = T>) -> T {
    smol::block_on(futures_lite::future::or(task, async {
        smol::Timer::after(Duration::from_secs(60)).await;
        panic!("it took more than a minute")
    }))
}

macro_rules! secure {
    ($name:ident, $adapter:ident, $on:ident) => {
        mod $name {
            use gatewright_core::{Cause, Event, EventKind};
            use gatewright_sim::Fault;
            use $adapter::{Gate, Gateway, Options};

            use super::{Secure, $on as run};

            /// With a gate of its own: what is spent here is no bot's.
            fn options() -> Options {
                Options::default().gate(Gate::new(1, 1))
            }

            async fn up_to(gateway: &mut Gateway, kind: EventKind) {
                loop {
                    if let Event::Dispatch(dispatch) = gateway.next().await.unwrap()
                        && dispatch.kind() == kind
                    {
                        return;
                    }
                }
            }

            /// Returns what is wrong with the certificate.
            async fn refusal(gateway: &mut Gateway) -> String {
                loop {
                    if let Event::Disconnected(gone) = gateway.next().await.unwrap() {
                        assert_eq!(gone.cause, Cause::DialFailed);
                        return gateway.last_error().unwrap().to_owned();
                    }
                }
            }

            #[test]
            fn a_session_begins_over_tls_and_comes_back_by_a_ticket() {
                let secure = Secure::serve();
                let options = options().tls(secure.trusting());
                run(async {
                    let config = secure.config("localhost");
                    let mut gateway = Gateway::connect(config, options).unwrap();
                    up_to(&mut gateway, EventKind::Ready).await;
                    assert_eq!(secure.gateway.inject(Fault::Drop), 1);
                    up_to(&mut gateway, EventKind::Resumed).await;
                });
                assert_eq!(secure.front.handshakes(), (1, 1, 0));
            }

            #[test]
            fn a_certificate_of_an_unknown_root_is_refused() {
                let secure = Secure::serve();
                run(async {
                    let config = secure.config("localhost");
                    let mut gateway = Gateway::connect(config, options()).unwrap();
                    let told = refusal(&mut gateway).await;
                    assert!(told.contains("UnknownIssuer"), "{told}");
                });
                assert_eq!(secure.gateway.stats().connections, 0);
            }

            #[test]
            fn a_certificate_of_another_host_is_refused() {
                let secure = Secure::serve();
                let options = options().tls(secure.trusting());
                run(async {
                    let config = secure.config("127.0.0.1");
                    let mut gateway = Gateway::connect(config, options).unwrap();
                    let told = refusal(&mut gateway).await;
                    assert!(told.contains("not valid for name"), "{told}");
                });
                assert_eq!(secure.gateway.stats().connections, 0);
            }
        }
    };
}

secure!(tokio_tls, gatewright_tokio, on_tokio);
secure!(smol_tls, gatewright_smol, on_smol);
