// node per_turn.mjs FOLDER: what one writes first. An XState actor for each session, whose snapshot is stored in a
// transaction of the turn, with the turn's log row; the answer leaves behind the commit.
import { assign, createActor, setup } from 'xstate';
import { kept, listen, windowSize } from './listen.mjs';
import { openStore } from './turn_store.mjs';

const machine = setup({
    actions: {
        say: assign(({ context, event }) => ({
            heard: context.heard + 1,
            said: event.text,
            window: [
                ...context.window,
                { from: 'user', text: kept(event.text) },
                { from: 'bot', text: kept(event.text) },
            ].slice(-windowSize),
        })),
    },
}).createMachine({
    id: 'parrot',
    context: { heard: 0, said: '', window: [] },
    initial: 'listening',
    states: { listening: { on: { 'turn.text': { actions: 'say' } } } },
});

const store = openStore(process.argv[2]);

// What was said is in the log; the state does without it.
function stateOf(actor) {
    const snapshot = actor.getPersistedSnapshot();
    return JSON.stringify({ ...snapshot, context: { ...snapshot.context, said: '' } });
}

function begin(id) {
    const stored = store.find(id);
    const actor = createActor(machine, stored ? { snapshot: JSON.parse(stored.state) } : {}).start();
    return { key: stored?.key ?? store.create(id, stateOf(actor)), turns: stored?.turns ?? 0, actor };
}

function take(session, turn) {
    const before = store.recall(session.key, turn.id);
    if (before !== undefined) return before;
    session.actor.send({ type: 'turn.text', text: turn.text });
    const said = session.actor.getSnapshot().context.said;
    store.begin.run();
    store.append(session.key, turn.id, session.turns + 1, turn.text, said);
    store.replace(session.key, ++session.turns, stateOf(session.actor));
    store.commit.run();
    return said;
}

function onSession(socket, id) {
    const session = begin(id);
    socket.on('message', data => {
        const turn = JSON.parse(data);
        socket.send(JSON.stringify({ id: turn.id, say: take(session, turn) }));
    });
    socket.on('close', () => session.actor.stop());
    socket.send(JSON.stringify({ session: id, turns: session.turns }));
}

listen(onSession, store.close);
