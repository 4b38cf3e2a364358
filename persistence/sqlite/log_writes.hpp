#pragma once

namespace rejoinder::persistence::sqlite {

/// The name of a layer over the system's files (a VFS) that writes what SQLite appends to its log in large
/// pieces. SQLite writes each page of a commit in two calls, its frame's head and the page; here they are put
/// together until the log is flushed, read or something else is done to it, or 64 KiB have come together,
/// which is what a file may hold in memory. Everything else passes.
///
/// For connections with `synchronous` at FULL, which flush the log before anybody may read from it what a
/// commit has written (`sqlite3WalFrames` in wal.c): what is gathered when the right to write is given back
/// was rolled back, and is dropped. What can't be written is told by the call that would have needed it to
/// be, the flush at the latest.
///
/// Below it is whatever is SQLite's default when a file is opened. Null, which names that default, where
/// SQLite takes no layer. Behind `lighten_page_cache`; any thread.
const char* gathering_layer() noexcept;

} // namespace rejoinder::persistence::sqlite
