#pragma once

#include "service/config.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <fstream>
#include <string>

namespace rejoinder::tests {

/// A configuration file for one test.
class toml_file {
public:
    explicit toml_file(const std::string& text) { std::ofstream(path(), std::ios::binary) << text; }
    std::string path() const { return folder_.file("rejoinder.toml"); }

private:
    temporary_folder folder_;
};

inline service::config from_file(const std::string& text, const service::config_values& environment = {},
                                 const service::config_values& flags = {}) {
    toml_file file(text);
    return service::load_config(file.path(), environment, flags);
}

/// Why the configuration was refused; empty when it was not.
inline std::string refusal(const std::string& text, const service::config_values& environment = {},
                           const service::config_values& flags = {}) {
    try {
        from_file(text, environment, flags);
        return "";
    } catch (const service::config_error& error) {
        return error.what();
    }
}

inline bool holds(const std::string& text, const std::string& part) {
    UNSCOPED_INFO(text);
    return text.find(part) != std::string::npos;
}

} // namespace rejoinder::tests
