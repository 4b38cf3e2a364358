// node generate.mjs --seed N --machines M --out FILE
// Writes M random machines and what XState does with them; `.gz` at the end of FILE compresses it.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

import { featuresOf } from './features.mjs';
import { makeMachine } from './machines.mjs';
import { Random } from './random.mjs';
import { Unsuitable } from './session.mjs';
import { makeTrace } from './trace.mjs';
import { BadValue } from './values.mjs';

const options = {
    seed: { type: 'string', default: '1' },
    machines: { type: 'string', default: '1000' },
    out: { type: 'string', default: 'traces.ndjson.gz' },
};

class Counter {
    #counts = new Map();

    add(name) {
        this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    }

    print(title, of) {
        const lines = [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1));
        console.error(`\n${title}`);
        for (const [name, count] of lines)
            console.error(
                `  ${name.padEnd(46)} ${String(count).padStart(6)}  ${((100 * count) / of).toFixed(1).padStart(5)} %`
            );
    }
}

// Why XState or the driver would not run the machine.
function reasonOf(error) {
    if (error instanceof Unsuitable) return error.reason;
    if (error instanceof BadValue) return 'an action cannot work with its values';
    if (error.message.startsWith('Infinite loop')) return 'it does not come to rest';
    if (error.message.startsWith('Unable to send')) return 'an event was sent to no actor';
    throw error;
}

function main() {
    const { values } = parseArgs({ options });
    const seed = Number(values.seed);
    const wanted = Number(values.machines);
    if (!Number.isInteger(seed) || !Number.isInteger(wanted) || wanted < 1)
        throw new Error('--seed and --machines are numbers');

    const used = new Counter();
    const happened = new Counter();
    const discarded = new Counter();
    const lines = [];
    let steps = 0;
    let made = 0;
    for (; lines.length < wanted; ++made) {
        const random = new Random(seed, made);
        try {
            const machine = makeMachine(random, `m${made}`);
            const seen = new Set();
            const trace = makeTrace(machine, random, seen);
            lines.push(JSON.stringify({ machine: machine.document, steps: trace }));
            featuresOf(machine.document).forEach(name => used.add(name));
            seen.forEach(name => happened.add(name));
            steps += trace.length;
        } catch (error) {
            discarded.add(reasonOf(error));
        }
    }
    const text = lines.join('\n') + '\n';
    writeFileSync(values.out, values.out.endsWith('.gz') ? gzipSync(text, { level: 9 }) : text);

    used.print('machines that use', wanted);
    happened.print('machines in whose life', wanted);
    discarded.print('discarded', made);
    console.error(`\n${wanted} machines of ${made}, ${steps} steps, seed ${seed}: ${values.out}`);
}

main();
