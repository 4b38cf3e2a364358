#include "service/recording/recording_writer.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/real_environment.hpp"
#include "tests/support/temporary_folder.hpp"

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;

namespace fs = std::filesystem;

namespace {

recording_line line(const std::string& text, const std::string& session = "one") {
    return {session, 0, text.size(), [text] { return text + "\n"; }};
}

/// One that means nothing without what stands in front of it.
recording_line following(const std::string& text) {
    auto made = line(text);
    made.follows = true;
    return made;
}

std::string text_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// Keeps the writer's thread where it is until it is let go, so that what is queued stays queued.
class held_writer {
public:
    explicit held_writer(recording_writer& writer) {
        auto begun = std::make_shared<std::promise<void>>();
        auto wait = [begun, goes = goes_.get_future().share()] {
            begun->set_value();
            goes.wait();
            return std::string("held\n");
        };
        REQUIRE(writer.push({"held", 0, 0, wait}));
        begun->get_future().wait();
    }
    void let_go() { goes_.set_value(); }

private:
    std::promise<void> goes_;
};

} // namespace

TEST_CASE("lines are written in their order, each into its session's file, for its owner's eyes alone") {
    temporary_folder folder;
    {
        recording_writer writer(folder.path().string(), {});
        CHECK(writer.push(line("a")));
        CHECK(writer.push(line("b", "two")));
        CHECK(writer.push(line("c")));
    }
    CHECK(text_of(folder.file("one.ndjson")) == "a\nc\n");
    CHECK(text_of(folder.file("two.ndjson")) == "b\n");
    auto mode = fs::status(folder.file("one.ndjson")).permissions() & fs::perms::mask;
    CHECK(mode == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("a line for which there is no room is refused at once, and the file says what it lacks") {
    temporary_folder folder;
    recording_bounds bounds;
    SECTION("of lines") {
        bounds.queued_lines = 2;
    }
    SECTION("of bytes") {
        bounds.queued_bytes = 2;
    }
    {
        recording_writer writer(folder.path().string(), bounds);
        held_writer held(writer);
        CHECK(writer.push(line("a")));
        CHECK(writer.push(line("b")));
        CHECK_FALSE(writer.push(line("c")));
        held.let_go();
    }
    {
        recording_writer writer(folder.path().string(), bounds);
        auto next = line("d");
        next.lost = 1;
        bool taken = writer.push(std::move(next));
        CHECK(taken);
    }
    CHECK(text_of(folder.file("one.ndjson")) == "a\nb\n{\"gap\":1}\nd\n");
}

TEST_CASE("a file that is full says so and gets no more, and others go on") {
    temporary_folder folder;
    recording_bounds bounds;
    bounds.file_bytes = 10;
    for (int run = 0; run < 3; ++run) {
        recording_writer writer(folder.path().string(), bounds);
        CHECK(writer.push(line("12345678")));
        CHECK(writer.push(line("x", "two")));
    }
    CHECK(text_of(folder.file("two.ndjson")) == "x\nx\nx\n");
    auto full = text_of(folder.file("one.ndjson"));
    CHECK(full.starts_with("12345678\n{\"gap\":1}\n"));
    CHECK(full.size() < 10 + 64);
}

TEST_CASE("what can't be written is lost without harm, and said when writing succeeds again") {
    temporary_folder folder;
    auto place = folder.file("not-there-yet");
    recording_writer writer(place, {});
    CHECK(writer.push(line("a")));
    held_writer(writer).let_go();
    held_writer(writer).let_go(); // behind the first batch
    CHECK(writer.failures() > 0);
    fs::create_directory(place);
    CHECK(writer.push(line("b")));
    held_writer(writer).let_go();
    held_writer(writer).let_go();
    CHECK(text_of(place + "/one.ndjson") == "{\"gap\":1}\nb\n");
}

TEST_CASE(
    "a recording that somebody removes does not come back by what follows, only with what begins anew") {
    temporary_folder folder;
    recording_writer writer(folder.path().string(), {});
    auto file = folder.file("one.ndjson");
    auto push = [&](recording_line one) {
        REQUIRE(writer.push(std::move(one)));
        held_writer(writer).let_go();
        held_writer(writer).let_go();
    };
    push(line("head"));
    push(following("a"));
    CHECK(text_of(file) == "head\na\n");
    fs::remove(file);
    auto before = writer.failures();
    push(following("b"));
    CHECK_FALSE(fs::exists(file));
    CHECK(writer.failures() > before);
    REQUIRE(writer.push(following("c")));
    push(line("head"));
    push(following("d"));
    CHECK(text_of(file) == "head\nd\n");
}

TEST_CASE("what all recordings of a folder hold is counted, and counted anew when all is written") {
    real_environment world;
    temporary_folder folder;
    std::ofstream(folder.file("another.ndjson")) << "12345";
    std::ofstream(folder.file("notes.txt")) << "12345";
    recording_writer writer(folder.path().string(), {});
    CHECK(writer.stored() == 5);
    auto settle = [&] {
        return world.get(
            suspend<std::uint64_t>([&](completion<std::uint64_t> done) { writer.settle(std::move(done)); }));
    };
    REQUIRE(writer.push(line("1234")));
    CHECK(settle() == 10);
    CHECK(text_of(folder.file("one.ndjson")) == "1234\n");
    fs::remove(folder.file("another.ndjson"));
    CHECK(settle() == 5);
    CHECK(writer.stored() == 5);
}

TEST_CASE("behind a line that was cut off a new one begins, and no link is followed") {
    temporary_folder folder;
    std::ofstream(folder.file("one.ndjson")) << "cut o";
    fs::create_symlink(folder.file("elsewhere"), folder.file("two.ndjson"));
    {
        recording_writer writer(folder.path().string(), {});
        CHECK(writer.push(line("a")));
        CHECK(writer.push(line("b", "two")));
    }
    CHECK(text_of(folder.file("one.ndjson")) == "cut o\na\n");
    CHECK_FALSE(fs::exists(folder.file("elsewhere")));
}
