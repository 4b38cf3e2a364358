// What random states do: values, guards and actions, limited to what has one exact meaning in XState and here.

const numbers = ['/context/n', '/context/m'];

export class Behaviour {
    #timers = 0;

    constructor(random, likes, events) {
        this.random = random;
        this.likes = likes;
        this.events = events;
    }

    value() {
        return this.random.weighted([
            [4, this.random.below(4)],
            [1, this.random.pick(['red', 'green', null, true, ['x'], { y: 1 }])],
            [3, { from: this.random.pick([...numbers, '/context/list', '/context/box', '/context/box/x']) }],
            [4, { from: this.random.pick(['/event/x', '/event/type', '/event/output', '/event']) }],
            [1, { seen: { from: '/event/x' }, n: { from: '/context/n' } }],
        ]);
    }

    // For what is read again: were a list to take in itself, a few steps would make it larger than any memory.
    small() {
        return this.random.weighted([
            [3, this.random.below(4)],
            [1, this.random.pick(['red', null, true, ['x'], { y: 1 }])],
            [3, { from: this.random.pick([...numbers, '/context/box/x', '/event/x', '/event/type']) }],
        ]);
    }

    text() {
        return this.random.pick([
            'n is {{ context.n }}',
            '{{ event.x }} of {{ context.m }}',
            '{{ context.list }}',
            'so',
        ]);
    }

    // --- guards ---

    guard(states, depth = 0) {
        const type = this.random.weighted([
            [4, 'equals'],
            [3, 'less'],
            [3, 'greater'],
            [2, 'exists'],
            [2, 'contains'],
            [4, 'stateIn'],
            [depth < 2 ? 3 : 0, 'and'],
            [depth < 2 ? 2 : 0, 'or'],
            [depth < 2 ? 3 : 0, 'not'],
        ]);
        return { type, params: this.#guardParams(type, states, depth) };
    }

    #guardParams(type, states, depth) {
        switch (type) {
            case 'exists':
                return {
                    path: this.random.pick([
                        '/event/x',
                        '/event/output',
                        '/context/list',
                        '/context/box/x',
                        '/context/n',
                    ]),
                };
            case 'contains':
                return this.random.pick([
                    { path: '/context/list', value: this.random.below(3) },
                    { path: '/context/box', value: 'x' },
                    { path: '/event/type', value: this.random.pick(['go', 'fast', 'xstate', '.']) },
                ]);
            case 'stateIn':
                return { state: this.#nameOf(this.random.pick(states)) };
            case 'and':
            case 'or':
            case 'not': {
                const count = type === 'not' && this.random.chance(0.7) ? 1 : this.random.between(1, 2);
                return { guards: Array.from({ length: count }, () => this.guard(states, depth + 1)) };
            }
            default:
                return this.#comparison();
        }
    }

    #comparison() {
        const path = this.random.weighted([
            [3, '/context/n'],
            [2, '/context/m'],
            [3, '/event/x'],
            [1, '/event/type'],
        ]);
        if (path === '/event/type') return { path, value: this.random.pick([...this.events, 'xstate.init']) };
        return { path, value: this.random.chance(0.8) ? this.random.below(4) : { from: this.random.pick(numbers) } };
    }

    #nameOf(state) {
        return !state.parent || this.random.chance(0.5) ? `#${state.fullId}` : state.path.join('.');
    }

    // A guard that its own action ends some day: other `always` transitions mostly go round for ever.
    counting() {
        const path = this.random.pick(numbers);
        return {
            guard: { type: 'less', params: { path, value: this.random.between(1, 4) } },
            actions: [
                { type: 'increment', params: { path } },
                { type: 'say', params: { text: this.text() } },
            ],
        };
    }

    // --- actions ---

    // `actors`: ids that may be sent to.
    actions(most, actors = []) {
        return Array.from({ length: this.random.between(1, most) }, () => this.#action(actors)).flat();
    }

    #action(actors) {
        const { random, likes } = this;
        const type = random.weighted([
            [3, 'say'],
            [3, 'emit'],
            [4, 'increment'],
            [3, 'assign'],
            [2, 'append'],
            [1, 'remove'],
            [likes.raise ? 4 : 0, 'raise'],
            [likes.delayed ? 3 : 0, 'delayed'],
            [likes.delayed ? 1 : 0, 'cancel'],
            [actors.length ? 4 : 0, 'sendTo'],
        ]);
        if (type === 'delayed') return this.#delayed();
        return [{ type, params: this.#params(type, actors) }];
    }

    #params(type, actors) {
        const { random } = this;
        switch (type) {
            case 'say':
                return random.chance(0.3)
                    ? { text: this.text(), data: { value: this.value() } }
                    : { text: this.text() };
            case 'emit':
                return {
                    kind: random.pick(['light', 'sound']),
                    data: { value: this.value(), n: { from: '/context/n' } },
                };
            case 'increment':
                return random.pick([
                    { path: '/context/n' },
                    { path: '/context/m', by: random.between(-1, 2) },
                    { path: '/context/n', by: { from: '/context/m' } },
                    { path: '/context/box/x' },
                ]);
            case 'assign':
                return this.#assignment();
            case 'append':
                return { path: '/context/list', value: this.small() };
            case 'remove':
                return {
                    path: random.pick([
                        '/context/list',
                        '/context/list/0',
                        '/context/box/x',
                        '/context/box',
                        '/context/seen',
                    ]),
                };
            case 'raise':
                return { event: this.#event() };
            case 'cancel':
                return { id: `t${random.below(Math.max(1, this.#timers))}` };
            case 'sendTo':
                return { to: random.pick(actors), event: this.#event() };
        }
    }

    // What `increment` works on stays a number, `append` an array.
    #assignment() {
        return this.random.pick([
            { n: this.random.below(4) },
            { m: this.random.below(3), n: { from: '/context/m' } },
            { n: { from: '/context/m' }, seen: { from: '/context/n' } },
            { seen: this.value() },
            { seen: { from: '/event' } },
            { '/context/box/y': this.small(), m: 1 },
            { list: [] },
            { list: [1, { from: '/context/n' }] },
        ]);
    }

    #event() {
        const name = this.random.pick(this.events);
        return this.random.chance(0.4)
            ? name
            : { type: name, x: this.random.chance(0.5) ? this.random.below(4) : { from: '/context/n' } };
    }

    // A timer that is set again while it waits has no exact meaning, so most cancel it first.
    #delayed() {
        const id = `t${this.#timers++}`;
        const set = { type: 'raise', params: { event: this.#event(), delay: this.delay(), id } };
        if (this.random.chance(0.15)) delete set.params.id;
        return this.random.chance(0.75) ? [{ type: 'cancel', params: { id } }, set] : [set];
    }

    delay() {
        return this.random.pick([10, 20, 25, 40, 50, 100, 200]);
    }
}
