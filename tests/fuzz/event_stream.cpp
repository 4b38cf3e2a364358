// What a language model's endpoint sends. The network cuts it anywhere, so where it is cut must not matter.

#include "service/openai/event_stream.hpp"

#include "service/openai/reply.hpp"
#include "tests/fuzz/targets.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rejoinder::tests::fuzz {

namespace {

namespace openai = service::openai;
using pieces = std::vector<std::string_view>;

/// Fuzzers make short inputs, and the bounds are far: a byte 1 stands for 64 KiB of text, five times at most,
/// and a byte 2 for a MiB, once.
std::string expand(std::string_view bytes) {
    std::string made;
    int pages = 5;
    int books = 1;
    for (char c : bytes)
        if (c == '\1' && pages-- > 0)
            made.append(std::size_t{64} << 10, 'x');
        else if (c == '\2' && books-- > 0)
            made.append(std::size_t{1} << 20, 'x');
        else
            made += c;
    return made;
}

/// Pieces of 1 to 16 bytes, of long texts some hundred pieces, whose lengths the bytes themselves draw.
pieces cut(std::string_view bytes) {
    pieces made;
    auto unit = 1 + bytes.size() / 4096;
    std::uint32_t draw = 2166136261;
    while (!bytes.empty()) {
        draw = (draw ^ static_cast<unsigned char>(bytes.front())) * 16777619;
        auto length = std::min<std::size_t>(bytes.size(), unit * (1 + (draw >> 28)));
        made.push_back(bytes.substr(0, length));
        bytes.remove_prefix(length);
    }
    return made;
}

/// Between any two bytes; of long texts between those of the beginning, as the rest would take long and show
/// nothing more.
pieces cut_everywhere(std::string_view bytes) {
    pieces made;
    auto beginning = std::min<std::size_t>(bytes.size(), 4096);
    for (std::size_t i = 0; i < beginning; ++i)
        made.push_back(bytes.substr(i, 1));
    if (beginning < bytes.size()) made.push_back(bytes.substr(beginning));
    return made;
}

struct read_events {
    std::vector<std::string> data;
    bool taken = true;

    explicit read_events(const pieces& from) {
        openai::event_stream stream([this](std::string_view one) {
            require(one.size() <= openai::event_stream::max_line, "an event's data is bounded");
            data.emplace_back(one);
        });
        for (auto piece : from) {
            bool before = taken;
            auto events = data.size();
            taken = stream.take(piece);
            require(before || (!taken && data.size() == events), "what was refused is refused for good");
        }
    }
    friend bool operator==(const read_events&, const read_events&) = default;
};

struct read_reply {
    std::string shown;
    service::call_outcome outcome;

    /// Its reader looks at no more of it when it wants no more.
    explicit read_reply(const pieces& from) {
        openai::reply one([this](std::string_view more) { shown += more; });
        for (auto piece : from)
            if (!one.take(piece)) break;
        require(shown == one.text() || one.text().starts_with(shown), "what was shown is its text");
        outcome = one.finish(shown.starts_with('{'));
        bool failed = outcome.how == service::call_outcome::end::failed;
        require(!failed || outcome.data.contains("code"), "what is no answer has a code");
        require(failed || outcome.data.contains("text"), "an answer has a text");
    }
    friend bool operator==(const read_reply& one, const read_reply& other) {
        return one.shown == other.shown && one.outcome.how == other.outcome.how &&
               one.outcome.data == other.outcome.data;
    }
};

} // namespace

void event_stream(std::string_view bytes) {
    auto body = expand(bytes);
    auto whole = pieces{body};
    auto some = cut(body);
    auto all = cut_everywhere(body);
    read_events events(whole);
    require(events == read_events(some) && events == read_events(all), "events are the same, however cut");
    read_reply answer(whole);
    require(answer == read_reply(some) && answer == read_reply(all), "an answer is the same, however cut");
}

} // namespace rejoinder::tests::fuzz
