"""Runs the Client of discord.py, with its cache, against a gateway on the loopback.

usage: python client.py URL GUILDS

It wants READY, each guild with all its members in the cache, steady events with no sequence left
out, a dropped connection that is resumed, and more events after that; then it closes. Only REST is
stubbed: discord.py asks who the bot is before it connects.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import traceback

# zlib-stream, as without these modules: discord.py prefers zstd where either of them exists.
sys.modules["zstandard"] = None
sys.modules["compression.zstd"] = None

import discord
import yarl
from discord.gateway import DiscordWebSocket

DEADLINE = 50.0
ENOUGH_EVENTS = 300
ENOUGH_AFTER_RESUME = 100
USER = {"id": "1", "username": "interop", "discriminator": "0", "avatar": None, "bot": True}
REST = {
    "/users/@me": USER,
    "/oauth2/applications/@me": {
        "id": "1",
        "name": "interop",
        "description": "",
        "icon": None,
        "bot_public": False,
        "bot_require_code_grant": False,
        "owner": USER,
        "verify_key": "",
    },
}


class Log(logging.Handler):
    """Keeps warnings, and the events discarded since they name what the cache does not know."""

    def __init__(self, client: Client) -> None:
        super().__init__(logging.DEBUG)
        self.client = client
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        # Offline members of a large guild are unknown until they were asked for.
        early = "unknown member" in message and not self.client.ready
        if record.levelno >= logging.WARNING or ("referencing an unknown" in message and not early):
            self.kept.append(message)


class Client(discord.Client):
    def __init__(self, guilds: int) -> None:
        super().__init__(intents=discord.Intents.all(), enable_debug_events=True)
        self.guilds_wanted = guilds
        self.readies = 0
        self.ready = False
        self.events = 0
        self.last = 0
        self.drops = 0
        self.resumes = 0
        self.events_at_resume = 0
        self.wrong: str | None = None
        self.done = asyncio.Event()

    def fail(self, why: str) -> None:
        self.wrong = self.wrong or why
        self.done.set()

    async def on_socket_raw_receive(self, text: str) -> None:
        payload = json.loads(text)
        if payload["op"] != DiscordWebSocket.DISPATCH:
            return
        if payload["s"] != self.last + 1:
            self.fail(f"sequence {payload['s']} after {self.last}")
        self.last = payload["s"]
        self.events += 1
        if payload["t"] == "READY":
            self.readies += 1
            if self.readies > 1:
                self.fail("a second READY: the session was not resumed")
            elif len(payload["d"]["guilds"]) != self.guilds_wanted:
                self.fail("READY with another number of guilds")
        elif payload["t"] == "RESUMED":
            self.resumes += 1
            self.events_at_resume = self.events
        after = self.events - self.events_at_resume if self.resumes else 0
        if self.ready and self.events >= ENOUGH_EVENTS and after >= ENOUGH_AFTER_RESUME:
            self.done.set()

    async def on_ready(self) -> None:
        self.ready = True

    async def on_disconnect(self) -> None:
        self.drops += 1

    async def on_error(self, event_method: str, /, *args: object, **kwargs: object) -> None:
        self.fail(f"{event_method} raised:\n{traceback.format_exc()}")

    def check(self) -> None:
        """Holds the cache against what the gateway told."""
        if self.drops != self.resumes:
            self.fail("dropped and resumed unequally often")
        if self.ws.sequence is None or self.ws.sequence < self.last:
            self.fail(f"the library is at sequence {self.ws.sequence}, not {self.last}")
        if len(self.guilds) != self.guilds_wanted:
            self.fail(f"{len(self.guilds)} guilds are in the cache")
        for guild in self.guilds:
            if guild.unavailable or not guild.channels or not guild.roles:
                self.fail(f"guild {guild.id} was never sent")
            if not guild.chunked or len(guild.members) != guild.member_count:
                self.fail(
                    f"guild {guild.id} has {len(guild.members)} members in the cache, "
                    f"{guild.member_count} by its count"
                )


async def request(route: discord.http.Route, **_: object) -> object:
    return REST[route.path]


async def main(url: str, guilds: int) -> int:
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url)
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    client = Client(guilds)
    log = Log(client)
    logging.getLogger("discord").addHandler(log)
    logging.getLogger("discord").setLevel(logging.DEBUG)
    client.http.request = request
    started = asyncio.create_task(client.start("interop"))
    waited = asyncio.create_task(client.done.wait())
    await asyncio.wait(
        [started, waited], timeout=DEADLINE, return_when=asyncio.FIRST_COMPLETED
    )
    if started.done():
        client.fail("the client ended by itself")
    elif not client.done.is_set():
        client.fail("not done in time")
    else:
        client.check()
    drops, events = client.drops, client.events
    members = sum(len(guild.members) for guild in client.guilds)
    await client.close()
    waited.cancel()
    try:
        await started
    except Exception:
        client.fail(f"the client raised:\n{traceback.format_exc()}")

    compression = discord.utils._ActiveDecompressionContext.COMPRESSION_TYPE
    name = f"discord.py {discord.__version__} {compression}"
    if client.wrong is None and log.kept:
        client.wrong = f"it logged {len(log.kept)} lines, first: {log.kept[0]}"
    if client.wrong is not None:
        print(
            f"{name}: {client.wrong}; ready: {client.ready}, {events} events, "
            f"{drops} drops, {client.resumes} resumes",
            file=sys.stderr,
        )
        return 1
    print(
        f"{name}: ready, {guilds} guilds with {members} members in the cache, {events} events, "
        f"sequence complete, dropped and resumed"
    )
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: client.py URL GUILDS")
    sys.exit(asyncio.run(main(sys.argv[1], int(sys.argv[2]))))
