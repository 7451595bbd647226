"""discord.py as a client: its Client with the cache it has, with orjson as its extra `speed` brings it.

usage: python client.py URL LARGE GUILDS EVENTS json zstd-stream|zlib-stream cache

Only REST is stubbed: discord.py asks who the bot is before it connects. Members are not asked for, which the gateway
of the measurement would not answer.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from meter import Meter  # noqa: E402

if "zlib-stream" in sys.argv:
    # It takes zstd-stream where it finds one of these.
    sys.modules["zstandard"] = None
    sys.modules["compression.zstd"] = None

import discord  # noqa: E402
import yarl  # noqa: E402
from discord.gateway import DiscordWebSocket  # noqa: E402

USER = {"id": "1", "username": "bench", "discriminator": "0", "avatar": None, "bot": True}
REST = {
    "/users/@me": USER,
    "/oauth2/applications/@me": {
        "id": "1",
        "name": "bench",
        "description": "",
        "icon": None,
        "bot_public": False,
        "bot_require_code_grant": False,
        "owner": USER,
        "verify_key": "",
    },
}


async def request(route: discord.http.Route, **_: object) -> object:
    return REST[route.path]


class Client(discord.Client):
    """Tells what it has when the connection is over."""

    meter: Meter

    def tell(self) -> None:
        self.meter.tell(len(self.guilds))

    async def on_disconnect(self) -> None:
        self.tell()


def watch(client: Client) -> None:
    """Counts dispatches once discord.py is done with them."""
    taken = DiscordWebSocket.received_message
    last = None

    async def received_message(self: DiscordWebSocket, message: object, /) -> None:
        nonlocal last
        await taken(self, message)
        if self.sequence == last:
            return
        if last is None:
            client.meter.ready()
        elif client.meter.event():
            client.tell()
        last = self.sequence

    DiscordWebSocket.received_message = received_message


async def main() -> None:
    meter = Meter(
        f"discord.py {discord.__version__}", {"json zstd-stream cache", "json zlib-stream cache"}
    )
    compression = discord.utils._ActiveDecompressionContext.COMPRESSION_TYPE
    if compression != meter.words[1]:
        sys.exit(f"discord.py asks for {compression}")
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(meter.url)
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    client = Client(intents=discord.Intents.all(), chunk_guilds_at_startup=False)
    client.meter = meter
    client.http.request = request
    watch(client)
    await client.start("bench")


asyncio.run(main())
