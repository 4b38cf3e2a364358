#include "websocket/url.hpp"

#include "websocket/error.hpp"

#include <algorithm>
#include <charconv>

namespace rejoinder::websocket {
namespace {

bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != '#' && c != '@'; });
}

bool parse_port(std::string_view text, std::uint16_t& out) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && out != 0;
}

} // namespace

std::string url::authority() const {
    auto name = host.find(':') == std::string::npos ? host : '[' + host + ']';
    return port == 80 ? name : name + ':' + std::to_string(port);
}

result<url> parse_url(std::string_view text) {
    constexpr std::string_view scheme = "ws://";
    if (!text.starts_with(scheme) || !is_plain(text)) return errc::bad_url;
    text.remove_prefix(scheme.size());

    url parsed;
    auto slash = std::min(text.find_first_of("/?"), text.size());
    auto authority = text.substr(0, slash);
    if (slash < text.size())
        parsed.target =
            text[slash] == '/' ? std::string(text.substr(slash)) : '/' + std::string(text.substr(slash));

    if (authority.starts_with('[')) {
        auto bracket = authority.find(']');
        if (bracket == std::string_view::npos) return errc::bad_url;
        parsed.host = authority.substr(1, bracket - 1);
        authority.remove_prefix(bracket + 1);
    } else {
        auto colon = std::min(authority.find(':'), authority.size());
        parsed.host = authority.substr(0, colon);
        authority.remove_prefix(colon);
    }
    if (parsed.host.empty()) return errc::bad_url;
    if (!authority.empty()) {
        if (authority.front() != ':' || !parse_port(authority.substr(1), parsed.port)) return errc::bad_url;
    }
    return parsed;
}

} // namespace rejoinder::websocket
