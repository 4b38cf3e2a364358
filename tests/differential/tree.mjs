// The states of a random machine, before they do anything: which lie in which, what kind each is, and its names.
export class Node {
    children = [];
    key = '';
    id; // of its own; undefined: the default one
    history; // of a history state: 'shallow' or 'deep'
    initial; // of a compound state: one of its children
    doc = {}; // what becomes of it in the document

    constructor(kind, parent) {
        this.kind = kind;
        this.parent = parent;
    }

    get path() {
        return this.parent ? [...this.parent.path, this.key] : [];
    }

    get fullId() {
        return this.id ?? [this.root.key, ...this.path].join('.');
    }

    get root() {
        return this.parent ? this.parent.root : this;
    }

    // Itself and everything inside, in document order.
    get all() {
        return [this, ...this.children.flatMap(child => child.all)];
    }

    get ancestors() {
        return this.parent ? [this.parent, ...this.parent.ancestors] : [];
    }

    // Children that can be active.
    get states() {
        return this.children.filter(child => child.kind !== 'history');
    }

    isWithin(other) {
        return this === other || (this.parent !== undefined && this.parent.isWithin(other));
    }
}

// `likes` says which features this machine has: a machine with a few of them shows more than one with all.
export function growTree(random, likes, id) {
    let root;
    do {
        root = new Node(likes.parallel && random.chance(0.2) ? 'parallel' : 'compound');
        grow(root, random.chance(0.1) ? random.between(12, 20) : random.between(3, 11), { random, likes, depth: 0 });
    } while (likes.parallel && !root.all.some(node => node.kind === 'parallel') && random.chance(0.9));
    root.key = id;
    if (likes.final) root.all.filter(node => node.kind === 'parallel').forEach(node => makeEndable(node, random));
    if (likes.history) addHistory(root, random);
    name(root);
    let ids = 0;
    for (const node of root.all) if (node !== root && random.chance(0.12)) node.id = `s${ids++}`;
    return root;
}

function grow(node, size, { random, likes, depth }) {
    const count = Math.max(node.kind === 'parallel' ? 2 : 1, Math.min(size, random.between(2, 4)));
    let left = size - count;
    for (let i = 0; i < count; ++i) {
        const nested = left >= 1 && depth < 4 && random.chance(0.55);
        const child = new Node(nested ? insideOf(node, random, likes) : leafOf(node, i, random, likes), node);
        node.children.push(child);
        if (!nested) continue;
        const share = i === count - 1 ? left : random.between(1, left);
        left -= share;
        grow(child, share, { random, likes, depth: depth + 1 });
    }
    if (node.kind !== 'compound') return;
    const candidates = node.children.filter(child => child.kind !== 'final');
    node.initial = random.chance(0.8) && candidates.length ? candidates[0] : random.pick(node.children);
}

function insideOf(parent, random, likes) {
    return likes.parallel && random.chance(parent.kind === 'parallel' ? 0.2 : 0.5) ? 'parallel' : 'compound';
}

function leafOf(parent, index, random, likes) {
    if (!likes.final) return 'atomic';
    const chance = parent.kind === 'parallel' ? 0.06 : index === 0 ? 0.03 : parent.parent ? 0.4 : 0.25;
    return random.chance(chance) ? 'final' : 'atomic';
}

// Left to chance alone, all regions of a parallel state would hardly ever end.
function makeEndable(node, random) {
    if (random.chance(0.3)) return;
    for (const region of node.states) {
        if (region.kind === 'atomic') {
            region.kind = 'compound';
            region.initial = new Node('atomic', region);
            region.children.push(region.initial);
        }
        if (region.kind === 'compound' && !region.children.some(child => child.kind === 'final'))
            region.children.push(new Node('final', region));
    }
}

function addHistory(root, random) {
    const parents = root.all.filter(node => node.children.length > 0 && node.parent);
    for (let i = random.between(1, 2); i > 0 && parents.length; --i) {
        const parent = random.pick(parents);
        const node = new Node('history', parent);
        node.history = random.chance(0.5) ? 'deep' : 'shallow';
        parent.children.splice(random.between(0, parent.children.length), 0, node);
    }
}

// Letters in the order of the document: the interpreter reads members in the order of their names, XState in the
// order in which they stand.
function name(node) {
    node.children.forEach((child, index) => {
        child.key = String.fromCharCode(97 + index);
        name(child);
    });
}
