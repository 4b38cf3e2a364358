// node grouped.mjs FOLDER: a server written for the rate. What came while the last commit was under way is the next one,
// of all sessions together, and the answers leave behind it. No library between the turn and its rows; of a session's
// state only what is new is serialised.
import { kept, listen, windowSize } from './listen.mjs';
import { openStore } from './turn_store.mjs';

const store = openStore(process.argv[2]);
let queue = [];

const stateOf = session => `{"heard":${session.turns},"window":[${session.window.join(',')}]}`;

function restore(id) {
    const stored = store.find(id);
    if (!stored) return { key: 0, id, turns: 0, window: [] };
    const window = JSON.parse(stored.state).window.map(message => JSON.stringify(message));
    return { key: stored.key, id, turns: stored.turns, window };
}

function take(session, turn) {
    if (session.key === 0) session.key = store.create(session.id, stateOf(session));
    if (!store.append(session.key, turn.id, session.turns + 1, turn.text, turn.text))
        return store.recall(session.key, turn.id);
    const message = JSON.stringify(kept(turn.text));
    if (session.window.length === windowSize) session.window.splice(0, 2);
    session.window.push(`{"from":"user","text":${message}}`, `{"from":"bot","text":${message}}`);
    store.replace(session.key, ++session.turns, stateOf(session));
    return turn.text;
}

// Runs when all sockets that had something have been read. A commit blocks this thread; what arrives meanwhile waits in
// the kernel and is read as one batch.
function commit() {
    const batch = queue;
    queue = [];
    store.begin.run();
    for (const one of batch) one.said = take(one.session, one.turn);
    store.commit.run();
    for (const { socket, turn, said } of batch) socket.send(`{"id":${JSON.stringify(turn.id)},"say":${JSON.stringify(said)}}`);
}

function onSession(socket, id) {
    const session = restore(id);
    socket.on('message', data => {
        if (queue.push({ socket, session, turn: JSON.parse(data), said: '' }) === 1) setImmediate(commit);
    });
    socket.send(JSON.stringify({ session: id, turns: session.turns }));
}

listen(onSession, store.close);
