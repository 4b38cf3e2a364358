// Two ways to take a step with XState. Both give [snapshot, actions].
import { createActor, initialTransition, transition } from 'xstate';

// XState as it is: its pure functions.
export function plain(machine) {
    return {
        start: () => initialTransition(machine),
        step: (snapshot, event) => transition(machine, snapshot, event),
    };
}

// XState with its active states put into document order behind every microstep. It keeps them in the order in which
// they were entered, and takes `always` transitions of several regions in that order; SCXML takes them in document
// order. `watch(transitions, snapshot)` sees every microstep.
export function inDocumentOrder(machine, watch) {
    const self = createActor(machine);
    self.system._sendInspectionEvent = event => {
        if (event.type !== '@xstate.microstep') return;
        if (event.snapshot.status === 'active') event.snapshot._nodes.sort((a, b) => a.order - b.order);
        watch(event._transitions, event.snapshot);
    };
    const within = run => {
        const actions = [];
        const scope = {
            self,
            system: self.system,
            defer() {},
            emit() {},
            stopChild() {},
            actionExecutor: action => actions.push(action),
        };
        return [run(scope), actions];
    };
    return {
        start: () => within(scope => machine.getInitialSnapshot(scope)),
        step: (snapshot, event) => within(scope => machine.transition(snapshot, event, scope)),
    };
}
