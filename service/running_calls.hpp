#pragma once

#include "persistence/environment.hpp"
#include "service/open_work.hpp"
#include "service/responder.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::service {

/// What one activation of a session does about the calls that are open in its state: it makes them, collects
/// what comes, and drops those that are not wanted any more. All of it is ephemeral: another activation makes
/// open calls again under the same keys.
class running_calls {
public:
    /// Longer texts than this of one answer are no preview and no answer.
    static constexpr std::size_t max_text = 64 * 1024;

    /// The text of an answer so far, as a preview.
    struct preview {
        turn_id turn;
        std::uint64_t attempt; ///< a greater one voids what a smaller one has shown
        std::string_view text;
    };

    /// `answers` may be null: then every call fails. `names` is what the calls' names are unique in: session
    /// and epoch. `generation` grows with every activation of the session. `on_news` is called when a call
    /// has ended, `on_text` when an answer has grown.
    running_calls(responder* answers, std::string names, std::uint64_t generation,
                  std::function<void()> on_news, std::function<void()> on_text);

    /// Begins the calls that are open and were not begun, and drops those that are open no more.
    void follow(const std::vector<open_call>& open, utc_time now);

    /// A call that has ended and is still open; nothing when there is none. It stays until `follow` hears
    /// that it is open no more.
    const std::string* first_ended() const noexcept;
    /// Null while it goes on.
    const call_outcome* outcome_of(const std::string& call) const;

    /// Of each turn the latest answer that is on its way.
    std::vector<preview> previews() const;

    void clear() noexcept { calls_.clear(); }

private:
    struct running {
        turn_id turn;
        std::uint64_t attempt = 0;
        std::string text;
        std::optional<call_outcome> outcome;
        std::unique_ptr<responder::asking> work; // last: it goes first, and calls nothing any more
    };

    void begin(const open_call& call, utc_time now);
    void grow(const std::string& call, std::string_view more);
    void restart(const std::string& call);
    void end(const std::string& call, call_outcome how);

    responder* answers_;
    std::string names_;
    std::uint64_t generation_;
    std::function<void()> on_news_;
    std::function<void()> on_text_;
    std::uint64_t attempts_ = 0; ///< in this activation
    std::map<std::string, running> calls_;
};

} // namespace rejoinder::service
