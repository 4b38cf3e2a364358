#pragma once

#include "persistence/encryption/keyring.hpp"
#include "persistence/environment.hpp"
#include "persistence/result.hpp"

#include <string>
#include <string_view>

namespace rejoinder::persistence::encryption {

/// What a sealed text turns out to hold.
struct unsealed {
    std::string
        name; ///< what goes by another name outside (a personal key), or whose it is (a log's session)
    std::string text;
};

/// Seals texts under the current key of a keyring and opens what any of its keys has sealed. The environment
/// outlives it. Belongs to the environment's thread, which alone may ask for randomness.
class sealer {
public:
    sealer(environment& env, keyring keys) : environment_(env), keys_(std::move(keys)) {}

    const keyring& keys() const noexcept { return keys_; }

    /// Hides a text and a name, so that they open in this place alone.
    std::string seal(std::string_view place, std::string_view name, std::string_view text) const;

    /// `corrupt` when it was not sealed here or is not as it was then; `missing_key` when its key is not in
    /// the ring. The log has the key's id, once as long as it is the same.
    result<unsealed> open(std::string_view place, std::string_view sealed) const;

    /// Whether the text is sealed, and under the current key.
    bool is_current(std::string_view text) const noexcept;

private:
    environment& environment_;
    keyring keys_;
    mutable std::string told_; ///< the missing key that was logged last
};

} // namespace rejoinder::persistence::encryption
