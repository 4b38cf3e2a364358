// node xstate.mjs FILE: how many steps a second XState makes of fifty_states.json, in the faster of its two ways:
// an actor that is sent events, or its pure function. The guard and the actions are written as its users write them.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../differential/package.json', import.meta.url));
const { assign, createActor, initialTransition, setup, transition } = require('xstate');

const member = path => path.slice('/context/'.length);

const machine = setup({
    actions: {
        increment: assign(({ context }, { path }) => ({ [member(path)]: context[member(path)] + 1 })),
        assign: assign(({ event }) => ({ last: event.text })),
    },
    guards: { greater: ({ context }, { path, value }) => context[member(path)] > value },
}).createMachine(JSON.parse(readFileSync(process.argv[2], 'utf8')));

const events = [...Array(5).fill({ type: 'next' }), { type: 'note', text: 'Tell me something about the weather.' }];

function rateOf(steps, go) {
    const rates = [];
    for (let round = 0; round < 5; ++round) {
        const begun = process.hrtime.bigint();
        for (let i = 0; i < steps; ++i) go(events[i % events.length]);
        rates.push(steps / (Number(process.hrtime.bigint() - begun) / 1e9));
    }
    return rates.sort((a, b) => a - b)[2];
}

const actor = createActor(machine).start();
let [snapshot] = initialTransition(machine);
const sent = rateOf(30000, event => actor.send(event));
const pure = rateOf(30000, event => ([snapshot] = transition(machine, snapshot, event)));
console.log(JSON.stringify({ steps_per_second: Math.max(sent, pure), sent, pure, node: process.version }));
