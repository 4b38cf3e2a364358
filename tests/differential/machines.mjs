// Random machines in our document format.
import { Behaviour } from './behaviour.mjs';
import { reachable } from './reach.mjs';
import { growTree } from './tree.mjs';

const eventNames = ['go', 'go.fast', 'go.fast.now', 'stop', 'stop.soon', 'tick', 'turn', 'turn.left'];

// {document, events}: `events` are names that the machine may know.
export function makeMachine(random, id) {
    return new Maker(random, id).make();
}

class Maker {
    // Transitions of each state while they are made: [where in the document, candidates].
    #transitions = new Map();

    constructor(random, id) {
        this.random = random;
        this.likes = {
            parallel: random.chance(0.6),
            history: random.chance(0.45),
            final: random.chance(0.65),
            always: random.chance(0.45),
            after: random.chance(0.4),
            invoke: random.chance(0.4),
            raise: random.chance(0.5),
            delayed: random.chance(0.25),
            wildcards: random.chance(0.45),
            tags: random.chance(0.3),
        };
        this.events = eventNames.filter(() => random.chance(0.5));
        if (this.events.length < 2) this.events = ['go', 'go.fast', 'stop'];
        this.root = growTree(random, this.likes, id);
        this.nodes = this.root.all;
        this.states = this.nodes.filter(node => node.kind !== 'history');
        this.behaviour = new Behaviour(random, this.likes, this.events);
    }

    make() {
        for (const node of this.states) this.#transitions.set(node, []);
        this.states.forEach(node => this.#addInvocations(node));
        this.states.filter(node => node.kind !== 'final').forEach(node => this.#addTransitions(node));
        this.states.filter(node => node.kind === 'final').forEach(node => this.#addWayTo(node));
        this.nodes.forEach(node => this.#describe(node));
        this.#reachAll();
        return { document: this.#document(), events: this.events };
    }

    // --- what a state does ---

    #describe(node) {
        const { random, behaviour } = this;
        if (node.kind === 'history') return this.#describeHistory(node);
        const actors = this.#actorsOf(node);
        const name = node.path.join('.') || 'root';
        const loud = random.chance(0.6);
        const entry = loud ? [{ type: 'say', params: { text: `+${name}` } }] : [];
        const exit = loud ? [{ type: 'say', params: { text: `-${name}` } }] : [];
        if (random.chance(0.3)) entry.push(...behaviour.actions(2, actors));
        if (random.chance(0.2)) exit.push(...behaviour.actions(2, actors));
        if (entry.length) node.doc.entry = one(entry, random);
        if (exit.length) node.doc.exit = one(exit, random);
        if (this.likes.tags && random.chance(0.4)) {
            const tags = ['busy', 'quiet', 'lit'].filter(() => random.chance(0.5));
            if (tags.length) node.doc.tags = one(tags, random);
        }
        if (node.kind === 'final' && random.chance(0.6)) node.doc.output = behaviour.value();
        if (node === this.root && random.chance(0.6))
            node.doc.output = { n: { from: '/context/n' }, last: { from: '/event/output' } };
    }

    #describeHistory(node) {
        if (node.history === 'deep' || this.random.chance(0.5)) node.doc.history = node.history;
        if (this.random.chance(0.45)) return;
        const inside = node.parent.all.filter(other => other !== node.parent && other.kind !== 'history');
        node.fallback = this.random.pick(inside);
        node.doc.target = this.random.chance(0.3)
            ? this.#absolute(node.fallback)
            : relative(node.fallback, node.parent);
    }

    // What may be sent to while the state is active: actors that it or a state around it invokes.
    #actorsOf(node) {
        return [node, ...node.ancestors].flatMap(state =>
            [state.doc.invoke ?? []].flat().map(({ id }) => id ?? `0.${state.fullId}`)
        );
    }

    #addInvocations(node) {
        if (!this.likes.invoke || node.kind === 'final' || !this.random.chance(0.3)) return;
        const count = this.random.chance(0.85) ? 1 : 2;
        const invokes = Array.from({ length: count }, (_, index) => {
            const invoke = { src: this.random.pick(['fetch', 'listen', 'think']) };
            if (index > 0 || this.random.chance(0.7)) invoke.id = `job${(this.jobs = (this.jobs ?? 0) + 1)}`;
            if (this.random.chance(0.6)) invoke.input = this.behaviour.value();
            if (this.random.chance(0.75)) this.#add(node, [invoke, 'onDone']);
            if (this.random.chance(0.65)) this.#add(node, [invoke, 'onError']);
            return invoke;
        });
        node.doc.invoke = one(invokes, this.random);
    }

    // --- transitions ---

    #addTransitions(node) {
        const { random, likes } = this;
        const count = node.children.length ? random.below(3) : random.between(1, 3);
        for (let i = 0; i < count; ++i) this.#add(node, ['on', this.#descriptor()]);
        if (likes.always && random.chance(0.3)) this.#addAlways(node);
        if (likes.after && random.chance(0.4)) {
            this.#add(node, ['after', String(this.behaviour.delay())]);
            if (random.chance(0.25)) this.#add(node, ['after', String(this.behaviour.delay())]);
        }
        if (node.parent && this.#canBeDone(node) && random.chance(0.75)) this.#add(node, ['onDone']);
    }

    // Most final states are near: what follows an end is worth more than what never ends.
    #addWayTo(final) {
        const sources = final.parent.states.filter(node => node.kind !== 'final');
        if (final.parent.kind === 'parallel' || !sources.length || this.random.chance(0.2)) return;
        const where = ['on', this.random.chance(0.5) ? this.events[0] : this.random.pick(this.events)];
        const { initial } = final.parent;
        const source = initial.kind !== 'final' && this.random.chance(0.7) ? initial : this.random.pick(sources);
        const list = this.#transitions.get(source);
        if (!list.some(([other]) => other.join() === where.join())) list.push([where, [{ targets: [final] }]]);
    }

    #canBeDone(node) {
        if (node.kind === 'final') return true;
        if (node.kind === 'parallel') return node.states.every(region => this.#canBeDone(region));
        return node.children.some(child => child.kind === 'final');
    }

    #descriptor() {
        const name = this.random.pick(this.events);
        if (!this.likes.wildcards) return name;
        return this.random.weighted([
            [6, name],
            [3, `${name.split('.').slice(0, this.random.between(1, 2)).join('.')}.*`],
            [1, '*'],
        ]);
    }

    #add(node, where) {
        const list = this.#transitions.get(node);
        if (list.some(([other]) => other.length === where.length && other.every((part, i) => part === where[i])))
            return;
        const candidates = [this.#transition(node)];
        while (candidates.at(-1).guard && this.random.chance(0.4)) candidates.push(this.#transition(node));
        list.push([where, candidates]);
    }

    #transition(node) {
        const { random, behaviour } = this;
        if (random.chance(0.05)) return { targets: [] };
        const made = { targets: random.chance(0.8) ? this.#targets(node) : [] };
        if (random.chance(0.35)) made.guard = behaviour.guard(this.states);
        if (!made.targets.length || random.chance(0.45)) made.actions = behaviour.actions(3, this.#actorsOf(node));
        if (made.targets.includes(this.root) || random.chance(0.15)) made.reenter = true;
        return made;
    }

    // Without a guard only forwards, so that no circle of certain ones exists: the interpreter refuses that.
    #addAlways(node) {
        const { random, behaviour } = this;
        const guarded = this.#transition(node);
        guarded.guard ??= behaviour.guard(this.states);
        if (random.chance(0.5)) Object.assign(guarded, behaviour.counting());
        const candidates = [guarded];
        if (random.chance(0.2)) {
            const behind = this.states.filter(
                other => !other.isWithin(node) && this.states.indexOf(other) > this.states.indexOf(node)
            );
            if (behind.length) candidates.push({ targets: [random.pick(behind)] });
        }
        if (random.chance(0.2)) candidates.shift();
        if (candidates.length) this.#transitions.get(node).push([['always'], candidates]);
    }

    #targets(node) {
        const { random } = this;
        if (random.chance(0.02)) return [this.root];
        const parallels = this.states.filter(state => state.kind === 'parallel');
        if (parallels.length && random.chance(0.12)) {
            const regions = random.pick(parallels).states.filter(() => random.chance(0.7));
            if (regions.length > 1) return regions.map(region => random.pick(region.all));
        }
        const near = [...(node.parent?.children ?? []), ...node.children];
        const others = this.nodes.filter(other => other.parent);
        const histories = this.nodes.filter(other => other.kind === 'history');
        return [
            random.pick(
                random.weighted([
                    [5, near.length ? near : others],
                    [4, others],
                    [histories.length ? 4 : 0, histories],
                ])
            ),
        ];
    }

    // --- names of targets ---

    #absolute(target) {
        const named = [target, ...target.ancestors].filter(node => node.id !== undefined || node === this.root);
        const from = this.random.pick(named);
        return ['#' + (from.id ?? from.key), ...target.path.slice(from.path.length)].join('.');
    }

    #nameOf(target, source) {
        const names = [this.#absolute(target)];
        if (target !== source && target.isWithin(source)) names.push('.' + relative(target, source));
        if (source.parent && target !== source.parent && target.isWithin(source.parent))
            names.push(relative(target, source.parent));
        return this.random.pick(names);
    }

    // --- the document ---

    // A state that nothing leads to gets a transition from one that is reached.
    #reachAll() {
        for (;;) {
            const entered = reachable(this.root, node =>
                this.#transitions.get(node).map(([, candidates]) => candidates)
            );
            const missing = this.nodes.find(node => !entered.has(node));
            if (!missing) return;
            const sources = [...entered].filter(node => node.kind !== 'history' && node.kind !== 'final');
            const source = this.random.pick(sources);
            this.#transitions.get(source).push([['on', `to.${missing.path.join('.')}`], [{ targets: [missing] }]]);
            this.events.push(`to.${missing.path.join('.')}`);
        }
    }

    #document() {
        for (const [node, list] of this.#transitions)
            for (const [where, candidates] of list) this.#write(node, where, candidates);
        const { entry, exit, output, ...rest } = this.#state(this.root);
        const context = { box: { x: 1 }, list: [], m: 1, n: 0 };
        return JSON.parse(JSON.stringify({ id: this.root.key, version: 1, context, ...rest, entry, exit, output }));
    }

    #write(node, where, candidates) {
        const made = candidates.map(candidate => this.#candidate(candidate, node));
        const form = made.length > 1 || this.random.chance(0.1) ? made : made[0];
        const [place, name] = where;
        if (typeof place === 'object') place[name] = form;
        else if (name !== undefined) (node.doc[place] ??= {})[name] = form;
        else node.doc[place] = form;
    }

    #candidate({ targets, guard, actions, reenter }, source) {
        const names = targets.map(target => this.#nameOf(target, source));
        return {
            target: names.length > 1 ? names : names[0],
            guard,
            actions: actions && one(actions, this.random),
            reenter,
        };
    }

    #state(node) {
        const made = {};
        if (node.id !== undefined) made.id = node.id;
        const natural = node.children.length ? 'compound' : 'atomic';
        if (node.kind !== natural || this.random.chance(0.05)) made.type = node.kind;
        if (node.initial) {
            const actions = this.random.chance(0.25) && this.behaviour.actions(1);
            made.initial = actions
                ? {
                      target: node.initial.key,
                      actions: [{ type: 'say', params: { text: `>${node.path.join('.') || 'root'}` } }, ...actions],
                  }
                : node.initial.key;
        }
        Object.assign(made, node.doc);
        if (node.children.length)
            made.states = Object.fromEntries(node.children.map(child => [child.key, this.#state(child)]));
        return made;
    }
}

// One of something may stand without its array.
function one(list, random) {
    return list.length === 1 && random.chance(0.6) ? list[0] : list;
}

function relative(target, ancestor) {
    return target.path.slice(ancestor.path.length).join('.');
}
