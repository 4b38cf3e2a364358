#include "websocket/counted_network.hpp"

#include "websocket/ip_address.hpp"

#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>

namespace rejoinder::websocket {

std::string counted_network(std::string_view address) {
    static constexpr std::size_t network_bytes = 8;
    auto parsed = parse_address(address);
    if (!parsed) return std::string(address);
    if (parsed->is_v4()) return parsed->to_string();
    auto whole = parsed->to_v6();
    auto bytes = whole.to_bytes();
    std::fill(bytes.begin() + network_bytes, bytes.end(), 0);
    // Each link has the link-local network for itself; its scope tells them apart.
    return boost::asio::ip::make_address_v6(bytes, whole.scope_id()).to_string() + "/64";
}

} // namespace rejoinder::websocket
