// document.mjs - the AsyncAPI document as something traffic can be held against.
//
// A topic belongs to the channel whose address fits it best: most fixed characters first. Its payload must satisfy one of the
// channel's messages. An empty payload on a retained channel clears it and is always right.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

const ID = 'asyncapi';

export function load(path) {
    return JSON.parse(readFileSync(path, 'utf8'));
}

function patternOf(channel) {
    let fixed = 0;
    const source = channel.address
        .split(/(\{[a-z]+\})/)
        .map((piece) => {
            const part = piece.match(/^\{([a-z]+)\}$/)?.[1];
            if (!part) {
                fixed += piece.length;
                return piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
            }
            const parameter = channel.parameters[part];
            return `(?:${parameter.enum ? parameter.enum.join('|') : parameter['x-pattern'] ?? '[a-z0-9-]{1,64}'})`;
        })
        .join('');
    return { regex: new RegExp(`^${source}$`), fixed };
}

export class Contract {
    constructor(document) {
        this.document = document;
        this.ajv = new Ajv({ strict: false, allErrors: true });
        addFormats(this.ajv);
        this.ajv.addSchema(document, ID);
        this.channels = Object.entries(document.channels)
            .map(([name, channel]) => ({
                name,
                channel,
                ...patternOf(channel),
                messages: Object.values(channel.messages).map((m) => m.$ref.split('/').pop()),
                retain: channel['x-retain'] === true,
            }))
            .sort((a, b) => b.fixed - a.fixed);
    }

    validatorOf(message) {
        return this.ajv.getSchema(`${ID}#/components/messages/${message}/payload/schema`);
    }

    channelOf(topic) {
        return this.channels.find((c) => c.regex.test(topic));
    }

    // Null when the payload is right, else a sentence.
    complaint(topic, payload, retain) {
        const found = this.channelOf(topic);
        if (!found) return 'no such topic in the contract';
        if (payload === '' || payload === null) return found.retain ? null : 'empty payload on a topic that is not a view';
        if (retain && !found.retain) return 'retained, which the contract does not allow';
        let nearest = null;
        for (const name of found.messages) {
            const message = this.document.components.messages[name];
            const value = valueOf(payload, message.contentType);
            if (value === undefined) {
                nearest ??= 'not JSON';
                continue;
            }
            const validate = this.validatorOf(name);
            if (validate(value)) return null;
            const said = `${name}: ${this.ajv.errorsText(validate.errors, { dataVar: '' })}`;
            // of several messages (answers) the one that is about the same kind explains best
            const isMeant = value?.ok === false ? name === 'answer-refused' : value?.kind && name.endsWith(value.kind);
            if (!nearest || isMeant) nearest = said;
        }
        return nearest;
    }
}

function valueOf(payload, contentType) {
    if (contentType === 'text/plain' || typeof payload !== 'string') return payload;
    try {
        return JSON.parse(payload);
    } catch {
        return undefined;
    }
}
