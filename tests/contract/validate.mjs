// validate.mjs - holds recorded traffic against the AsyncAPI document.
//
// usage   node validate.mjs FILE [ASYNCAPI_JSON]
// FILE has one JSON object per line: {"topic", "payload": text or JSON, "retain"}. Prints each complaint with its line once per
// kind of complaint, then what the contract has (and no later service) but the recording has not, and ends with
// `N passed, N failed`, counted in channels. Exit 0 when nothing failed and there was something to look at.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Contract, load } from './document.mjs';

const SHOWN_MAX = 40; // beyond, only counted: one mistake of a service repeats in every message

const [file, document = fileURLToPath(new URL('../../build/gen/asyncapi.json', import.meta.url))] = process.argv.slice(2);
if (!file) {
    console.error('usage: node validate.mjs FILE [ASYNCAPI_JSON]');
    process.exit(2);
}
const contract = new Contract(load(document));
const seen = new Set();
const heard = new Set();
const broken = new Set();
let passed = 0;
let failed = 0;
const complain = (line, topic, why) => {
    failed++;
    broken.add(contract.channelOf(topic)?.name);
    const kind = `${contract.channelOf(topic)?.name} ${why}`;
    if (seen.has(kind) || seen.size >= SHOWN_MAX) return;
    seen.add(kind);
    console.error(`${file}:${line}: ${topic}: ${why}`);
};
readFileSync(file, 'utf8')
    .split('\n')
    .forEach((text, i) => {
        if (!text.trim()) return;
        let message;
        try {
            message = JSON.parse(text);
        } catch {
            complain(i + 1, '?', 'the recording itself is not JSON');
            return;
        }
        heard.add(contract.channelOf(message.topic)?.name);
        const why = contract.complaint(message.topic, message.payload, message.retain);
        if (why) complain(i + 1, message.topic, why);
        else passed++;
    });
const missed = contract.channels.filter((c) => !heard.has(c.name) && !c.channel['x-later'] && c.channel['x-readers']?.length);
if (missed.length) console.log(`not in this recording: ${missed.map((c) => c.name).sort().join(' ')}`);
console.log(`${passed + failed} messages, ${failed} of them not as the contract says`);
console.log(`${[...heard].filter((name) => !broken.has(name)).length} passed, ${broken.size} failed`);
process.exit(failed || !passed ? 1 : 0);
