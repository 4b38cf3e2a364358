#include "service/credentials/origins.hpp"

#include <algorithm>

namespace rejoinder::service::credentials {
namespace {

bool is_scheme_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

bool is_host_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '[' ||
           c == ']' || c == ':';
}

} // namespace

std::string problem_of_origin(std::string_view origin) {
    constexpr std::string_view separator = "://";
    auto at = origin.find(separator);
    if (at == origin.npos || at == 0 || !std::ranges::all_of(origin.substr(0, at), is_scheme_letter))
        return "must begin with its scheme in lower case, as in https://app.example.org";
    auto host = origin.substr(at + separator.size());
    if (host.find('/') != host.npos) return "must end with its host or port, without a slash or path";
    if (host.find('*') != host.npos) return "must name one host; write each of them";
    if (host.empty() || !std::ranges::all_of(host, is_host_letter))
        return "must name a host in lower case, as in https://app.example.org";
    auto is_default = [&](std::string_view scheme, std::string_view port) {
        return origin.substr(0, at) == scheme && host.ends_with(port);
    };
    if (is_default("http", ":80") || is_default("https", ":443"))
        return "must leave out the port that its scheme has anyway, as browsers do";
    return {};
}

bool is_listed_origin(const std::vector<std::string>& listed, std::string_view origin) {
    return std::ranges::find(listed, origin) != listed.end();
}

} // namespace rejoinder::service::credentials
