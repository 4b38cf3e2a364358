#pragma once

#include "persistence/environment.hpp"
#include "persistence/mailbox.hpp"
#include "persistence/task.hpp"

#include <boost/system/error_code.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace rejoinder::websocket {

/// Accepts one stream after the other, whatever comes of it. When accepting fails (usually no descriptor is
/// free) or taking the stream in does, trying again at once would only burn the processor: it waits, and goes
/// on. A row of failures is logged when it begins and when it is over.
class accept_loop {
public:
    /// Waits for the next stream and takes it in; an error is that of accepting.
    using source = std::function<task<boost::system::error_code>()>;

    static constexpr milliseconds pause{100};

    accept_loop(environment& env, source accept_one);

    /// Until `stop`. Run it once.
    task<> run();

    /// The owner closes what `accept_one` waits for.
    void stop();

private:
    task<std::string> attempt();

    environment& environment_;
    source accept_one_;
    signal resume_;
    bool stopped_ = false;
    std::uint64_t failures_ = 0; ///< in a row
};

} // namespace rejoinder::websocket
