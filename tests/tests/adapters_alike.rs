//! The adapters differ only where the runtimes do.

use std::fs;
use std::path::Path;

#[test]
fn what_does_not_touch_a_runtime_is_the_same_in_both_adapters() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    for file in [
        "chunk.rs",
        "discover.rs",
        "driver.rs",
        "events.rs",
        "fleet/events.rs",
        "fleet/merge.rs",
        "fleet/mod.rs",
        "fleet/reshard.rs",
        "gate.rs",
        "gateway.rs",
        "gateway/turns.rs",
        "handle.rs",
        "options.rs",
        "purse.rs",
        "read.rs",
        "recording.rs",
        "shared.rs",
        "stall.rs",
        "stored.rs",
        "stored/tests.rs",
        "trace.rs",
        "usual.rs",
        "transport.rs",
    ] {
        let text = |adapter: &str| fs::read_to_string(root.join(adapter).join("src").join(file));
        assert_eq!(text("io-tokio").unwrap(), text("io-smol").unwrap(), "{file}");
    }
}
