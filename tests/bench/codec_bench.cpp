// What it costs to read and to write the frames of a turn, beside a JSON tree of the same text: nlohmann's,
// which a codec without care would be made of.

#include "persistence/json.hpp"
#include "tests/bench/end_of.hpp"
#include "tests/bench/time_of.hpp"
#include "websocket/protocol/codec.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace rejoinder::bench {
namespace {

using namespace websocket::protocol;

constexpr std::size_t times = 100'000;

struct row {
    std::string what;
    std::size_t bytes = 0;
    double codec = 0; ///< seconds
    double tree = 0;  ///< the same; zero: there is nothing to compare with
};

enum class escaping { needed, all };

std::string turn_with(const std::string& text, escaping how = escaping::needed) {
    return json{
        {"type", "turn"}, {"id", "01ARZ3NDEKTSV4RRFFQ69G5FAV"}, {"number", 4711}, {"input", {{"text", text}}}}
        .dump(-1, ' ', how == escaping::all);
}

event said(std::uint64_t seq, const std::string& kind, json data) {
    return {seq, kind, turn_id{"01ARZ3NDEKTSV4RRFFQ69G5FAV"}, from_unix(1'700'000'000'000), std::move(data)};
}

row alone(std::string what, std::size_t bytes, const std::function<void()>& codec) {
    return {std::move(what), bytes, time_of(times, codec)};
}

row compared(std::string what, std::size_t bytes, const std::function<void()>& codec,
             const std::function<void()>& tree) {
    auto [of_codec, of_tree] = times_of(times, codec, tree);
    return {std::move(what), bytes, of_codec, of_tree};
}

row reading(std::string what, const std::string& text) {
    auto frame = decode(text);
    if (const auto* problem = std::get_if<frame_error>(&frame))
        throw std::runtime_error(what + ": " + problem->message);
    return compared(std::move(what), text.size(), [&] { decode(text); }, [&] { (void)json::parse(text); });
}

row writing(std::string what, const std::vector<std::string>& frames, const std::function<void()>& codec) {
    std::size_t bytes = 0;
    std::vector<json> trees;
    for (const auto& one : frames) {
        bytes += one.size();
        trees.push_back(json::parse(one));
    }
    return compared(std::move(what), bytes, codec, [&] {
        for (const auto& one : trees)
            (void)one.dump();
    });
}

std::vector<row> measure() {
    std::string plain(200, 'x');
    std::string few = plain.substr(0, 180) + "\"quoted\"\n\\";
    std::string many; // as a client writes it that writes ASCII alone
    while (many.size() < 200)
        many += "d\xc3\xa9j\xc3\xa0 vu ";
    std::vector<event> events{said(17, "say", {{"text", plain}}),
                              said(18, "state", {{"from", "listening"}, {"to", "answering"}}),
                              said(19, "turn.done", {{"turns", 12}})};
    accepted done{turn_id{"01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "done", false, 0, {{"turns", 12}}, 17, 19};

    auto live = encode(events);
    auto array = store_events(events);
    if (store_encoded(live) != array) throw std::runtime_error("the log is not what was shown");
    return {
        reading("a turn read, 200 bytes of text", turn_with(plain)),
        reading("the same with four escapes", turn_with(few)),
        reading("the same with an escape in every word", turn_with(many, escaping::all)),
        writing("its three events written as frames", live.frames, [&] { encode(events); }),
        alone("the log's array made of these frames", array.size(), [&] { store_encoded(live); }),
        writing("its answer written", {encode(done)}, [&] { encode(done); }),
        compared(
            "the log's array read", array.size(), [&] { restore_events(array); },
            [&] { (void)json::parse(array); }),
    };
}

int run(int argc, char** argv) {
    CLI::App app("What the frames of a turn cost to read and to write.");
    bool as_json = false;
    app.add_flag("--json", as_json, "print JSON");
    CLI11_PARSE(app, argc, argv);
    auto rows = measure();
    if (as_json) {
        auto all = json::array();
        for (const auto& one : rows)
            all.push_back({{"what", one.what},
                           {"bytes", one.bytes},
                           {"ns", one.codec * 1e9},
                           {"tree_ns", one.tree > 0 ? json(one.tree * 1e9) : json()}});
        std::printf("%s\n", all.dump().c_str());
        return 0;
    }
    std::printf("%-40s %6s %8s %8s\n", "", "bytes", "ns", "a tree");
    for (const auto& one : rows) {
        std::printf("%-40s %6zu %8.0f", one.what.c_str(), one.bytes, one.codec * 1e9);
        if (one.tree > 0) std::printf(" %8.0f (%.1fx)", one.tree * 1e9, one.tree / one.codec);
        std::printf("\n");
    }
    return 0;
}

} // namespace
} // namespace rejoinder::bench

int main(int argc, char** argv) {
    return rejoinder::bench::end_of("codec_bench", [&] { return rejoinder::bench::run(argc, argv); });
}
