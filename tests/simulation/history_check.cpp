#include "tests/simulation/history_check.hpp"

#include "persistence/lifecycle/pages.hpp"
#include "tests/simulation/counter_machine.hpp"
#include "websocket/protocol/codec.hpp"

#include <map>
#include <utility>

namespace rejoinder::tests::simulation {
namespace {

using persistence::log_entry;

/// What a session's history says.
struct history {
    std::map<std::uint64_t, std::string> events;
    std::map<std::string, int> said;       ///< how often the machine has answered a text
    std::map<std::string, utc_time> timed; ///< when a timer was set for a text
    std::map<std::string, int> rang;
    std::vector<std::string> problems;
    std::uint64_t last = 0;

    void add(const websocket::protocol::event& one) {
        auto frame = json::parse(websocket::protocol::encode(one, websocket::protocol::delivery::live));
        if (one.seq != last + 1)
            problems.push_back("event " + std::to_string(one.seq) + " follows " + std::to_string(last));
        last = one.seq;
        events[one.seq] = to_comparable(frame);
        auto text = one.data.value("text", "");
        if (one.kind == "rang") ring(text, one.at);
        if (one.kind != "say") return;
        ++said[text];
        if (text.starts_with("time ")) timed[text] = one.at;
    }

    void ring(const std::string& text, utc_time at) {
        ++rang[text];
        auto set = timed.find(text);
        if (set == timed.end() || at < set->second + timer_length)
            problems.push_back("the timer of '" + text + "' was early");
    }
};

task<history> read_history(persistence::database* store, persistence::session_key session) {
    history all;
    persistence::lifecycle::log_pages pages(*store, session);
    for (;;) {
        auto reading = pages.next();
        auto page = co_await std::move(reading);
        if (!page) {
            all.problems.push_back("the history can't be read: " + page.error().message());
            co_return all;
        }
        if (page->empty()) co_return all;
        for (const auto& entry : *page) {
            auto events = websocket::protocol::restore_events(entry.events);
            if (!events) all.problems.push_back("an entry is damaged");
            if (events)
                for (const auto& one : *events)
                    all.add(one);
        }
    }
}

} // namespace

task<std::vector<std::string>> compare_with_history(persistence::database* store, const device* who) {
    std::vector<std::string> problems;
    if (who->session().empty()) {
        if (!who->events().empty()) problems.push_back("it was shown events of no session");
        co_return problems;
    }
    auto reading = store->read_session(session_id{who->session()});
    auto row = co_await std::move(reading);
    if (!row) {
        problems.push_back("its session is not stored: " + row.error().message());
        co_return problems;
    }
    auto walking = read_history(store, row->key);
    auto stored = co_await std::move(walking);
    problems = std::move(stored.problems);
    for (const auto& [number, text] : who->events()) {
        auto found = stored.events.find(number);
        if (found == stored.events.end())
            problems.push_back("event " + std::to_string(number) + " was shown and is not stored: " + text);
        else if (found->second != text)
            problems.push_back("event " + std::to_string(number) + " was shown as " + text +
                               " and is stored as " + found->second);
    }
    for (const auto& text : who->done())
        if (stored.said[text] != 1)
            problems.push_back("'" + text + "' was answered and taken " + std::to_string(stored.said[text]) +
                               " times");
    for (const auto& [text, at] : stored.timed)
        if (stored.rang[text] != 1)
            problems.push_back("the timer of '" + text + "' fired " + std::to_string(stored.rang[text]) +
                               " times");
    for (const auto& [text, times] : stored.said) {
        if (times > 1) problems.push_back("'" + text + "' was taken " + std::to_string(times) + " times");
        if (who->refused().contains(text)) problems.push_back("'" + text + "' was rejected and taken");
    }
    co_return problems;
}

} // namespace rejoinder::tests::simulation
