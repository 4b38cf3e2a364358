#pragma once

#include "persistence/result.hpp"
#include "tests/support/catch.hpp"

#include <string>

/// A failed check shows a result's error; its value need not be printable.
template <class T>
struct Catch::StringMaker<rejoinder::result<T>> {
    static std::string convert(const rejoinder::result<T>& r) {
        return r ? "a value" : "error: " + r.error().message();
    }
};
