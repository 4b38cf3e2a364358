#include "persistence/sqlite/page_cache.hpp"

#include <sqlite3.h>

#include <new>

namespace rejoinder::persistence::sqlite {
namespace {

// SQLite's own methods. Written once, before the library is initialised.
sqlite3_pcache_methods2 own;

/// What SQLite holds for one of its caches.
struct cache {
    sqlite3_pcache* pages;
    highest_page highest;
};

cache* of(sqlite3_pcache* handle) noexcept {
    return reinterpret_cast<cache*>(handle);
}

int init(void* argument) {
    return own.xInit(argument);
}

void shutdown(void* argument) {
    if (own.xShutdown) own.xShutdown(argument);
}

sqlite3_pcache* create(int page_size, int extra_size, int purgeable) {
    auto* made = new (std::nothrow) cache{own.xCreate(page_size, extra_size, purgeable), {}};
    if (made && made->pages) return reinterpret_cast<sqlite3_pcache*>(made);
    delete made;
    return nullptr;
}

void destroy(sqlite3_pcache* handle) {
    own.xDestroy(of(handle)->pages);
    delete of(handle);
}

void set_size(sqlite3_pcache* handle, int pages) {
    own.xCachesize(of(handle)->pages, pages);
}

int count(sqlite3_pcache* handle) {
    return own.xPagecount(of(handle)->pages);
}

void shrink(sqlite3_pcache* handle) {
    own.xShrink(of(handle)->pages);
}

sqlite3_pcache_page* fetch(sqlite3_pcache* handle, unsigned page, int make) {
    auto* found = own.xFetch(of(handle)->pages, page, make);
    if (found) of(handle)->highest.fetched(page);
    return found;
}

void unpin(sqlite3_pcache* handle, sqlite3_pcache_page* page, int discard) {
    own.xUnpin(of(handle)->pages, page, discard);
}

void rekey(sqlite3_pcache* handle, sqlite3_pcache_page* page, unsigned from, unsigned to) {
    own.xRekey(of(handle)->pages, page, from, to);
    of(handle)->highest.renumbered(from, to);
}

void truncate(sqlite3_pcache* handle, unsigned limit) {
    if (!of(handle)->highest.reaches(limit)) return;
    own.xTruncate(of(handle)->pages, limit);
    of(handle)->highest.truncated(limit);
}

bool install() noexcept {
    // Nobody asks SQLite how much memory it holds, and counting it is a lock that all connections share.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (sqlite3_config(SQLITE_CONFIG_GETPCACHE2, &own) != SQLITE_OK) return false;
    sqlite3_pcache_methods2 ours{1,     own.pArg, init,  shutdown, create,  set_size, count,
                                 fetch, unpin,    rekey, truncate, destroy, shrink};
    return sqlite3_config(SQLITE_CONFIG_PCACHE2, &ours) == SQLITE_OK;
}

} // namespace

void lighten_page_cache() noexcept {
    static const bool installed = install();
    (void)installed;
}

} // namespace rejoinder::persistence::sqlite
