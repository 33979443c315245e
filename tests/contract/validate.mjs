// validate.mjs - holds recorded traffic against the AsyncAPI document.
//
// usage   node validate.mjs FILE [ASYNCAPI_JSON]
// FILE has one JSON object per line: {"topic", "payload": text or JSON, "retain"}. Prints each complaint with its line once per
// kind of complaint, and ends with `N passed, N failed`. Exit 0 when nothing failed and there was something to look at.
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
let passed = 0;
let failed = 0;
const complain = (line, topic, why) => {
    failed++;
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
        const why = contract.complaint(message.topic, message.payload, message.retain);
        if (why) complain(i + 1, message.topic, why);
        else passed++;
    });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed || !passed ? 1 : 0);
