#include "persistence/database.hpp"

#include "persistence/encryption/open_sealed.hpp"
#include "persistence/encryption/sealed_bounds.hpp"
#include "persistence/file/file_database.hpp"
#include "persistence/memory/memory_database.hpp"
#include "persistence/postgresql/postgresql_database.hpp"
#include "persistence/sqlite/sqlite_database.hpp"
#include "persistence/stores/record_types.hpp"

#include <algorithm>

namespace rejoinder::persistence {

std::string_view to_string(database_type type) noexcept {
    switch (type) {
    case database_type::memory:
        return "memory";
    case database_type::file:
        return "file";
    case database_type::sqlite:
        return "sqlite";
    case database_type::postgresql:
        return "postgresql";
    }
    return "unknown";
}

std::string_view to_string(durability d) noexcept {
    switch (d) {
    case durability::none:
        return "none";
    case durability::group:
        return "group";
    case durability::strict:
        return "strict";
    }
    return "unknown";
}

std::string_view to_string(store_health health) noexcept {
    switch (health) {
    case store_health::usable:
        return "usable";
    case store_health::busy:
        return "busy";
    case store_health::full:
        return "full";
    case store_health::read_only:
        return "read_only";
    case store_health::lost:
        return "lost";
    }
    return "unknown";
}

result<database_options> parse_database_url(std::string_view url) {
    auto colon = url.find(':');
    if (colon == url.npos) return errc::bad_url;
    auto scheme = url.substr(0, colon);
    auto rest = url.substr(colon + 1);

    database_options options;
    if (scheme == "memory" && rest.empty()) {
        options.type = database_type::memory;
    } else if (scheme == "file" && !rest.empty()) {
        options.type = database_type::file;
    } else if (scheme == "sqlite" && !rest.empty()) {
        options.type = database_type::sqlite;
    } else if (scheme == "postgresql" && rest.starts_with("//")) {
        options.type = database_type::postgresql;
    } else {
        return errc::bad_url;
    }
    options.location = rest;
    return options;
}

std::string without_password(std::string_view url) {
    std::string shown(url);
    if (!shown.starts_with("postgresql:")) return shown;
    auto hide = [&](std::size_t begin, std::size_t end) { shown.replace(begin, end - begin, "***"); };
    // The parameters first: a password in one may hold an @.
    constexpr std::string_view parameter = "password="; // and `sslpassword=`
    for (auto at = shown.find(parameter); at != shown.npos;
         at = shown.find(parameter, at + parameter.size())) {
        auto value = at + parameter.size();
        hide(value, std::min(shown.find('&', value), shown.size()));
    }
    // Whatever a malformed URL makes of it: everything from the first colon to the last @.
    auto user = shown.find("//") + 2;
    auto begin = shown.find(':', user);
    auto end = shown.rfind('@');
    if (begin != shown.npos && end != shown.npos && begin < end) hide(begin + 1, end);
    return shown;
}

namespace {

result<std::unique_ptr<database>> open_backend(environment& env, const database_options& options,
                                               std::string& why) {
    switch (options.type) {
    case database_type::memory:
        return open_memory_database(env, options);
    case database_type::sqlite:
        return open_sqlite_database(env, options, why);
    case database_type::file:
        return open_file_database(env, options, why);
    case database_type::postgresql:
        return open_postgresql_database(env, options, why);
    }
    return errc::bad_url;
}

} // namespace

std::string name_of(const database_options& options) {
    if (options.type != database_type::postgresql) return options.location;
    return without_password("postgresql:" + options.location);
}

result<std::unique_ptr<database>> open_database(environment& env, const database_options& options,
                                                std::string& why) {
    auto inner = options;
    if (options.keys) inner.sizes = encryption::sealed_bounds(options.sizes);
    auto opened = open_backend(env, inner, why);
    if (!opened) return opened.error();
    if (options.keys)
        return encryption::open_sealed(env, std::move(*opened), *options.keys, &has_personal_key,
                                       name_of(options), why);
    if (options.type == database_type::memory) return opened; // nobody has sealed anything in it
    return encryption::open_plain(env, std::move(*opened), name_of(options), why);
}

} // namespace rejoinder::persistence
