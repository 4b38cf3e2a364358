#include "persistence/encryption/keyring.hpp"

#include "persistence/base64.hpp"
#include "persistence/encryption/cipher.hpp"
#include "persistence/key_file.hpp"

#include <openssl/crypto.h>

#include <algorithm>

namespace rejoinder::persistence::encryption {
namespace {

constexpr std::size_t longest_id = 32;

bool is_key_id(std::string_view id) {
    auto is_good = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '_' || c == '.';
    };
    return !id.empty() && id.size() <= longest_id && std::ranges::all_of(id, is_good);
}

std::string_view without_spaces(std::string_view line) {
    constexpr std::string_view spaces = " \t\r";
    auto begin = std::min(line.find_first_not_of(spaces), line.size());
    line.remove_prefix(begin);
    return line.substr(0, line.find_last_not_of(spaces) + 1);
}

std::string to_words(key_length wanted) {
    auto least = std::to_string(wanted.least);
    if (wanted.least == wanted.most) return "exactly " + least;
    return least + " to " + std::to_string(wanted.most);
}

/// The key of a line, or what is wrong with it. Nothing of the line is told: what looks like an id may be a
/// part of a key.
std::optional<named_key> parse_key(std::string_view line, key_length wanted, std::string& why) {
    auto colon = line.find(':');
    if (colon == line.npos || !is_key_id(line.substr(0, colon))) {
        why = "must be ID:KEY, with an id of 1 to 32 letters, digits, '-', '_' and '.'";
        return std::nullopt;
    }
    auto bytes = from_base64(line.substr(colon + 1));
    if (!bytes) {
        why = "must have its key in base64 behind the colon; `openssl rand -base64 32` makes one";
        return std::nullopt;
    }
    named_key made{std::string(line.substr(0, colon)), secret(*bytes)};
    OPENSSL_cleanse(bytes->data(), bytes->size());
    auto size = made.bytes.bytes().size();
    if (size < wanted.least || size > wanted.most) {
        why = "must have a key of " + to_words(wanted) + " bytes; `openssl rand -base64 32` makes one";
        return std::nullopt;
    }
    return made;
}

} // namespace

const named_key* keyring::find(std::string_view id) const noexcept {
    auto found = std::ranges::find(keys_, id, &named_key::id);
    return found == keys_.end() ? nullptr : &*found;
}

std::optional<std::vector<named_key>> parse_key_lines(const secret& text, key_length wanted,
                                                      std::string& why) {
    std::vector<named_key> keys;
    auto rest = text.bytes();
    for (int number = 1; !rest.empty(); ++number) {
        auto end = std::min(rest.find('\n'), rest.size());
        auto line = without_spaces(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty() || line.starts_with('#')) continue;
        auto made = parse_key(line, wanted, why);
        bool is_double = made && std::ranges::find(keys, made->id, &named_key::id) != keys.end();
        if (is_double) why = "has the id of a key above it; give each key an id of its own";
        if (!made || is_double) {
            why.insert(0, "line " + std::to_string(number) + " ");
            return std::nullopt;
        }
        keys.push_back(std::move(*made));
    }
    if (keys.empty()) {
        why = "there is no key; write a line ID:KEY, with a key that `openssl rand -base64 32` makes";
        return std::nullopt;
    }
    return keys;
}

std::optional<keyring> parse_keyring(const secret& text, std::string& why) {
    auto keys = parse_key_lines(text, {key_size, key_size}, why);
    if (!keys) return std::nullopt;
    return keyring(std::move(*keys));
}

std::optional<keyring> load_keyring(const std::string& file, std::string& why) {
    auto text = read_key_file(file, key_file_kind::secret_keys, why);
    if (!text) return std::nullopt;
    auto keys = parse_keyring(*text, why);
    if (!keys) why = "the file " + file + ": " + why;
    return keys;
}

} // namespace rejoinder::persistence::encryption
