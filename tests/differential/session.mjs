// A machine that runs in virtual time. XState's pure functions say what is to be done; here it is done: timers are
// kept, invoked actors noted, and what a step has changed becomes a step of a trace (README.md describes it).
import { canonical } from './values.mjs';

// Why a machine is not worth keeping. `reason` is counted.
export class Unsuitable extends Error {
    constructor(reason, detail = '') {
        super(`${reason}: ${detail}`);
        this.reason = reason;
    }
}

export class Session {
    now = 0;
    timers = []; // in the order in which they fire
    running = new Map(); // invoked actors that have not ended, by id
    #active = new Set(); // states
    #runner;
    #snapshot;
    #scheduled = 0;
    #shown = {};

    constructor(runner) {
        this.#runner = runner;
    }

    get isOver() {
        return this.#snapshot.status !== 'active';
    }

    // Names of events from outside that an active state has a transition for.
    get expected() {
        const descriptors = this.#snapshot._nodes.flatMap(node => [...node.transitions.keys()]);
        return descriptors.filter(name => !name.startsWith('xstate.') && !name.endsWith('*'));
    }

    start() {
        return this.#record({}, this.#runner.start());
    }

    // An event from outside, `wait` milliseconds after the last one. No timer may be due by then.
    send({ type, data }, wait) {
        this.now += wait;
        const ended = /^xstate\.(?:done|error)\.actor\.(.*)/.exec(type);
        if (ended) this.running.delete(ended[1]);
        const told = { event: Object.keys(data).length ? { type, data } : { type } };
        if (wait) told.wait = wait;
        return this.#record(told, this.#runner.step(this.#snapshot, { ...data, type }));
    }

    // The next timer, at its time.
    fire() {
        const { due, event } = this.timers.shift();
        const told = { fire: event.type };
        if (due > this.now) told.wait = due - this.now;
        this.now = due;
        return this.#record(told, this.#runner.step(this.#snapshot, event));
    }

    #record(told, [snapshot, actions]) {
        if (snapshot.error instanceof Error) throw snapshot.error;
        this.#snapshot = snapshot;
        const done = this.#perform(actions);
        if (this.isOver) this.timers = [];
        return { ...told, ...this.#changes(), ...done };
    }

    #perform(actions) {
        const effects = [];
        const before = new Set(this.running.keys());
        const started = new Map();
        const stopped = [];
        for (const { type, params } of actions) {
            switch (type) {
                case 'xstate.emit':
                    if (params.event.state !== undefined) this.#follow(params.event);
                    else effects.push({ show: params.event.type, data: canonical(params.event.data) });
                    break;
                case 'xstate.sendTo':
                    effects.push({ send: params.targetId, event: canonical(params.event) });
                    break;
                case 'xstate.raise':
                    if (params.delay !== undefined) this.#schedule(params);
                    break;
                case 'xstate.cancel':
                    this.timers = this.timers.filter(timer => timer.id !== params.sendId);
                    break;
                case 'xstate.spawnChild':
                    if (started.has(params.id) || before.has(params.id))
                        throw new Unsuitable('an actor started twice', params.id);
                    started.set(params.id, { src: params.src, input: canonical(params.input ?? null) });
                    break;
                case 'xstate.stopChild':
                    if (!started.delete(params?.id) && before.has(params?.id)) stopped.push(params.id);
                    before.delete(params?.id);
                    break;
                default:
                    throw new Error(`XState asks for ${type}`);
            }
        }
        this.#checkSends(effects, before, started, stopped);
        stopped.forEach(id => this.running.delete(id));
        started.forEach((actor, id) => this.running.set(id, actor));
        const done = {};
        if (effects.length) done.effects = effects;
        if (started.size) done.started = [...started].map(([id, { src, input }]) => ({ id, src, input }));
        if (stopped.length) done.stopped = stopped;
        return done;
    }

    // XState enters some states a second time without leaving them: the root as a target, and a state whose transition
    // names a history state that leads back to it.
    #follow({ type, state }) {
        const fits =
            type === 'mark entered' ? !this.#active.has(state) && this.#active.add(state) : this.#active.delete(state);
        if (!fits) throw new Unsuitable('a state was entered without being left', state);
    }

    // Two timers of one id: XState keeps both and can cancel only the second.
    #schedule({ event, id, delay }) {
        if (id !== undefined && this.timers.some(timer => timer.id === id))
            throw new Unsuitable('a timer was set twice', id);
        this.timers.push({ due: this.now + delay, order: this.#scheduled++, id, event });
        this.timers.sort((a, b) => a.due - b.due || a.order - b.order);
    }

    // An event to an actor that has ended, or is started and stopped in one step, is lost; where is a matter of taste.
    #checkSends(effects, still, started, stopped) {
        for (const { send } of effects)
            if (send !== undefined && !still.has(send) && !started.has(send) && !stopped.includes(send))
                throw new Unsuitable('an event was sent to an actor that has ended', send);
    }

    // What differs from the step before.
    #changes() {
        const { value, tags, context, status, output, error } = this.#snapshot;
        const now = canonical({
            value,
            tags: [...tags].sort(),
            context,
            timers: this.timers.map(({ due, event }) => ({ due, event: event.type })),
            status,
            output,
            error,
        });
        const changed = Object.entries(now).filter(([name, member]) => {
            const text = JSON.stringify(member);
            const differs = this.#shown[name] !== text;
            this.#shown[name] = text;
            return differs;
        });
        return Object.fromEntries(changed);
    }
}
