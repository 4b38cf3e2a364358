#pragma once

#include "service/credentials/credentials.hpp"
#include "tests/support/catch.hpp"

#include <string>

/// A failed check shows why there is no principal.
template <>
struct Catch::StringMaker<rejoinder::service::credentials::found_principal> {
    static std::string convert(const rejoinder::service::credentials::found_principal& found) {
        return found ? found->account.text : std::string(to_string(found.error()));
    }
};
