// One machine's life: events made up while it runs, and what XState does on each.
import { isLegal } from './legal.mjs';
import { load } from './meaning.mjs';
import { inDocumentOrder, plain } from './runners.mjs';
import { Session, Unsuitable } from './session.mjs';
import { same } from './values.mjs';

const largestContext = 1500; // bytes of JSON

// Steps of a random life. Throws Unsuitable when they are not worth keeping. `seen` counts what happened.
export function makeTrace({ document, events }, random, seen) {
    const machine = load(document);
    const watch = (transitions, snapshot) => {
        if (!isLegal(snapshot)) throw new Unsuitable('an illegal set of states');
        if (transitions.length > 1) seen.add('transitions in several regions');
        for (const transition of transitions) noteTransition(transition, snapshot, seen);
    };
    const ordered = new Session(inDocumentOrder(machine, watch));
    const steps = [ordered.start()];
    for (let left = random.between(6, 16); left > 0 && !ordered.isOver; --left)
        steps.push(advance(ordered, events, random, seen));
    steps.forEach(step => noteStep(step, seen));
    check(steps);

    const asItIs = retell(new Session(plain(machine)), steps);
    if (!same(asItIs, steps)) throw new Unsuitable('the order of entry counts');
    return steps;
}

// Takes a session through the events of recorded steps.
export function retell(session, steps) {
    return steps.map(({ event, fire, wait }, index) => {
        if (index === 0) return session.start();
        return fire === undefined
            ? session.send({ type: event.type, data: event.data ?? {} }, wait ?? 0)
            : session.fire();
    });
}

function advance(session, events, random, seen) {
    const next = session.timers[0];
    if (next && random.chance(0.3)) return session.fire();
    const latest = next ? next.due - session.now - 1 : 60;
    const wait = random.chance(0.3) && latest > 0 ? random.between(1, Math.min(latest, 60)) : 0;
    return session.send(makeEvent(session, events, random, seen), wait);
}

function makeEvent(session, events, random, seen) {
    if (session.running.size && random.chance(0.25)) {
        const id = random.pick([...session.running.keys()]);
        if (random.chance(0.65)) {
            seen.add('an actor is done');
            return { type: `xstate.done.actor.${id}`, data: { output: random.pick([0, 1, 2, 'ok', { y: 1 }]) } };
        }
        seen.add('an actor has failed');
        return { type: `xstate.error.actor.${id}`, data: { error: random.pick(['lost', { code: 7 }]) } };
    }
    const type = random.pick(
        random.weighted([
            [session.expected.length ? 6 : 0, session.expected],
            [3, events],
            [1, ['go.away', 'gone', 'unknown', 'turn.right.now']],
        ])
    );
    return { type, data: random.chance(0.7) ? { x: random.below(4) } : {} };
}

function check(steps) {
    const moves = steps.filter(step => step.value !== undefined).length;
    if (moves < 3) throw new Unsuitable('hardly anything happens');
    if (steps.some(step => step.context && JSON.stringify(step.context).length > largestContext))
        throw new Unsuitable('a large context');
}

function noteTransition({ source, target: targets, reenter, eventType }, snapshot, seen) {
    if (eventType === '') seen.add('an always taken');
    if (eventType.startsWith('xstate.done.state.')) seen.add(`a ${source.type} state is done`);
    if (eventType.endsWith('*')) seen.add('taken by a wildcard');
    if (targets?.length > 1) seen.add('several targets entered');
    const isActive = target => target.type === 'history' || snapshot._nodes.includes(target);
    if (targets && !targets.every(isActive)) seen.add("a transition gave way to another region's");
    if (!targets) return seen.add('taken without target');
    if (reenter) seen.add('reentered');
    if (targets.some(target => target.type === 'history')) {
        const known = targets.some(target => snapshot.historyValue[target.id]);
        seen.add(known ? 'history restored' : 'history default taken');
    }
    if (source.type === 'parallel') seen.add('taken from a parallel state');
}

function noteStep(step, seen) {
    if (step.fire?.startsWith('xstate.after.')) seen.add('an after fired');
    else if (step.fire) seen.add('a delayed raise fired');
    if (step.started) seen.add('an actor started');
    if (step.stopped) seen.add('an actor stopped');
    if (step.status === 'done') seen.add('the machine is done');
    if (step.status === 'error') seen.add('the machine has failed');
    if (step.effects?.some(effect => effect.send !== undefined)) seen.add('an event sent to an actor');
}
