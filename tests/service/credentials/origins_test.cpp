#include "service/credentials/origins.hpp"

#include "tests/support/catch.hpp"

using namespace rejoinder::service::credentials;

TEST_CASE("an origin is what a browser writes, and nothing with a path, a pattern or capitals") {
    for (const auto* good : {"https://app.example.org", "http://localhost:3000", "http://127.0.0.1:8080",
                             "http://[::1]:8080", "capacitor://localhost"}) {
        CAPTURE(good);
        CHECK(problem_of_origin(good).empty());
    }
    for (const auto* bad :
         {"", "null", "*", "app.example.org", "https://", "https://app.example.org/", "https://*.example.org",
          "https://App.example.org", "HTTPS://app.example.org", "://a", "https://a b", "https://a?b",
          "https://user@a", "https://app.example.org:443", "http://app.example.org:80"}) {
        CAPTURE(bad);
        CHECK_FALSE(problem_of_origin(bad).empty());
    }
}

TEST_CASE("a page may connect when its origin is listed letter by letter") {
    const std::vector<std::string> listed{"https://app.example.org", "http://localhost:3000"};
    CHECK(is_listed_origin(listed, "https://app.example.org"));
    CHECK(is_listed_origin(listed, "http://localhost:3000"));
    for (const auto* other : {"", "null", "http://app.example.org", "https://app.example.org:8443",
                              "https://app.example.org.evil.org", "https://evil-app.example.org",
                              "https://app.example.or", "http://localhost"}) {
        CAPTURE(other);
        CHECK_FALSE(is_listed_origin(listed, other));
    }
    CHECK_FALSE(is_listed_origin({}, "https://app.example.org"));
}
