#pragma once

// Private to transport.cpp: sees Beast.

#include "websocket/close_reason.hpp"
#include "websocket/closing.hpp"
#include "websocket/connection.hpp"

#include <boost/beast/core/error.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <cassert>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace rejoinder::websocket {

/// Why a connection ends, as its handler hears it: the first reason stands, until a close frame brings its
/// own; that which is sent first counts. Holds the close frame that was asked for, whose text needs memory
/// only then.
class parting {
public:
    /// The close frame that is to be sent.
    void ask(close_code code, std::string_view reason) {
        farewell_ = std::make_unique<boost::beast::websocket::close_reason>();
        farewell_->code = static_cast<std::uint16_t>(code);
        auto fitting = close_reason_of(reason);
        farewell_->reason.assign(fitting.data(), fitting.size());
    }

    /// The close frame that was asked for, which is sent now.
    const boost::beast::websocket::close_reason& send() {
        assert(farewell_ && "a close frame is sent only where one was asked for");
        why_ = {farewell_->code, std::string(farewell_->reason.data(), farewell_->reason.size())};
        sent_ = true;
        return *farewell_;
    }

    /// The peer's close frame has come.
    void received(const boost::beast::websocket::close_reason& frame) {
        if (!sent_) why_ = {frame.code ? frame.code : no_status_received, frame.reason.c_str()};
    }

    void note(std::string_view reason) {
        if (why_.code == no_close_frame && why_.reason.empty()) why_.reason = reason;
    }

    /// Beast can't go on.
    void note(const boost::beast::error_code& error) {
        if (why_.code != no_close_frame) return;
        if (auto code = failure_code(error); code != 0)
            why_ = {code, error.message()};
        else
            note(error.message());
    }

    const closed& why() const noexcept { return why_; }

private:
    static constexpr std::uint16_t no_close_frame = 1006;
    static constexpr std::uint16_t no_status_received = 1005;

    closed why_{no_close_frame, {}};
    std::unique_ptr<boost::beast::websocket::close_reason> farewell_;
    bool sent_ = false;
};

} // namespace rejoinder::websocket
