// record.mjs - records what passes a running town's broker, as input for validate.mjs.
//
// usage   node record.mjs STATE PORT ASYNCAPI_JSON TOWN [ACCOUNT...] > FILE      until SIGTERM or SIGINT
// No account may read everything, so it listens as several: the accounts named (else the office's director, the operator, the
// channels, and the first of each kind beside them) and, for the streams, the services that come later. What each may read stands
// in the document (x-readers, x-consumers); a message that several may read is recorded several times, which does no harm.
// Requests are heard by nobody but their service.
// Prints `recording N connections` on stderr once all subscriptions were made.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { load } from './document.mjs';

const [state, port, document, town, ...named] = process.argv.slice(2);
if (!town) {
    console.error('usage: node record.mjs STATE PORT ASYNCAPI_JSON TOWN [ACCOUNT...]');
    process.exit(2);
}
const { channels } = load(document);
const TOWN = '{town}/';
const root = Object.values(channels)[0].address.split(TOWN)[0] + `${town}/`;

const accounts = existsSync(`${state}/accounts.csv`)
    ? readFileSync(`${state}/accounts.csv`, 'utf8')
          .split('\n')
          .slice(1)
          .filter(Boolean)
          .map((line) => {
              const [name, token, kind, scope] = line.split(',');
              return { name, token, kind, scope };
          })
    : [];
// A service that runs holds the only connection its account may have; one that comes later lends its ear to the streams.
const services = [...new Set(Object.values(channels).map((c) => c['x-later'] ?? ''))]
    .filter((name) => name && existsSync(`${state}/secrets/${name}`))
    .map((name) => ({ name, token: readFileSync(`${state}/secrets/${name}`, 'utf8').trim(), kind: 'service' }));
const isFirst = ({ name, kind, scope }, i) => accounts.findIndex((a) => a.kind === kind && (kind !== 'staff' || a.scope === scope)) === i;
const isListening = (who, i) =>
    named.length ? named.includes(who.name) : who.name !== 'web' && (who.kind === 'channel' || isFirst(who, i));

const below = (channel) => channel.address.split(TOWN)[1];
const filterOf = (channel, self) =>
    below(channel)
        .replace(/\{consumer\}/, self)
        .replace(/\{[a-z]+\}[a-z-]*/g, '+');

function filtersOf({ name, kind, scope }) {
    const filters = new Set();
    for (const channel of Object.values(channels)) {
        for (const { account, filter } of channel['x-readers'])
            if (account === kind || (account === 'director' && name === 'office-1'))
                filters.add(filter.replace('{account}', name).replace('{unit}', scope).replace('{village}', scope));
        if (kind !== 'service') continue;
        if (channel['x-consumers']?.includes(name)) filters.add(filterOf(channel, name));
    }
    return [...filters].filter((f) => !f.includes('{'));
}

const children = [];
let ready = 0;
for (const who of [...services, ...accounts.filter(isListening)]) {
    const filters = filtersOf(who);
    if (!filters.length) continue;
    const options = ['-h', '127.0.0.1', '-p', port, '-V', 'mqttv5', '-i', who.kind === 'service' ? who.name : `${who.name}@record`, '-u', who.name, '-P', who.token];
    const child = spawn('stdbuf', ['-oL', 'mosquitto_sub', ...options, '-d', '-q', '1', '-F', '%j', ...filters.flatMap((f) => ['-t', root + f])]);
    children.push(child);
    let rest = '';
    child.stdout.on('data', (bytes) => {
        const lines = (rest + bytes).split('\n');
        rest = lines.pop();
        for (const line of lines) {
            if (line.startsWith('{')) process.stdout.write(`${line}\n`);
            if (/^Subscribed.*(128|135)/.test(line)) console.error(`${who.name}: some of ${filters} refused: ${line}`);
            if (line.startsWith('Subscribed') && ++ready === children.length) console.error(`recording ${ready} connections`);
        }
    });
    child.stderr.on('data', (bytes) => process.stderr.write(`${who.name}: ${bytes}`));
    child.on('exit', (code) => code && console.error(`${who.name}: ended with ${code}`));
}
if (!children.length) {
    console.error('no account to listen as');
    process.exit(3);
}
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => children.forEach((c) => c.kill('SIGTERM')));
