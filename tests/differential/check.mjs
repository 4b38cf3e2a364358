// node check.mjs [FILE...]
// Runs the cases of scxml.json, and every machine of the trace files, through XState again.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import { load } from './meaning.mjs';
import { plain } from './runners.mjs';
import { Session } from './session.mjs';
import { retell } from './trace.mjs';
import { same } from './values.mjs';

let failures = 0;

function expect(found, wanted, name) {
    if (same(found, wanted)) return;
    ++failures;
    console.error(`${name}:\n  found  ${JSON.stringify(found)}\n  wanted ${JSON.stringify(wanted)}`);
}

// What a case says of its machine, in the same words.
function outcome({ machine, events }) {
    const session = new Session(plain(load(machine)));
    const steps = [session.start()];
    for (const event of events) {
        if (event === 'fire') steps.push(session.fire());
        else steps.push(session.send(typeof event === 'string' ? { type: event, data: {} } : event, 0));
    }
    const last = name => steps.findLast(step => step[name] !== undefined)?.[name];
    return {
        said: steps.flatMap(step => step.effects ?? []).map(effect => effect.data.text),
        status: last('status'),
        value: last('value'),
        output: last('output'),
    };
}

function checkCases() {
    const { cases } = JSON.parse(readFileSync(new URL('scxml.json', import.meta.url), 'utf8'));
    for (const one of cases) {
        const found = outcome(one);
        const { said = [], value, status = 'active', output } = one.ends;
        expect(found, { said, status, value, output }, `test ${one.test}: ${one.idea}`);
    }
    console.log(`${cases.length} cases`);
}

function checkTraces(file) {
    const bytes = readFileSync(file);
    const text = file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    const lines = text.toString().trimEnd().split('\n');
    for (const line of lines) {
        const { machine, steps } = JSON.parse(line);
        expect(retell(new Session(plain(load(machine))), steps), steps, `${file}: ${machine.id}`);
    }
    console.log(`${lines.length} machines of ${file}`);
}

checkCases();
process.argv.slice(2).forEach(checkTraces);
process.exit(failures ? 1 : 0);
