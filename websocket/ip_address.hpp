#pragma once

// Private to this room: sees Asio's addresses.

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string_view>

namespace rejoinder::websocket {

/// An IPv4 address that came as an IPv6 one (RFC 4291, 2.5.5.2), as what it is; any other as it came.
inline boost::asio::ip::address unmapped(const boost::asio::ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
}

/// Nothing for what is no address.
inline std::optional<boost::asio::ip::address> parse_address(std::string_view text) {
    boost::system::error_code wrong;
    auto address = boost::asio::ip::make_address(text, wrong);
    if (wrong) return std::nullopt;
    return unmapped(address);
}

} // namespace rejoinder::websocket
