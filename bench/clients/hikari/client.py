"""hikari as a client: a GatewayBot with its cache as it is by default, with what its extra `speedups` brings.

usage: python client.py URL LARGE GUILDS EVENTS json zstd-stream cache

Members are not asked for, which the gateway of the measurement would not answer.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from meter import Meter  # noqa: E402

import hikari  # noqa: E402
from hikari.impl import event_manager_base, shard  # noqa: E402

# It reads its own id from it.
TOKEN = "MTIz.bench.token"


def watch(bot: hikari.GatewayBot, meter: Meter) -> None:
    """Counts dispatches once hikari is done with them."""
    taken = event_manager_base.EventManagerBase.consume_raw_event

    def tell() -> None:
        meter.tell(len(bot.cache.get_guilds_view()))

    def consume_raw_event(self: object, name: str, shard: object, payload: object) -> None:
        try:
            taken(self, name, shard, payload)
        except LookupError:
            meter.unknown += 1
            raise
        finally:
            if name == "READY":
                meter.ready()
            elif meter.event():
                tell()

    event_manager_base.EventManagerBase.consume_raw_event = consume_raw_event
    bot.event_manager.subscribe(hikari.ShardDisconnectedEvent, closed(tell))


def closed(tell: object) -> object:
    async def on_disconnect(_: hikari.ShardDisconnectedEvent) -> None:
        tell()

    return on_disconnect


async def main() -> None:
    meter = Meter(f"hikari {hikari.__version__}", {"json zstd-stream cache"})
    if shard._DEFAULT_COMPRESS_TYPE.name != "TRANSPORT_ZSTD_STREAM":
        sys.exit(f"hikari asks for {shard._DEFAULT_COMPRESS_TYPE}")

    def fail(_: object, __: object) -> None:
        meter.failed += 1

    asyncio.get_running_loop().set_exception_handler(fail)
    bot = hikari.GatewayBot(
        TOKEN,
        banner=None,
        suppress_optimization_warning=True,
        intents=hikari.Intents.ALL,
        auto_chunk_members=False,
        logs=None,
        rest_url=meter.url.replace("ws://", "http://") + "/api/v10",
    )
    watch(bot, meter)
    await bot.start(check_for_updates=False)
    await bot.join()


asyncio.run(main())
