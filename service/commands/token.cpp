#include "service/commands/token.hpp"

#include "persistence/hash.hpp"
#include "persistence/stores/topology_store.hpp"
#include "service/commands/command_loop.hpp"
#include "service/commands/commands.hpp"
#include "service/commands/database_output.hpp"
#include "service/credentials/opaque_tokens.hpp"

#include <charconv>
#include <utility>
#include <vector>

namespace rejoinder::service::commands {

using persistence::access_token;
using persistence::errc;
using persistence::stored;
using persistence::token_kind;
using persistence::token_store;

namespace {

constexpr std::size_t page_size = 500;
constexpr std::size_t longest_account = 128;

/// So much of a token's hash is its name for people; nobody can find the token by it.
constexpr std::size_t shown_id = 16;

using found_tokens = std::vector<stored<access_token>>;

std::string id_of(const stored<access_token>& token) {
    return token.key.substr(0, shown_id);
}

bool is_meant(const token_command& command, const stored<access_token>& token) {
    return (command.account.empty() || token.value.account == command.account) &&
           (command.device.empty() || token.value.device == command.device) &&
           token.key.starts_with(command.id);
}

/// Those tokens that the command means.
task<result<found_tokens>> find_tokens(persistence::database* in, token_command command) {
    token_store tokens(*in);
    found_tokens found;
    std::string after;
    do {
        auto listing = tokens.list(after, page_size);
        auto page = co_await std::move(listing);
        if (!page) co_return page.error();
        for (auto& one : page->records)
            if (is_meant(command, one)) found.push_back(std::move(one));
        after = page->next;
    } while (!after.empty());
    co_return found;
}

task<error_code> commit(persistence::database* in, persistence::record_write write, utc_time now) {
    persistence::change_set changes;
    changes.now = now;
    changes.writes.push_back(std::move(write));
    auto committing = in->commit(std::move(changes));
    auto outcome = co_await std::move(committing);
    co_return outcome.error;
}

json to_json(const stored<access_token>& token) {
    const auto& about = token.value;
    json shown = {{"id", id_of(token)},
                  {"account", about.account},
                  {"device", about.device.empty() ? json() : json(about.device)},
                  {"issued", to_unix(about.issued)},
                  {"expires", to_unix(about.expires)}};
    shown["revoked"] = about.revoked ? json(to_unix(*about.revoked)) : json();
    return shown;
}

std::string to_line(const stored<access_token>& token) {
    const auto& about = token.value;
    auto line = id_of(token) + "  " + about.account + "  " + (about.device.empty() ? "*" : about.device) +
                "  issued " + to_moment(about.issued) + "  expires " + to_moment(about.expires);
    if (about.revoked) line += "  revoked " + to_moment(*about.revoked);
    return line + "\n";
}

std::optional<command_store> open_token_store(command_loop& loop, const token_command& command,
                                              wanted_store what) {
    auto values = load_command_config(command.store);
    if (!values) return std::nullopt;
    auto where = find_store(*values, values->database, what);
    if (!where) return std::nullopt;
    return open_store(loop, *where, beside_server::shared);
}

} // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
    static constexpr std::pair<char, std::int64_t> units[] = {
        {'s', 1000}, {'m', 60'000}, {'h', 3'600'000}, {'d', 86'400'000}};
    static constexpr std::int64_t most = 3650LL * 86'400'000;
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    auto [unit, problem] = std::from_chars(text.data(), end, number);
    if (problem != std::errc() || unit + 1 != end || number <= 0) return std::nullopt;
    for (auto [letter, length] : units)
        if (*unit == letter && number <= most / length) return milliseconds(number * length);
    return std::nullopt;
}

int token_issue(const token_command& command) {
    auto life = parse_duration(command.expires);
    if (!life) {
        complain("issue: '" + command.expires +
                 "' is no duration; write a number and s, m, h or d, as in 90d");
        return 2;
    }
    if (command.account.empty() || command.account.size() > longest_account) {
        complain("issue: the account must have 1 to 128 bytes");
        return 2;
    }
    if (!command.device.empty() && !is_client_id(command.device)) {
        complain("issue: the device must be 1 to 64 letters, digits or one of - _ . :");
        return 2;
    }
    if (command.account == credentials::local_account) {
        complain("issue: the account 'local' is that of robots and of a server without credentials; choose "
                 "another");
        return 2;
    }
    command_loop loop;
    auto store = open_token_store(loop, command, wanted_store::existing_or_new);
    if (!store) return 1;
    auto now = loop.env().utc_now();
    access_token about;
    about.kind = command.device.empty() ? token_kind::client : token_kind::device;
    about.account = command.account;
    about.device = command.device;
    about.issued = now;
    about.expires = now + *life;
    auto token = credentials::make_token(loop.env());
    auto write = token_store(**store).issue(token, about);
    if (!write) {
        complain("issue: " + write.error().pointer.substr(1) + ": " + write.error().message);
        return 2;
    }
    if (auto error = loop.run(commit(store->get(), std::move(*write), now))) return fail("issue", error);
    if (!command.store.json) {
        print_text(token + "\n");
        return 0;
    }
    auto shown = to_json(stored<access_token>{sha256_hex(token), about, {}, now, now});
    shown["token"] = token;
    print_json(shown);
    return 0;
}

int token_list(const token_command& command) {
    command_loop loop;
    auto store = open_token_store(loop, command, wanted_store::existing);
    if (!store) return 1;
    auto found = loop.run(find_tokens(store->get(), command));
    if (!found) return fail("list", found.error());
    auto shown = json::array();
    std::string lines;
    for (const auto& token : *found) {
        shown.push_back(to_json(token));
        lines += to_line(token);
    }
    if (command.store.json)
        print_json(shown);
    else
        print_text(lines);
    return 0;
}

int token_revoke(const token_command& command) {
    command_loop loop;
    auto store = open_token_store(loop, command, wanted_store::existing);
    if (!store) return 1;
    auto found = loop.run(find_tokens(store->get(), command));
    if (!found) return fail("revoke", found.error());
    std::erase_if(*found, [](const stored<access_token>& token) { return token.value.revoked.has_value(); });
    if (found->empty()) {
        complain("revoke: there is no such token that is good; `rejoinder token list` names them");
        return 1;
    }
    auto now = loop.env().utc_now();
    for (const auto& token : *found) {
        auto write = token_store(**store).revoke(token, now);
        if (!write) return fail("revoke", errc::bad_record);
        if (auto error = loop.run(commit(store->get(), std::move(*write), now))) return fail("revoke", error);
    }
    if (command.store.json)
        print_json({{"revoked", found->size()}});
    else
        print_text(counted(found->size(), "token") + " revoked\n");
    return 0;
}

} // namespace rejoinder::service::commands
