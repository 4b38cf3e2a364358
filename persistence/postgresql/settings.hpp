#pragma once

#include "persistence/result.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rejoinder::persistence::postgresql {

/// Where the server is and who asks, out of a URL as libpq knows it. The password is in here and comes out
/// only to libpq.
class settings {
public:
    /// `bad_url` when libpq cannot read it; its complaint may quote the password, so it is not passed on.
    static result<settings> parse(const std::string& url);

    /// Keywords and values in the order of `PQconnectdbParams`.
    const std::vector<std::pair<std::string, std::string>>& all() const noexcept { return values_; }
    std::string_view get(std::string_view keyword) const noexcept;
    void set(std::string_view keyword, std::string value);

    /// The place for people: `HOST/DATABASE`.
    std::string place() const;

    /// A native text without the password.
    std::string redact(std::string text) const;

private:
    std::vector<std::pair<std::string, std::string>> values_;
};

} // namespace rejoinder::persistence::postgresql
