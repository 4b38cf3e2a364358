// What a document uses: names of features, for the figures that a run prints.

export function featuresOf(document) {
    const found = new Set();
    visitState(document, found, true);
    return found;
}

function visitState(state, found, isRoot = false) {
    const kind = state.type ?? (state.states ? 'compound' : 'atomic');
    found.add(kind === 'history' ? `${state.history ?? 'shallow'} history` : kind);
    if (isRoot && kind === 'parallel') found.add('parallel root');
    if (kind === 'history' && state.target) found.add('history default');
    if (state.id && !isRoot) found.add('state id');
    if (state.tags) found.add('tags');
    if (state.output !== undefined) found.add(isRoot ? 'machine output' : 'final output');
    if (state.initial?.actions) found.add('initial actions');
    [state.entry, state.exit, state.initial?.actions].forEach(actions => visitActions(actions, found));

    for (const [descriptor, form] of Object.entries(state.on ?? {})) {
        if (descriptor.endsWith('.*')) found.add('a.*');
        if (descriptor === '*') found.add('*');
        visitTransitions(form, found);
    }
    if (state.after) (found.add('after'), Object.values(state.after).forEach(form => visitTransitions(form, found)));
    if (state.always) (found.add('always'), visitTransitions(state.always, found));
    if (state.onDone) (found.add(`onDone of ${kind}`), visitTransitions(state.onDone, found));
    for (const invoke of [state.invoke ?? []].flat()) {
        found.add('invoke');
        found.add(invoke.id ? 'invoke id' : 'invoke without id');
        if (invoke.input !== undefined) found.add('invoke input');
        if (invoke.onDone) (found.add('invoke onDone'), visitTransitions(invoke.onDone, found));
        if (invoke.onError) (found.add('invoke onError'), visitTransitions(invoke.onError, found));
    }
    Object.values(state.states ?? {}).forEach(child => visitState(child, found));
}

function visitTransitions(form, found) {
    if (Array.isArray(form) && form.length > 1) found.add('several candidates');
    for (const { target, guard, actions, reenter } of [form].flat()) {
        if (!target) found.add(actions ? 'without target' : 'forbidden');
        if (Array.isArray(target)) found.add('several targets');
        if (reenter) found.add('reenter');
        if (guard) visitGuard(guard, found);
        visitActions(actions, found);
    }
}

function visitGuard({ type, params }, found) {
    found.add(`guard ${type}`);
    params.guards?.forEach(guard => visitGuard(guard, found));
}

function visitActions(actions, found) {
    for (const { type, params } of [actions ?? []].flat())
        found.add(`action ${type}${params.delay === undefined ? '' : ' with delay'}`);
}
