#include "persistence/postgresql/settings.hpp"

#include "persistence/error.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <cstdlib>

namespace rejoinder::persistence::postgresql {

result<settings> settings::parse(const std::string& url) {
    char* complaint = nullptr;
    auto* parsed = PQconninfoParse(url.c_str(), &complaint);
    PQfreemem(complaint);
    if (!parsed) return errc::bad_url;
    settings made;
    made.set("application_name", "rejoinder");
    // A peer that is gone without a word is noticed by the kernel. Milliseconds and seconds.
    made.set("tcp_user_timeout", "10000");
    made.set("keepalives_idle", "10");
    for (auto* at = parsed; at->keyword; ++at)
        if (at->val) made.set(at->keyword, at->val);
    PQconninfoFree(parsed);
    // Taken over so that a name in it is looked up as any other.
    const char* host = std::getenv("PGHOST");
    bool is_placed =
        !made.get("host").empty() || !made.get("hostaddr").empty() || !made.get("service").empty();
    if (host && !is_placed && !std::getenv("PGHOSTADDR") && !std::getenv("PGSERVICE")) made.set("host", host);
    made.set("client_encoding", "UTF8");
    return made;
}

std::string_view settings::get(std::string_view keyword) const noexcept {
    auto found = std::ranges::find(values_, keyword, &std::pair<std::string, std::string>::first);
    return found == values_.end() ? std::string_view() : std::string_view(found->second);
}

void settings::set(std::string_view keyword, std::string value) {
    auto found = std::ranges::find(values_, keyword, &std::pair<std::string, std::string>::first);
    if (found == values_.end())
        values_.emplace_back(keyword, std::move(value));
    else
        found->second = std::move(value);
}

std::string settings::place() const {
    return std::string(get("host")) + "/" + std::string(get("dbname"));
}

std::string settings::redact(std::string text) const {
    for (auto keyword : {"password", "sslpassword"}) {
        auto secret = get(keyword);
        if (secret.empty()) continue;
        for (auto at = text.find(secret); at != text.npos; at = text.find(secret, at + 3))
            text.replace(at, secret.size(), "***");
    }
    return text;
}

} // namespace rejoinder::persistence::postgresql
