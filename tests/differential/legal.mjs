// Whether a set of active states is one that a statechart can be in: the root, one child of every compound state, all
// regions of every parallel one. Transitions with targets that exclude each other can lead XState elsewhere.
export function isLegal({ _nodes: nodes, machine }) {
    const active = new Set(nodes);
    if (active.size !== nodes.length || !active.has(machine.root)) return false;
    return nodes.every(node => {
        if (node.type === 'history' || (node.parent && !active.has(node.parent))) return false;
        const children = Object.values(node.states).filter(child => child.type !== 'history');
        const count = children.filter(child => active.has(child)).length;
        return count === (node.type === 'compound' ? 1 : node.type === 'parallel' ? children.length : 0);
    });
}
