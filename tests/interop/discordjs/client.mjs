// Runs the WebSocketManager of @discordjs/ws against a gateway on the loopback.
//
// usage: node client.mjs none|payload|zlib-stream URL GUILDS
//
// It wants READY, a GUILD_CREATE for each guild, steady events with no sequence left out, a dropped
// connection that is resumed, and more events after that; then it closes. Only REST is stubbed: it
// would answer where the gateway is.

import process from 'node:process';

import { CompressionMethod, WebSocketManager, WebSocketShardEvents, version } from '@discordjs/ws';

const DEADLINE_MS = 50_000;
const ENOUGH_EVENTS = 300;
const ENOUGH_AFTER_RESUME = 100;
// All the intents that are documented.
const INTENTS = 0b11_0011_0001_1111_1111_1111_1111;
// Payloads that are compressed one by one this library inflates all at once, so that a short one
// overtakes a long one: they come whole, but not in order.
const COMPRESSIONS = {
  none: { ordered: true, options: { compression: null } },
  payload: { ordered: false, options: { compression: null, useIdentifyCompression: true } },
  'zlib-stream': { ordered: true, options: { compression: CompressionMethod.ZlibNative } },
};

const [compressionName, url, guildsWanted] = process.argv.slice(2);
const compression = COMPRESSIONS[compressionName];
if (url === undefined || !(Number(guildsWanted) > 0) || compression === undefined) {
  console.error('usage: client.mjs none|payload|zlib-stream URL GUILDS');
  process.exit(2);
}

const name = `@discordjs/ws ${version} ${compressionName}`;
const seen = { readies: 0, events: 0, highest: 0, drops: 0, resumes: 0, eventsAtResume: 0 };
const sequences = new Set();
const announced = new Set();
const created = new Set();
const awaited = () => [...announced].filter((guild) => !created.has(guild)).length;

function fail(why) {
  console.error(`${name}: ${why}; ${JSON.stringify(seen)}, guilds awaited: ${awaited()}`);
  process.exit(1);
}

setTimeout(() => fail('not done in time'), DEADLINE_MS);
process.on('uncaughtException', (error) => fail(error?.stack ?? error));
process.on('unhandledRejection', (error) => fail(error?.stack ?? error));

const rest = {
  get: async () => ({
    url,
    shards: 1,
    session_start_limit: { total: 1_000, remaining: 1_000, reset_after: 86_400_000, max_concurrency: 1 },
  }),
};
const manager = new WebSocketManager({ token: 'interop', intents: INTENTS, rest, ...compression.options });

manager.on(WebSocketShardEvents.Error, (error) => fail(`error event: ${error?.stack ?? error}`));
manager.on(WebSocketShardEvents.Closed, () => {
  seen.drops += 1;
});
manager.on(WebSocketShardEvents.Ready, (ready) => {
  seen.readies += 1;
  ready.guilds.forEach((guild) => announced.add(guild.id));
  if (seen.readies > 1) fail('a second READY: the session was not resumed');
  if (announced.size !== Number(guildsWanted)) fail('READY with another number of guilds');
});
manager.on(WebSocketShardEvents.Resumed, () => {
  seen.resumes += 1;
  seen.eventsAtResume = seen.events;
});
manager.on(WebSocketShardEvents.Dispatch, (payload) => {
  if (sequences.has(payload.s)) fail(`sequence ${payload.s} twice`);
  if (compression.ordered && payload.s !== seen.highest + 1) {
    fail(`sequence ${payload.s} after ${seen.highest}`);
  }
  sequences.add(payload.s);
  seen.highest = Math.max(seen.highest, payload.s);
  seen.events += 1;
  if (payload.t === 'GUILD_CREATE') created.add(payload.d.id);
  const after = seen.resumes > 0 ? seen.events - seen.eventsAtResume : 0;
  const complete = seen.events === seen.highest;
  if (complete && seen.events >= ENOUGH_EVENTS && after >= ENOUGH_AFTER_RESUME) void finish();
});

let finishing = false;
async function finish() {
  if (finishing) return;
  finishing = true;
  if (awaited() > 0) fail('a guild was never sent');
  if (seen.drops !== seen.resumes) fail('dropped and resumed unequally often');
  const { events } = seen;
  await manager.destroy({ reason: 'done' });
  console.log(
    `${name}: ready, ${guildsWanted} guilds, ${events} events, sequence complete, dropped and resumed`,
  );
  process.exit(0);
}

await manager.connect();
