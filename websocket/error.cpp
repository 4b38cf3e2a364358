#include "websocket/error.hpp"

#include <string>

namespace rejoinder::websocket {
namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "rejoinder.websocket"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
        case errc::bad_url:
            return "not a WebSocket URL (ws://HOST[:PORT][/PATH])";
        case errc::unresolved:
            return "the host has no address";
        case errc::unreachable:
            return "nobody answers at the address";
        case errc::refused:
            return "the peer refused the upgrade to WebSocket";
        case errc::timed_out:
            return "the peer did not answer in time";
        case errc::not_websocket:
            return "the peer's answer is no WebSocket handshake";
        }
        return "unknown error";
    }
};

} // namespace

const boost::system::error_category& error_category() noexcept {
    static const category instance;
    return instance;
}

} // namespace rejoinder::websocket
