// A Durable Object for each session: its own SQLite, a WebSocket, and workerd's output gate, which holds an answer until
// the writes before it are durable.
import { DurableObject } from 'cloudflare:workers';

const windowSize = 12;
const kept = text => text.slice(0, 48);

export class Session extends DurableObject {
    constructor(state, env) {
        super(state, env);
        this.sql = state.storage.sql;
        this.sql.exec(`
            create table if not exists session (key integer primary key, turns integer not null, state text not null) strict;
            create table if not exists log (position integer primary key, turn text not null unique, number integer not null,
                at integer not null, input text not null, outcome text not null) strict;
        `);
        const [stored] = this.sql.exec('select turns, state from session');
        this.turns = stored?.turns ?? 0;
        this.window = stored ? JSON.parse(stored.state).window : [];
    }

    fetch(request) {
        const [theirs, ours] = Object.values(new WebSocketPair());
        this.ctx.acceptWebSocket(ours);
        ours.send(JSON.stringify({ session: new URL(request.url).pathname.slice(3), turns: this.turns }));
        return new Response(null, { status: 101, webSocket: theirs });
    }

    // All writes up to the next wait are one transaction.
    webSocketMessage(socket, data) {
        const { id, text } = JSON.parse(data);
        socket.send(JSON.stringify({ id, say: this.take(id, text) }));
    }

    webSocketClose(socket, code) {
        socket.close(code === 1005 || code === 1006 ? 1000 : code);
    }

    take(id, text) {
        const { rowsWritten } = this.sql.exec(
            'insert into log (turn, number, at, input, outcome) values (?, ?, ?, ?, ?) on conflict (turn) do nothing',
            id, this.turns + 1, Date.now(), text, text);
        if (rowsWritten === 0) return this.sql.exec('select outcome from log where turn = ?', id).one().outcome;
        this.window = [
            ...this.window,
            { from: 'user', text: kept(text) },
            { from: 'bot', text: kept(text) },
        ].slice(-windowSize);
        const state = JSON.stringify({ heard: ++this.turns, window: this.window });
        this.sql.exec('insert into session (key, turns, state) values (1, ?1, ?2) ' +
            'on conflict (key) do update set turns = ?1, state = ?2', this.turns, state);
        return text;
    }
}

export default {
    fetch(request, env) {
        const id = /^\/s\/([\w-]{1,64})$/.exec(new URL(request.url).pathname)?.[1];
        if (!id || request.headers.get('Upgrade') !== 'websocket') return new Response(null, { status: 426 });
        return env.sessions.get(env.sessions.idFromName(id)).fetch(request);
    },
};
