#pragma once

#include "persistence/secret.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::persistence::encryption {

/// A key and the name under which the values that it seals know it.
struct named_key {
    std::string id; ///< 1 to 32 characters out of letters, digits, `-`, `_` and `.`
    secret bytes;
};

/// The keys that a program was given: the first one seals, all of them open. As long as a store holds values
/// under a key, it stays here behind the new one.
class keyring {
public:
    /// There is at least one key.
    explicit keyring(std::vector<named_key> keys) : keys_(std::move(keys)) {}

    const named_key& current() const noexcept { return keys_.front(); }
    const std::vector<named_key>& keys() const noexcept { return keys_; }

    /// Nothing when there is no such key.
    const named_key* find(std::string_view id) const noexcept;

private:
    std::vector<named_key> keys_;
};

/// How many bytes a key may have.
struct key_length {
    std::size_t least;
    std::size_t most;
};

/// Lines `ID:KEY`, KEY being so many bytes in base64, at least one of them, each with an id of its own. Empty
/// lines and those that begin with `#` say nothing. Otherwise nothing, and `why` says what is wrong, in which
/// line, without any of the text.
std::optional<std::vector<named_key>> parse_key_lines(const secret& text, key_length wanted,
                                                      std::string& why);

/// Such lines with keys of 32 bytes; the first one is the current key.
std::optional<keyring> parse_keyring(const secret& text, std::string& why);

/// The keys in a file that nobody but its owner may read or write.
std::optional<keyring> load_keyring(const std::string& file, std::string& why);

} // namespace rejoinder::persistence::encryption
