// Which states some transition leads to, whatever the guards say: the interpreter refuses a machine with others.

// `transitionsOf(node)` gives lists of candidates, each {targets, guard}.
export function reachable(root, transitionsOf) {
    const entered = new Set();
    const byDefault = new Set();
    const open = [];

    const pass = node => {
        if (entered.has(node)) return;
        entered.add(node);
        open.push(node);
    };
    // With all that its initial states bring.
    const enter = node => {
        if (byDefault.has(node)) return;
        byDefault.add(node);
        if (node.kind === 'history') {
            entered.add(node);
            return aim(node.fallback ?? node.parent);
        }
        pass(node);
        if (node.kind === 'compound') enter(node.initial);
        if (node.kind === 'parallel') node.states.forEach(enter);
    };
    // A target, with the states around it and the regions beside it.
    const aim = node => {
        for (const around of node.ancestors) around.kind === 'parallel' ? enter(around) : pass(around);
        enter(node);
    };

    enter(root);
    while (open.length) {
        for (const candidates of transitionsOf(open.pop())) {
            for (const { targets, guard } of candidates) {
                targets.forEach(aim);
                if (!guard) break;
            }
        }
    }
    return entered;
}
