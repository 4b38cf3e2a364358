#pragma once

#include "service/config.hpp"

#include <functional>
#include <string>
#include <vector>

namespace rejoinder::service {

/// One key of the configuration: how its text becomes a value and the other way round.
struct key_entry {
    std::string name;
    std::function<void(config&, const std::string&)> set;
    std::function<std::string(const config&)> get;
    bool is_secret = false; ///< `get` shows no more than whether it is set
    bool is_list = false;   ///< texts: an array in TOML, otherwise parted by commas
};

/// All keys, in the order in which they are printed: those without a table first.
const std::vector<key_entry>& keys();

/// Throws the `config_error` of a key.
[[noreturn]] void fail(const std::string& key, const std::string& what);

/// The shortest text that is read as the same number.
std::string number_text(double value);

/// A basic string of TOML.
std::string quoted(const std::string& text);

} // namespace rejoinder::service
