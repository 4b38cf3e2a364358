#pragma once

#include "websocket/admission.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::websocket {

/// The addresses of proxies that are believed when they say for whom they speak. Copies share what they hold.
class trusted_proxies {
public:
    trusted_proxies();

    /// An address, or a network as in `10.0.0.0/8` and `2001:db8::/32`; false for what is neither.
    [[nodiscard]] bool add(const std::string& text);

    /// False for what is no address.
    bool contains(std::string_view address) const;

private:
    struct networks;
    std::shared_ptr<networks> known_;
};

/// For whom a request was passed on, as its header fields say: each proxy adds whom it has it from at the
/// end.
struct forwarded_for {
    std::vector<std::string> forwarded;       ///< the elements of `Forwarded` (RFC 7239)
    std::vector<std::string> x_forwarded_for; ///< the addresses of `X-Forwarded-For`
};

/// Where a request comes from that a trusted proxy has brought: the right-most address that is no trusted
/// proxy's, as what stands to the left of it may be the client's own invention. Where an address is not told,
/// or the two fields say different things, it is the proxy's that brought it so far. Where nothing is said,
/// the proxy speaks for itself. What was passed on never counts as loopback. Pure.
origin client_of(const origin& proxy, const forwarded_for& said, const trusted_proxies& known);

} // namespace rejoinder::websocket
