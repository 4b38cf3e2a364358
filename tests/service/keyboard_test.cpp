#include "service/keyboard.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/real_environment.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdio>
#include <unistd.h>

using namespace rejoinder;
using namespace rejoinder::tests;
using service::keyboard;
using service::typed_line;

namespace {

/// A file without a name that holds a text, to be read from its beginning. A duplicate shares its position,
/// which tells how much was read.
class input_file {
public:
    explicit input_file(const std::string& text) : file_(std::tmpfile()) {
        REQUIRE(file_);
        REQUIRE(std::fwrite(text.data(), 1, text.size(), file_) == text.size());
        std::fflush(file_);
        ::lseek(descriptor(), 0, SEEK_SET);
    }
    input_file(const input_file&) = delete;
    input_file& operator=(const input_file&) = delete;
    ~input_file() { std::fclose(file_); }

    int descriptor() const { return ::fileno(file_); }
    long read() const { return ::lseek(descriptor(), 0, SEEK_CUR); }

private:
    std::FILE* file_;
};

/// A reader that is busy with other things at first: the keyboard gets many turns of the loop before.
task<> take_all_late(environment* env, keyboard* from, input_file* file, std::vector<typed_line>* into,
                     long* read_before) {
    using token = boost::asio::use_awaitable_t<executor>;
    for (int i = 0; i < 200; ++i)
        co_await boost::asio::post(env->get_executor(), token{});
    *read_before = file->read();
    while (auto line = co_await from->line())
        into->push_back(std::move(*line));
}

std::vector<typed_line> lines_of(const std::string& text, long& read_before) {
    real_environment world;
    input_file file(text);
    keyboard typed(world.env(), file.descriptor());
    std::vector<typed_line> lines;
    world.run(take_all_late(&world.env(), &typed, &file, &lines, &read_before));
    typed.close();
    return lines;
}

std::vector<typed_line> lines_of(const std::string& text) {
    long ignored = 0;
    return lines_of(text, ignored);
}

} // namespace

TEST_CASE("a keyboard stops reading while its lines wait, and loses none") {
    constexpr std::size_t count = 20'000;
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += std::to_string(i) + "\n";
    long read_before = 0;
    auto lines = lines_of(text, read_before);
    CHECK(read_before > 0);
    CHECK(read_before < static_cast<long>(text.size() / 2));
    REQUIRE(lines.size() == count);
    for (std::size_t i = 0; i < count; ++i)
        if (lines[i].text != std::to_string(i)) FAIL("line " << i << " is " << lines[i].text);
}

TEST_CASE("a keyboard gives the empty lines of a chunk that has nothing else") {
    CHECK(lines_of(std::string(9000, '\n')).size() == 9000);
}

TEST_CASE("a line without an end is one at the end of the input") {
    auto lines = lines_of("one\ntwo");
    REQUIRE(lines.size() == 2);
    CHECK(lines[1].text == "two");
    CHECK(lines_of("").empty());
}

TEST_CASE("a line that is too long is marked, and the next one is not") {
    std::string longest(keyboard::longest_line, 'x');
    auto lines = lines_of(longest + "\n" + longest + "y\nshort\n");
    REQUIRE(lines.size() == 3);
    CHECK_FALSE(lines[0].too_long);
    CHECK(lines[0].text == longest);
    CHECK(lines[1].too_long);
    CHECK_FALSE(lines[2].too_long);
    CHECK(lines[2].text == "short");
}
