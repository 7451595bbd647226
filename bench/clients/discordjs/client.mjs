// @discordjs/ws as a client: events are parsed to objects, and there is no cache.
//
// usage: node client.mjs URL LARGE GUILDS EVENTS json zlib-stream every-field
//
// Only REST is stubbed: it would answer where the gateway is.

import { readFileSync } from 'node:fs';
import process from 'node:process';

import { CompressionMethod, WebSocketManager, WebSocketShardEvents, version } from '@discordjs/ws';

// All the intents that are documented.
const INTENTS = 0b11_0011_0001_1111_1111_1111_1111;

const [url, ...rest] = process.argv.slice(2);
const [large, guilds, events] = rest.slice(0, 3).map(Number);
if (rest.slice(3).join(' ') !== 'json zlib-stream every-field' || !(events > 1)) {
  console.error('usage: client.mjs URL LARGE GUILDS EVENTS json zlib-stream every-field');
  process.exit(2);
}

// A line of what the system says of this process, in kB.
function status(name) {
  const line = readFileSync('/proc/self/status', 'utf8').match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'));
  return Number(line[1]);
}

function mark() {
  const { user, system } = process.cpuUsage();
  return { cpu: (user + system) / 1e6, wall: performance.now() / 1e3, resident: status('VmRSS') };
}

const before = mark();
let [begin, largeTaken, guildsTaken, first] = [before, before, before, before];
let seen = 0;

function tell() {
  const end = mark();
  const told = {
    name: `@discordjs/ws ${version}`,
    large_cpu: largeTaken.cpu - begin.cpu,
    guilds_cpu: guildsTaken.cpu - begin.cpu,
    guilds_wall: guildsTaken.wall - begin.wall,
    steady_cpu: end.cpu - guildsTaken.cpu,
    steady_wall: end.wall - first.wall,
    resident_before: before.resident,
    resident_guilds: guildsTaken.resident,
    resident_peak: status('VmHWM'),
    heap_guilds: null,
    heap_end: null,
    seen,
    failed: 0,
    unknown: 0,
    cached: null,
  };
  process.stdout.write(`${JSON.stringify(told)}\n`, () => process.exit(0));
}

function fail(why) {
  console.error(why?.stack ?? why);
  process.exit(1);
}
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

const manager = new WebSocketManager({
  token: 'bench',
  intents: INTENTS,
  rest: {
    get: async () => ({
      url,
      shards: 1,
      session_start_limit: { total: 1_000, remaining: 1_000, reset_after: 86_400_000, max_concurrency: 1 },
    }),
  },
  compression: CompressionMethod.ZlibNative,
});
manager.on(WebSocketShardEvents.Error, fail);
// The gateway closes where a client does not end by itself.
manager.on(WebSocketShardEvents.Closed, tell);
manager.on(WebSocketShardEvents.Dispatch, (payload) => {
  if (payload.t === 'READY') {
    begin = mark();
    return;
  }
  seen += 1;
  if (seen === large) {
    largeTaken = mark();
  } else if (seen === guilds) {
    guildsTaken = mark();
    process.stdout.write('guilds\n');
  } else if (seen === guilds + 1) {
    first = mark();
  } else if (seen === guilds + events) {
    tell();
  }
});
await manager.connect();
