#include "websocket/proxies.hpp"

#include "websocket/ip_address.hpp"

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <algorithm>
#include <optional>
#include <ranges>

namespace rejoinder::websocket {
namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trimmed(std::string_view text) {
    auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// An address, perhaps with a port; one of IPv6 with a port stands in brackets.
std::optional<ip::address> parse_node(std::string_view text) {
    if (text.starts_with('[')) return parse_address(text.substr(1, text.find(']') - 1));
    if (auto address = parse_address(text)) return address;
    return parse_address(text.substr(0, text.find(':')));
}

/// What `for` says in an element of `Forwarded`; empty where it says nothing.
std::string_view for_of(std::string_view element) {
    for (auto part : std::views::split(element, ';')) {
        auto pair = trimmed(std::string_view(part.begin(), part.end()));
        auto equals = std::min(pair.find('='), pair.size());
        if (!std::ranges::equal(pair.substr(0, equals), std::string_view("for"), {}, lower)) continue;
        auto value = pair.substr(std::min(equals + 1, pair.size()));
        bool is_quoted = value.size() >= 2 && value.starts_with('"') && value.ends_with('"');
        return is_quoted ? value.substr(1, value.size() - 2) : value;
    }
    return {};
}

template <class Read>
std::string client_in(const std::vector<std::string>& hops, std::string nearest, const trusted_proxies& known,
                      Read read) {
    for (const auto& hop : hops | std::views::reverse) {
        auto address = parse_node(read(hop));
        if (!address) break;
        nearest = address->to_string();
        if (!known.contains(nearest)) break;
    }
    return nearest;
}

} // namespace

struct trusted_proxies::networks {
    std::vector<ip::network_v4> v4;
    std::vector<ip::network_v6> v6;
};

trusted_proxies::trusted_proxies() : known_(std::make_shared<networks>()) {}

bool trusted_proxies::add(const std::string& text) {
    error_code wrong;
    if (auto one = parse_address(text)) {
        if (one->is_v4())
            known_->v4.emplace_back(one->to_v4(), 32);
        else
            known_->v6.emplace_back(one->to_v6(), 128);
        return true;
    }
    if (auto network = ip::make_network_v4(text, wrong); !wrong) {
        known_->v4.push_back(network.canonical());
        return true;
    }
    auto network = ip::make_network_v6(text, wrong);
    if (wrong) return false;
    known_->v6.push_back(network.canonical());
    return true;
}

bool trusted_proxies::contains(std::string_view address) const {
    auto one = parse_address(address);
    if (!one) return false;
    // A network is the range of its addresses; its first one is found by masking.
    if (one->is_v4())
        return std::ranges::any_of(known_->v4, [&](const ip::network_v4& network) {
            return ip::network_v4(one->to_v4(), network.prefix_length()).network() == network.network();
        });
    return std::ranges::any_of(known_->v6, [&](const ip::network_v6& network) {
        return ip::network_v6(one->to_v6(), network.prefix_length()).network() == network.network();
    });
}

origin client_of(const origin& proxy, const forwarded_for& said, const trusted_proxies& known) {
    if (said.forwarded.empty() && said.x_forwarded_for.empty()) return {proxy.address, proxy.loopback};
    auto as_it_is = [](const std::string& hop) { return std::string_view(hop); };
    auto by_rfc = client_in(said.forwarded, proxy.address, known, for_of);
    auto by_custom = client_in(said.x_forwarded_for, proxy.address, known, as_it_is);
    if (said.x_forwarded_for.empty()) return {by_rfc, false};
    if (said.forwarded.empty() || by_rfc == by_custom) return {by_custom, false};
    // A client may have added the field that its proxy leaves as it is.
    return {proxy.address, false};
}

} // namespace rejoinder::websocket
