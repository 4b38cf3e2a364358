#include "service/config.hpp"

#include "persistence/edit_distance.hpp"
#include "service/config_keys.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace rejoinder::service {
namespace {

/// A message above so many times `limits.message-bytes` closes its connection before it is read.
constexpr std::size_t hard_factor = 16;

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
    // What is written out can be read by whoever sees the file or the list of processes.
    if (entry->is_secret && !value.empty() && value.find("${") == value.npos)
        fail(key, "must be a variable, written ${NAME}; or name a file with " + key + "-file");
    entry->set(into, expand(key, value, environment));
}

std::string scalar_text(const std::string& key, const toml::node& node) {
    if (auto text = node.value_exact<std::string>()) return *text;
    if (auto truth = node.value_exact<bool>()) return *truth ? "true" : "false";
    if (auto whole = node.value_exact<std::int64_t>()) return std::to_string(*whole);
    if (auto real = node.value_exact<double>()) return number_text(*real);
    fail(key, "must be a text, a number, true or false");
}

/// The texts of an array, as a flag would have them.
std::string list_text(const std::string& key, const toml::array& nodes) {
    std::string all;
    for (const auto& node : nodes) {
        auto text = node.value_exact<std::string>();
        if (!text) fail(key, "must be a list of texts");
        all.append(all.empty() ? "" : ",").append(*text);
    }
    return all;
}

std::string value_text(const std::string& key, const toml::node& node) {
    auto entry = find_key(key);
    const auto* list = entry != keys().end() && entry->is_list ? node.as_array() : nullptr;
    return list ? list_text(key, *list) : scalar_text(key, node);
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
            apply(into, key, value_text(key, node), environment);
        }
    }
}

/// Where a printed configuration becomes a file, what stands for a secret must not become one.
std::string as_comment(const std::string& line) {
    return "# " + line;
}

constexpr std::string_view variable_prefix = "REJOINDER_";

/// What a client shows (`rejoinder chat`), which is no key of the configuration.
constexpr std::string_view token_variable = "TOKEN";

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
        if (std::ranges::find(names, name) != names.end() || name == token_variable) continue;
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
    std::string text;
    std::string table;
    for (const auto& key : keys()) {
        auto dot = key.name.find('.');
        auto its_table = dot == key.name.npos ? std::string() : key.name.substr(0, dot);
        if (its_table != table) text += "\n[" + its_table + "]\n";
        table = its_table;
        auto line = key.name.substr(dot == key.name.npos ? 0 : dot + 1) + " = " + key.get(values) + "\n";
        text += key.is_secret ? as_comment(line) : line;
    }
    if (values.robot_tokens.empty()) return text;
    std::string tokens = "\n[robot-tokens]\n";
    for (const auto& token : values.robot_tokens)
        tokens += as_comment("\"***\" = " + quoted(token.device) + "\n");
    return text + tokens;
}

} // namespace rejoinder::service
