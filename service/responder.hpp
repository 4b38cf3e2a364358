#pragma once

#include "persistence/environment.hpp"
#include "persistence/json.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace rejoinder::service {

/// What a machine wants to know of somebody outside.
struct question {
    /// Names the call: `session/epoch/call`. It is the same whenever the same call is made again, after a
    /// crash too, so whoever answers may tell that it has answered before.
    std::string key;
    json input;            ///< as the machine's `invoke` gives it
    milliseconds patience; ///< until which the answer must be complete
};

/// How a call ended: with the output that the machine sees as /event/output, or with the error
/// {"code", "message"} that it sees as /event/error.
struct call_outcome {
    enum class end { done, failed } how = end::done;
    json data;
};

call_outcome failed_call(std::string code, std::string message);

/// Who speaks for machines: a language model, a script. On the environment's thread.
class responder {
public:
    /// Who waits for an answer. After `on_end` nothing more is called; nothing is called from within `ask`.
    struct listener {
        /// The answer has grown by this; valid UTF-8. Of parts nothing is kept.
        std::function<void(std::string_view more)> on_part;
        /// The answer begins anew: what came so far is void.
        std::function<void()> on_restart;
        std::function<void(call_outcome)> on_end;
    };

    /// A question that is being answered. Its end is the end of the asking: nothing is called any more.
    class asking {
    public:
        asking() = default;
        asking(const asking&) = delete;
        asking& operator=(const asking&) = delete;
        virtual ~asking() = default;
    };

    virtual ~responder() = default;
    virtual std::unique_ptr<asking> ask(question what, listener who) = 0;
};

} // namespace rejoinder::service
