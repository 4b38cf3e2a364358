#include "service/config.hpp"

#include "persistence/database.hpp"
#include "persistence/edit_distance.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <unistd.h>

namespace rejoinder::service {
namespace {

/// A message above so many times `limits.message-bytes` closes its connection before it is read.
constexpr std::size_t hard_factor = 16;

[[noreturn]] void fail(const std::string& key, const std::string& what) {
    throw config_error(key + ": " + what);
}

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

/// The shortest text that is read as the same number.
std::string number_text(double value) {
    char digits[32];
    return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

/// One key of the configuration: how its text becomes a value and the other way round.
struct key_entry {
    std::string name;
    std::function<void(config&, const std::string&)> set;
    std::function<std::string(const config&)> get;
};

/// A basic string of TOML.
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

key_entry text_key(std::string name, std::string config::* member) {
    return {std::move(name), [member](config& c, const std::string& v) { c.*member = v; },
            [member](const config& c) { return quoted(c.*member); }};
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

const std::vector<key_entry>& keys() {
    static constexpr double day = 86'400'000;
    using listener = websocket::listener_limits;
    using queues = persistence::queue_bounds;
    using connection = websocket::connection_limits;
    static const std::vector<key_entry> all = {
        text_key("listen", &config::listen),
        {"database", [](config& c, const std::string& v) { c.database = v; },
         [](const config& c) { return quoted(persistence::without_password(c.database)); }},
        text_key("machines", &config::machines),
        text_key("robot-machine", &config::robot_machine),
        text_key("log-level", &config::log_level),
        {"node", [](config& c, const std::string& v) { c.limits.node = v; },
         [](const config& c) { return quoted(c.limits.node); }},
        {"echo",
         [](config& c, const std::string& v) {
             if (v != "true" && v != "false") fail("echo", "must be true or false");
             c.echo = v == "true";
         },
         [](const config& c) { return std::string(c.echo ? "true" : "false"); }},
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
        limit("takeovers", &settings::takeovers, 1, 1'000'000),
        limit("takeover-window-ms", &settings::takeover_window, 1, day),
        limit("attach-per-minute", &settings::attach_attempts_per_minute, 0.01, 1e9),
        limit("attach-burst", &settings::attach_attempts_burst, 1, 1e9),
        limit("connections-per-user", &settings::connections_per_user, 1, 1'000'000),
        limit("retiring-token-ms", &settings::retiring_token, 0, day),
        limit("robot-connections", &settings::robot_connections, 1, 10'000),
        limit("robot-connections-per-minute", &settings::robot_connections_per_minute, 0.01, 1e9),
        limit("presence-patience-ms", &settings::presence_patience, 0, 5000),
        limit("robot-linger-ms", &settings::robot_linger, 0, day),
        limit("queued-commits", &settings::queues, &queues::commits, 1, 1'000'000),
        limit("queued-commit-bytes", &settings::queues, &queues::commit_bytes, 1 << 20, 1LL << 36),
        limit("queued-commit-wait-ms", &settings::queues, &queues::commit_wait, 1, day),
        limit("queued-reads", &settings::queues, &queues::reads, 1, 1'000'000),
        limit("database-connections", &settings::database_connections, 2, 1000),
        limit("database-statement-ms", &settings::database_statement, 100, 600'000),
        limit("drain-ms", &settings::drain, 0, day),
        limit("connections", &settings::listener, &listener::connections, 1, 1'000'000),
        limit("connections-per-address", &settings::listener, &listener::connections_per_address, 1,
              1'000'000),
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
    };
    return all;
}

[[noreturn]] void fail_unset(const std::string& key, const std::string& variable) {
    std::ostringstream what;
    what << "the variable " << variable << " is not set; set it, or write ${" << variable << ":-default}";
    fail(key, what.str());
}

std::string expand(const std::string& key, const std::string& text, const config_values& environment) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        auto begin = text.find("${", at);
        auto end = begin == text.npos ? text.npos : text.find('}', begin);
        if (end == text.npos) return out + text.substr(at);
        out += text.substr(at, begin - at);
        auto inside = text.substr(begin + 2, end - begin - 2);
        auto dash = inside.find(":-");
        auto name = inside.substr(0, dash);
        auto found = environment.find(name);
        if (found != environment.end() && (dash == inside.npos || !found->second.empty()))
            out += found->second;
        else if (dash != inside.npos)
            out += inside.substr(dash + 2);
        else
            fail_unset(key, name);
        at = end + 1;
    }
    return out;
}

std::vector<key_entry>::const_iterator find_key(const std::string& name) {
    return std::ranges::find(keys(), name, &key_entry::name);
}

/// Which of the names a wrong one may have been meant to be: one that lacks only its table, or the nearest
/// one when that is near; empty when there is none.
std::string meant(const std::string& wrong, const std::vector<std::string>& names, char separator) {
    auto in_table = std::ranges::find_if(
        names, [&](const std::string& known) { return known.ends_with(separator + wrong); });
    if (in_table != names.end()) return *in_table;
    auto near =
        std::ranges::min_element(names, {}, [&](const auto& known) { return edit_distance(wrong, known); });
    bool close = edit_distance(wrong, *near) <= 3 || near->find(wrong) != std::string::npos;
    return close ? *near : "";
}

/// An unknown key as an error may show it. Behind the name of a table that is unknown too may stand a robot's
/// token: only the table is named.
std::string without_secrets(const std::string& key) {
    auto dot = key.find('.');
    auto is_known = [&](const key_entry& known) { return known.name.starts_with(key.substr(0, dot + 1)); };
    return dot == key.npos || std::ranges::any_of(keys(), is_known) ? key : key.substr(0, dot);
}

void apply(config& into, const std::string& key, const std::string& value, const config_values& environment) {
    static constexpr std::string_view tokens = "robot-tokens.";
    if (key.starts_with(tokens)) {
        auto token = expand("robot-tokens", key.substr(tokens.size()), environment);
        into.robot_tokens.push_back({std::move(token), expand("robot-tokens", value, environment)});
        return;
    }
    auto entry = find_key(key);
    if (entry == keys().end()) {
        std::vector<std::string> names;
        for (const auto& known : keys())
            names.push_back(known.name);
        auto near = meant(key, names, '.');
        fail(without_secrets(key),
             near.empty() ? "there is no such key" : "there is no such key; did you mean '" + near + "'?");
    }
    entry->set(into, expand(key, value, environment));
}

std::string scalar_text(const std::string& key, const toml::node& node) {
    if (auto text = node.value_exact<std::string>()) return *text;
    if (auto truth = node.value_exact<bool>()) return *truth ? "true" : "false";
    if (auto whole = node.value_exact<std::int64_t>()) return std::to_string(*whole);
    if (auto real = node.value_exact<double>()) return number_text(*real);
    fail(key, "must be a text, a number, true or false");
}

void apply_table(config& into, const toml::table& table, const std::string& prefix,
                 const config_values& environment) {
    for (const auto& [name, node] : table) {
        auto key = prefix + std::string(name.str());
        if (const auto* inner = node.as_table(); inner && key == "robot-tokens") {
            for (const auto& [token, device] : *inner) {
                apply(into, key + "." + std::string(token.str()), scalar_text(key, device), environment);
            }
        } else if (inner && find_key(key) == keys().end()) {
            apply_table(into, *inner, key + ".", environment);
        } else {
            apply(into, key, scalar_text(key, node), environment);
        }
    }
}

constexpr std::string_view variable_prefix = "REJOINDER_";

/// A key as the variables spell it, behind their prefix.
std::string spelled(std::string key) {
    std::ranges::transform(key, key.begin(), [](char c) {
        return c == '.' || c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    });
    return key;
}

std::string variable_name(const std::string& key) {
    return std::string(variable_prefix) + spelled(key);
}

} // namespace

config load_config(const std::string& file, const config_values& environment, const config_values& flags) {
    config values;
    if (!file.empty()) {
        std::ifstream in(file, std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        if (!in || std::filesystem::is_directory(file))
            fail(file, "the file can't be read; look at its name and permissions");
        try {
            apply_table(values, toml::parse(text.str()), "", environment);
        } catch (const toml::parse_error& error) {
            fail(file, "line " + std::to_string(error.source().begin.line) + ": " +
                           std::string(error.description()));
        }
    }
    for (const auto& key : keys()) {
        if (auto set = environment.find(variable_name(key.name)); set != environment.end())
            key.set(values, expand(key.name, set->second, environment));
    }
    for (const auto& [key, value] : flags)
        apply(values, key, value, environment);
    values.limits.connection.message_hard = hard_factor * values.limits.connection.message;
    return values;
}

std::vector<std::string> misspelt_variables(const config_values& environment) {
    std::vector<std::string> names;
    for (const auto& key : keys())
        names.push_back(spelled(key.name));
    std::vector<std::string> sentences;
    for (const auto& [variable, value] : environment) {
        if (!variable.starts_with(variable_prefix)) continue;
        auto name = variable.substr(variable_prefix.size());
        if (std::ranges::find(names, name) != names.end()) continue;
        auto near = meant(name, names, '_');
        if (near.empty()) continue;
        auto& sentence = sentences.emplace_back(variable);
        sentence += ": there is no such variable and it changes nothing; did you mean '";
        sentence += variable_prefix;
        sentence += near + "'?";
    }
    return sentences;
}

config_values process_environment() {
    config_values variables;
    for (char** entry = environ; *entry; ++entry) {
        std::string_view text = *entry;
        auto equals = text.find('=');
        if (equals != text.npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return variables;
}

std::string print(const config& values) {
    std::string top;
    std::string limits = "\n[limits]\n";
    static constexpr std::string_view prefix = "limits.";
    for (const auto& key : keys()) {
        bool limit = key.name.starts_with(prefix);
        auto name = limit ? key.name.substr(prefix.size()) : key.name;
        (limit ? limits : top) += name + " = " + key.get(values) + "\n";
    }
    if (values.robot_tokens.empty()) return top + limits;
    // As comments: where this text becomes a file, what stands for a token must let nobody in.
    std::string tokens = "\n[robot-tokens]\n";
    for (const auto& token : values.robot_tokens)
        tokens += "# \"***\" = " + quoted(token.device) + "\n";
    return top + limits + tokens;
}

} // namespace rejoinder::service
