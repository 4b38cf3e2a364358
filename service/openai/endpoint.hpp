#pragma once

#include "persistence/secret.hpp"
#include "persistence/time.hpp"

#include <cstddef>
#include <string>

namespace rejoinder::service::openai {

/// Where a language model is asked, and how.
struct endpoint {
    std::string url;             ///< of the API, as http://127.0.0.1:8000/v1; empty: there is none
    std::string model;           ///< as the endpoint names it
    secret key;                  ///< empty: none is shown
    std::size_t tokens = 1024;   ///< at most, of one answer
    std::size_t tries = 3;       ///< of one question, where trying again may help
    milliseconds connect{5000};  ///< until which there must be a connection
    milliseconds silence{20000}; ///< for so long an answer may not grow
};

} // namespace rejoinder::service::openai
