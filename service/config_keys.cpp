#include "service/config_keys.hpp"

#include "persistence/database.hpp"
#include "service/credentials/origins.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <sstream>
#include <string_view>

namespace rejoinder::service {
namespace {

double to_number(const std::string& key, const std::string& text, double least, double most) {
    double value = 0;
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size()) fail(key, "must be a number");
    if (std::isnan(value) || value < least || value > most) {
        std::ostringstream bounds;
        bounds << "must be from " << least << " to " << most;
        fail(key, bounds.str());
    }
    return value;
}

std::int64_t to_whole(const std::string& key, const std::string& text, double least, double most) {
    auto value = to_number(key, text, least, most);
    if (value != std::trunc(value)) fail(key, "must be a whole number");
    return static_cast<std::int64_t>(value);
}

key_entry text_key(std::string name, std::string config::* member) {
    return {std::move(name), [member](config& c, const std::string& v) { c.*member = v; },
            [member](const config& c) { return quoted(c.*member); }};
}

key_entry secret_key(std::string name, secret config::* member) {
    return {std::move(name), [member](config& c, const std::string& v) { c.*member = secret(v); },
            [member](const config& c) { return quoted((c.*member).empty() ? "" : "***"); }, true};
}

/// A key of the table `responder`.
key_entry responder_text(std::string name, std::string openai::endpoint::* member) {
    return {"responder." + std::move(name),
            [member](config& c, const std::string& v) { c.responder.*member = v; },
            [member](const config& c) { return quoted(c.responder.*member); }};
}

void take_number(double& into, const std::string& key, const std::string& text, double least, double most) {
    into = to_number(key, text, least, most);
}

void take_number(std::size_t& into, const std::string& key, const std::string& text, double least,
                 double most) {
    into = static_cast<std::size_t>(to_whole(key, text, least, most));
}

void take_number(milliseconds& into, const std::string& key, const std::string& text, double least,
                 double most) {
    into = milliseconds(to_whole(key, text, least, most));
}

std::string written(double value) {
    return number_text(value);
}

std::string written(std::size_t value) {
    return std::to_string(value);
}

std::string written(milliseconds value) {
    return std::to_string(value.count());
}

/// `member` finds its switch in the configuration.
template <class Member>
key_entry switch_key(const std::string& name, Member member) {
    auto set = [=](config& c, const std::string& v) {
        if (v != "true" && v != "false") fail(name, "must be true or false");
        member(c) = v == "true";
    };
    auto get = [=](const config& c) { return std::string(member(c) ? "true" : "false"); };
    return {name, set, get};
}

template <class Number>
key_entry responder_number(const std::string& name, Number openai::endpoint::* member, double least,
                           double most) {
    auto key = "responder." + name;
    return {key,
            [=](config& c, const std::string& v) { take_number(c.responder.*member, key, v, least, most); },
            [=](const config& c) { return written(c.responder.*member); }};
}

key_entry switch_key(const std::string& name, bool config::* member) {
    return switch_key(name, [member](auto& c) -> auto& { return c.*member; });
}

/// A key of the table `limits`. `member` finds its number in the settings.
template <class Member>
key_entry limit_key(std::string_view name, Member member, double least, double most) {
    auto key = "limits." + std::string(name);
    auto set = [=](config& c, const std::string& v) { take_number(member(c.limits), key, v, least, most); };
    auto get = [=](const config& c) { return written(member(c.limits)); };
    return {key, set, get};
}

template <class Number>
key_entry limit(std::string_view name, Number settings::* member, double least, double most) {
    auto find = [member](auto& limits) -> auto& { return limits.*member; };
    return limit_key(name, find, least, most);
}

/// One of a group within the settings.
template <class Group, class Number>
key_entry limit(std::string_view name, Group settings::* group, Number Group::* member, double least,
                double most) {
    auto find = [group, member](auto& limits) -> auto& { return limits.*group.*member; };
    return limit_key(name, find, least, most);
}

/// One of some names, in the order of an enumeration.
template <class Choice, std::size_t Count>
Choice to_choice(const std::string& key, const std::string& text,
                 const std::array<std::string_view, Count>& names) {
    auto found = std::ranges::find(names, text);
    if (found != names.end()) return static_cast<Choice>(found - names.begin());
    std::string known;
    for (std::size_t i = 0; i < Count; ++i)
        known.append(i == 0 ? "" : i + 1 == Count ? " or " : ", ").append(names[i]);
    fail(key, "must be " + known);
}

template <class Choice, std::size_t Count>
key_entry credentials_choice(const std::string& name, Choice credentials::rules::* member,
                             const std::array<std::string_view, Count>& names) {
    auto set = [=, &names](config& c, const std::string& v) {
        c.credentials.*member = to_choice<Choice>(name, v, names);
    };
    auto get = [=](const config& c) {
        return quoted(std::string(credentials::to_string(c.credentials.*member)));
    };
    return {name, set, get};
}

key_entry credentials_text(std::string name, std::string credentials::rules::* member) {
    return {std::move(name), [member](config& c, const std::string& v) { c.credentials.*member = v; },
            [member](const config& c) { return quoted(c.credentials.*member); }};
}

/// The keys of the table `credentials`.
std::vector<key_entry> credentials_keys() {
    using credentials::rules;
    std::vector<key_entry> made;
    made.push_back(credentials_choice("credentials.kind", &rules::kind, credentials::kind_names));
    made.push_back(
        credentials_choice("credentials.algorithm", &rules::algorithm, credentials::algorithm_names));
    made.push_back({"credentials.key", [](config& c, const std::string& v) { c.credentials.key = secret(v); },
                    [](const config& c) { return quoted(c.credentials.key.empty() ? "" : "***"); }, true});
    made.push_back(credentials_text("credentials.key-file", &rules::key_file));
    made.push_back(credentials_text("credentials.issuer", &rules::issuer));
    made.push_back(credentials_text("credentials.audience", &rules::audience));
    made.push_back(credentials_text("credentials.account-claim", &rules::account_claim));
    made.push_back({"credentials.skew-ms",
                    [](config& c, const std::string& v) {
                        take_number(c.credentials.skew, "credentials.skew-ms", v, 0, 60'000);
                    },
                    [](const config& c) { return written(c.credentials.skew); }});
    return made;
}

/// What stands between commas, without the space around it.
std::vector<std::string> to_list(const std::string& text) {
    std::vector<std::string> list;
    std::istringstream in(text);
    for (std::string one; std::getline(in, one, ',');) {
        auto begin = std::min(one.find_first_not_of(' '), one.size());
        list.push_back(one.substr(begin, one.find_last_not_of(' ') + 1 - begin));
    }
    return list;
}

std::vector<std::string> to_origins(const std::string& text) {
    auto origins = to_list(text);
    for (const auto& one : origins)
        if (auto problem = credentials::problem_of_origin(one); !problem.empty())
            fail("origins", "each of them " + problem);
    return origins;
}

std::vector<std::string> to_proxies(const std::string& text) {
    auto proxies = to_list(text);
    websocket::trusted_proxies known;
    for (const auto& one : proxies)
        if (!known.add(one))
            fail("trusted-proxies", "each of them must be an address, or a network as 10.0.0.0/8");
    return proxies;
}

std::string written(const std::vector<std::string>& texts) {
    std::string out;
    for (const auto& text : texts)
        out.append(out.empty() ? "" : ", ").append(quoted(text));
    return "[" + out + "]";
}

/// Puts the keys of credentials where those of the encryption end.
std::vector<key_entry> with_credentials(std::vector<key_entry> others) {
    auto place =
        std::ranges::find_if(others, [](const key_entry& key) { return key.name.starts_with("limits."); });
    auto ours = credentials_keys();
    others.insert(place, ours.begin(), ours.end());
    return others;
}

/// A key of the table `housekeeping`.
template <class Member>
key_entry housekeeping_key(std::string_view name, Member member, double least, double most) {
    auto key = "housekeeping." + std::string(name);
    auto set = [=](config& c, const std::string& v) {
        take_number(member(c.housekeeping), key, v, least, most);
    };
    auto get = [=](const config& c) { return written(member(c.housekeeping)); };
    return {key, set, get};
}

} // namespace

void fail(const std::string& key, const std::string& what) {
    throw config_error(key + ": " + what);
}

std::string number_text(double value) {
    char digits[32];
    return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

std::string quoted(const std::string& text) {
    static constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out = "\"";
    for (char c : text) {
        auto code = static_cast<unsigned char>(c);
        if (code < 0x20 || code == 0x7f) {
            out += "\\u00";
            out += hex[code >> 4];
            out += hex[code & 15];
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

const std::vector<key_entry>& keys() {
    static constexpr double day = 86'400'000;
    using listener = websocket::listener_limits;
    using queues = persistence::queue_bounds;
    using connection = websocket::connection_limits;
    static const std::vector<key_entry> all = with_credentials({
        text_key("listen", &config::listen),
        text_key("admin-listen", &config::admin_listen),
        {"database", [](config& c, const std::string& v) { c.database = v; },
         [](const config& c) { return quoted(persistence::without_password(c.database)); }},
        text_key("machines", &config::machines),
        text_key("robot-machine", &config::robot_machine),
        text_key("log-level", &config::log_level),
        {"threads", [](config& c, const std::string& v) { take_number(c.threads, "threads", v, 0, 256); },
         [](const config& c) { return written(c.threads); }},
        text_key("record", &config::record),
        {"node", [](config& c, const std::string& v) { c.limits.node = v; },
         [](const config& c) { return quoted(c.limits.node); }},
        {"node-url", [](config& c, const std::string& v) { c.limits.node_url = v; },
         [](const config& c) { return quoted(c.limits.node_url); }},
        switch_key("echo", &config::echo),
        {"origins", [](config& c, const std::string& v) { c.origins = to_origins(v); },
         [](const config& c) { return written(c.origins); }, false, true},
        {"trusted-proxies", [](config& c, const std::string& v) { c.trusted_proxies = to_proxies(v); },
         [](const config& c) { return written(c.trusted_proxies); }, false, true},
        switch_key("file.compress", &config::compresses_files),
        secret_key("encryption.key", &config::encryption_key),
        text_key("encryption.key-file", &config::encryption_key_file),
        responder_text("url", &openai::endpoint::url),
        responder_text("model", &openai::endpoint::model),
        {"responder.key", [](config& c, const std::string& v) { c.responder.key = secret(v); },
         [](const config& c) { return quoted(c.responder.key.empty() ? "" : "***"); }, true},
        responder_number("tokens", &openai::endpoint::tokens, 1, 1'000'000),
        responder_number("tries", &openai::endpoint::tries, 1, 16),
        responder_number("connect-ms", &openai::endpoint::connect, 10, 60'000),
        responder_number("silence-ms", &openai::endpoint::silence, 1000, 60'000),
        limit("hello-ms", &settings::hello_deadline, 10, 600'000),
        limit("heartbeat-ms", &settings::heartbeat, 100, day),
        limit("heartbeat-answer-ms", &settings::heartbeat_answer, 100, day),
        limit("credit", &settings::credit, 1, 1024),
        limit("queued-turns", &settings::queued_turns, 1, 1024),
        limit("mailbox", &settings::mailbox, 8, 65536),
        limit("replay-events", &settings::replay_events, 0, 1 << 20),
        limit("replay-bytes", &settings::replay_bytes, 0, 1 << 30),
        limit("log-events", &settings::log, &log_bounds::events, 16, 1 << 20),
        limit("log-bytes", &settings::log, &log_bounds::bytes, 4096, 1 << 30),
        limit("log-age-ms", &settings::log, &log_bounds::age, 1000, 365 * day),
        limit("turn-memory-ms", &settings::turn_memory, 1000, 365 * day),
        limit("session-life-ms", &settings::session_life, 1000, 3650 * day),
        limit("idle-deactivation-ms", &settings::idle_deactivation, 10, day),
        limit("live-sessions", &settings::live_sessions, 1, 10'000'000),
        limit("woken-per-second", &settings::woken_per_second, 1, 1'000'000),
        limit("takeovers", &settings::takeovers, 1, 1'000'000),
        limit("takeover-window-ms", &settings::takeover_window, 1, day),
        limit("attach-per-minute", &settings::attach_attempts_per_minute, 0.01, 1e9),
        limit("attach-burst", &settings::attach_attempts_burst, 1, 1e9),
        limit("attach-per-minute-of-address", &settings::address_attempts_per_minute, 0.01, 1e9),
        limit("attach-burst-of-address", &settings::address_attempts_burst, 1, 1e9),
        limit("attach-per-minute-of-account", &settings::account_attempts_per_minute, 0.01, 1e9),
        limit("attach-burst-of-account", &settings::account_attempts_burst, 1, 1e9),
        limit("connections-per-account", &settings::connections_per_account, 1, 1'000'000),
        limit("connections-per-user", &settings::connections_per_user, 1, 1'000'000),
        limit("credentials-look-ms", &settings::credentials_look, 100, 30'000),
        limit("retiring-token-ms", &settings::retiring_token, 0, day),
        limit("robot-connections", &settings::robot_connections, 1, 10'000),
        limit("robot-connections-per-minute", &settings::robot_connections_per_minute, 0.01, 1e9),
        limit("presence-patience-ms", &settings::presence_patience, 0, 5000),
        limit("robot-linger-ms", &settings::robot_linger, 0, day),
        limit("queued-commits", &settings::queues, &queues::commits, 1, 1'000'000),
        limit("queued-commit-bytes", &settings::queues, &queues::commit_bytes, 1 << 20, 1LL << 36),
        limit("queued-commit-wait-ms", &settings::queues, &queues::commit_wait, 1, day),
        limit("commit-lag-ms", &settings::commit_lag, 1, day),
        limit("queued-reads", &settings::queues, &queues::reads, 1, 1'000'000),
        limit("database-readers", &settings::queues, &queues::readers, 1, 16),
        limit("database-connections", &settings::database_connections, 2, 1000),
        limit("database-statement-ms", &settings::database_statement, 100, 600'000),
        limit("memory-mb", &settings::memory_mb, 0, 1 << 24),
        limit("recording-bytes", &settings::recording_bytes, 1 << 16, 1LL << 40),
        limit("recordings-bytes", &settings::recordings_bytes, 1 << 16, 1LL << 50),
        limit("drain-ms", &settings::drain, 0, day),
        limit("connections", &settings::listener, &listener::connections, 1, 1'000'000),
        limit("connections-per-address", &settings::listener, &listener::connections_per_address, 1,
              1'000'000),
        switch_key("limits.bounds-on-loopback",
                   [](auto& c) -> auto& { return c.limits.listener.bounds_loopback; }),
        limit("unattached", &settings::unattached, 1, 1'000'000),
        limit("handshake-ms", &settings::listener, &listener::handshake_deadline, 10, 600'000),
        limit("header-bytes", &settings::listener, &listener::header_bytes, 1024, 1 << 20),
        limit("header-fields", &settings::listener, &listener::header_fields, 8, 10'000),
        limit("message-bytes", &settings::connection, &connection::message, 1024, 1 << 26),
        limit("fragments", &settings::connection, &connection::fragments, 1, 1 << 20),
        limit("message-ms", &settings::connection, &connection::message_deadline, 10, day),
        limit("write-ms", &settings::connection, &connection::write_deadline, 10, day),
        limit("close-ms", &settings::connection, &connection::close_deadline, 10, day),
        limit("outbox-bytes", &settings::connection, &connection::outbox_bytes, 4096, 1 << 30),
        limit("outbox-frames", &settings::connection, &connection::outbox_frames, 8, 1 << 20),
        limit("messages-per-second", &settings::connection, &connection::messages_per_second, 0.1, 1e9),
        limit("message-burst", &settings::connection, &connection::message_burst, 1, 1e9),
        limit("control-frames-per-second", &settings::connection, &connection::control_frames_per_second, 1,
              1e9),
        housekeeping_key(
            "interval-ms", [](auto& h) -> auto& { return h.interval; }, 0, 365 * day),
        housekeeping_key(
            "pause-ms", [](auto& h) -> auto& { return h.pause; }, 0, day),
        housekeeping_key(
            "reflection-age-ms", [](auto& h) -> auto& { return h.retention.reflection_age; }, 1000,
            3650 * day),
        housekeeping_key(
            "reflections-per-session", [](auto& h) -> auto& { return h.retention.reflections_per_session; },
            1, 1'000'000),
    });
    return all;
}

} // namespace rejoinder::service
