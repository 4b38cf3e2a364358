#pragma once

#include <string>
#include <string_view>

namespace rejoinder::websocket {

/// Whom a bound by address counts. An IPv4 address stands for itself, also where it is mapped into IPv6. An
/// IPv6 address stands for its /64: a site has that many addresses at least (RFC 6177), and whoever is in it
/// takes another one at will (RFC 8981), so that a bound of single addresses would bound nobody. What is no
/// address stands for itself. Pure.
std::string counted_network(std::string_view address);

} // namespace rejoinder::websocket
