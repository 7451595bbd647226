// Runs the program that is named in the folder it is started in: plays `script`, leaves `transcript` and `report`.
import { openSync, readFileSync, writeFileSync, writeSync } from "node:fs";

const script = readFileSync("script");
const transcript = openSync("transcript", "w");
let at = 0;
let report = "";
let memory;

const host = {
  read(to, len) {
    const part = script.subarray(at, at + len);
    new Uint8Array(memory.buffer).set(part, to);
    at += part.length;
    return part.length;
  },
  write(from, len) {
    writeSync(transcript, new Uint8Array(memory.buffer, from, len));
  },
  tell(...numbers) {
    const names = ["transcript.bytes", "transcript.hash", "cache.bytes", "cache.hash"];
    report = names.map((name, i) => `${name} ${BigInt.asUintN(64, numbers[i])}\n`).join("");
  },
};
const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[2]), { host });
memory = instance.exports.memory;
const status = instance.exports.run();
writeFileSync("report", report);
process.exit(status);
