// What both Node servers keep turns in: SQLite with the log ahead of writing, flushed at every commit (better-sqlite3
// would not flush by itself), statements prepared once. A turn's id is unique in its session, so that a turn that is
// said again finds what came of it.
import Database from 'better-sqlite3';

export function openStore(folder) {
    const db = new Database(`${folder}/turns.db`);
    db.pragma('journal_mode = wal');
    db.pragma('synchronous = full');
    db.pragma('cache_size = -65536');
    db.pragma('wal_autocheckpoint = 8000');
    db.exec(`
        create table if not exists session (key integer primary key, id text not null unique, turns integer not null,
            state text not null) strict;
        create table if not exists log (position integer primary key, session integer not null, turn text not null,
            number integer not null, at integer not null, input text not null, outcome text not null) strict;
        create unique index if not exists log_turn on log (session, turn);
    `);
    const find = db.prepare('select key, turns, state from session where id = ?');
    const create = db.prepare('insert into session (id, turns, state) values (?, 0, ?)');
    const append = db.prepare(`insert into log (session, turn, number, at, input, outcome) values (?, ?, ?, ?, ?, ?)
        on conflict (session, turn) do nothing`);
    const replace = db.prepare('update session set turns = ?, state = ? where key = ?');
    const recall = db.prepare('select outcome from log where session = ? and turn = ?').pluck();
    return {
        begin: db.prepare('begin immediate'),
        commit: db.prepare('commit'),
        rollback: db.prepare('rollback'),
        find: id => find.get(id),
        create: (id, state) => Number(create.run(id, state).lastInsertRowid),

        // False: the session has had this turn.
        append: (key, turn, number, input, outcome) =>
            append.run(key, turn, number, Date.now(), input, outcome).changes === 1,
        replace: (key, turns, state) => replace.run(turns, state, key),
        recall: (key, turn) => recall.get(key, turn),
        close: () => db.close(),
    };
}
