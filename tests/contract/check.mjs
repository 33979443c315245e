// check.mjs - the AsyncAPI document is accepted by its own parser, and says about known messages what CONTRACT.md says.
//
// usage   node check.mjs [ASYNCAPI_JSON]      ends with `N passed, N failed`
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Parser } from '@asyncapi/parser';
import { Contract, load } from './document.mjs';

const path = process.argv[2] ?? fileURLToPath(new URL('../../build/gen/asyncapi.json', import.meta.url));
let passed = 0;
let failed = 0;
const check = (name, isRight, detail = '') => {
    if (isRight) passed++;
    else {
        failed++;
        console.error(`failed: ${name} ${detail}`);
    }
};

const { document, diagnostics } = await new Parser().parse(readFileSync(path, 'utf8'));
const errors = diagnostics.filter((d) => d.severity === 0);
for (const d of errors.slice(0, 20)) console.error(`${d.path.join('/')}: ${d.message}`);
check('the parser has no errors', errors.length === 0, `(${errors.length})`);
check('the parser gives a document', document !== undefined);
check('it is version 3.0.0', document?.version() === '3.0.0');

const contract = new Contract(load(path));
for (const name of Object.keys(contract.document.components.messages)) {
    let why = '';
    try {
        contract.validatorOf(name)({});
    } catch (error) {
        why = error.message;
    }
    check(`the schema of ${name} compiles`, why === '', why);
}
for (const [name, operation] of Object.entries(contract.document.operations))
    check(`${name} has its MQTT binding`, operation.bindings.mqtt.bindingVersion === '0.2.0');

const examples = JSON.parse(readFileSync(new URL('examples.json', import.meta.url), 'utf8'));
for (const { topic, payload, retain = false, wrong } of examples) {
    const why = contract.complaint(topic, payload, retain);
    const name = `${topic} ${JSON.stringify(payload).slice(0, 90)}`;
    if (wrong) check(`${name} is refused for "${wrong}"`, why?.includes(wrong), `but: ${why}`);
    else check(`${name} is right`, why === null, why);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
