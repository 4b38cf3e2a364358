// A document of ours as XState runs it. States, transitions, timers, invocations and actions are left to XState as
// they stand: the format is its own. Translated are only the things that XState wants to be functions: guards that
// have guards or states in them, outputs and inputs.
import { and, assign, emit, enqueueActions, not, or, setup, stateIn } from 'xstate';

import { BadValue, evaluate, read, same, tokens, withoutValue, withValue } from './values.mjs';

// Microsteps of one macrostep, after which a machine counts as one that never comes to rest. The interpreter gives
// up after 1000.
export const maxMicrosteps = 60;

export function load(document) {
    const config = translate(document, document.id, document.id);
    config.options = { maxIterations: maxMicrosteps };
    return setup({ actions, actors: { fetch: waiting, listen: waiting, think: waiting } }).createMachine(config);
}

// An actor that never ends by itself: how it ends is an event of the trace.
const waiting = {
    getInitialSnapshot: () => ({ status: 'active' }),
    getPersistedSnapshot: snapshot => snapshot,
    transition: snapshot => snapshot,
};

// --- actions --------------------------------------------------------------------------------------------------------

const contextPath = pointer => tokens(pointer).slice(1);
const placeOf = name => (name.startsWith('/context/') ? contextPath(name) : [name]);

// All values are worked out before the first is stored.
function assigned({ context, event }, params) {
    const made = Object.entries(params).map(([name, form]) => [placeOf(name), evaluate(form, { context, event })]);
    return made.reduce((changed, [path, value]) => withValue(changed, path, value), context);
}

function incremented(scope, { path, by = 1 }) {
    const amount = evaluate(by, scope);
    const number = read(path, scope) ?? 0;
    if (typeof number !== 'number' || typeof amount !== 'number') throw new BadValue('only numbers are incremented');
    return withValue(scope.context, contextPath(path), number + amount);
}

function appended(scope, { path, value }) {
    const list = read(path, scope) ?? [];
    if (!Array.isArray(list)) throw new BadValue('only to arrays is appended');
    return withValue(scope.context, contextPath(path), [...list, evaluate(value, scope)]);
}

function shown(name, own, scope, data) {
    const more = data === undefined ? {} : (evaluate(data, scope) ?? {});
    if (typeof more !== 'object' || Array.isArray(more)) throw new BadValue('the data of an event is no object');
    return { type: name, data: { ...more, ...own } };
}

function eventOf(form, scope) {
    const made = evaluate(form, scope);
    return typeof made === 'string' ? { type: made } : made;
}

const actions = {
    assign: assign(assigned),
    increment: assign(incremented),
    append: assign(appended),
    remove: assign(({ context }, { path }) => withoutValue(context, contextPath(path))),
    say: emit((scope, { text, data }) => shown('say', { text: evaluate(text, scope) }, scope, data)),
    emit: emit((scope, { kind, data }) => shown(kind, {}, scope, data)),
    raise: enqueueActions(({ context, event, enqueue }, { event: form, delay, id }) =>
        enqueue.raise(eventOf(form, { context, event }), { delay, id })
    ),
    sendTo: enqueueActions(({ context, event, enqueue }, { to, event: form }) =>
        enqueue.sendTo(to, eventOf(form, { context, event }))
    ),
    cancel: enqueueActions(({ enqueue }, { id }) => enqueue.cancel(id)),
};

// --- guards ---------------------------------------------------------------------------------------------------------

const isLess = (a, b) => typeof a === typeof b && ['number', 'string'].includes(typeof a) && a < b;

function contains(whole, part) {
    if (Array.isArray(whole)) return whole.some(element => same(element, part));
    if (typeof part !== 'string') return false;
    if (typeof whole === 'string') return whole.includes(part);
    return whole !== null && typeof whole === 'object' && Object.hasOwn(whole, part) && whole[part] !== undefined;
}

const comparisons = {
    equals: same,
    less: isLess,
    greater: (a, b) => isLess(b, a),
    contains,
};

function guardOf({ type, params }, machineId) {
    const parts = () => params.guards.map(part => guardOf(part, machineId));
    switch (type) {
        case 'and':
            return and(parts());
        case 'or':
            return or(parts());
        case 'not':
            return not(or(parts()));
        case 'stateIn':
            return stateIn(params.state.startsWith('#') ? params.state : `#${machineId}.${params.state}`);
        case 'exists':
            return scope => read(params.path, scope) !== null;
        default:
            return scope => comparisons[type](read(params.path, scope), evaluate(params.value, scope));
    }
}

// --- the rest of a document -----------------------------------------------------------------------------------------

function mapMembers(object, change) {
    return Object.fromEntries(Object.entries(object).map(([name, member]) => [name, change(member, name)]));
}

// An action of the driver's own: it sees in which order states are entered and left.
const mark = (what, state) => emit({ type: `mark ${what}`, state });

function translate(state, machineId, path) {
    const transitions = form => transitionsOf(form, machineId);
    const made = { ...state };
    for (const member of ['on', 'after']) if (state[member]) made[member] = mapMembers(state[member], transitions);
    if (state.type !== 'history' && state.history === undefined) {
        made.entry = [mark('entered', path), ...[state.entry ?? []].flat()];
        made.exit = [mark('left', path), ...[state.exit ?? []].flat()];
    }
    for (const member of ['always', 'onDone']) if (state[member]) made[member] = transitions(state[member]);
    if (state.states)
        made.states = mapMembers(state.states, (child, key) => translate(child, machineId, `${path}.${key}`));
    if (state.output !== undefined) made.output = scope => evaluate(state.output, scope);
    if (state.invoke) made.invoke = [state.invoke].flat().map(invoke => invocationOf(invoke, transitions));
    return made;
}

function transitionsOf(form, machineId) {
    if (Array.isArray(form)) return form.map(one => transitionsOf(one, machineId));
    return form.guard ? { ...form, guard: guardOf(form.guard, machineId) } : form;
}

function invocationOf(invoke, transitions) {
    const made = { ...invoke };
    for (const member of ['onDone', 'onError']) if (invoke[member]) made[member] = transitions(invoke[member]);
    if (invoke.input !== undefined) made.input = scope => evaluate(invoke.input, scope);
    return made;
}
