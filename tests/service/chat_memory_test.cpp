#include "service/chat_memory.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>

using namespace rejoinder;
using service::chat_memory;
using service::client_memory;

namespace {

namespace fs = std::filesystem;

/// The folder of the user's state is a fresh one while this lives.
class fresh_state {
public:
    fresh_state() {
        if (const char* set = std::getenv("XDG_STATE_HOME")) former_ = set;
        ::setenv("XDG_STATE_HOME", folder_.path().c_str(), 1);
    }
    fresh_state(const fresh_state&) = delete;
    fresh_state& operator=(const fresh_state&) = delete;
    ~fresh_state() {
        if (former_.empty())
            ::unsetenv("XDG_STATE_HOME");
        else
            ::setenv("XDG_STATE_HOME", former_.c_str(), 1);
    }

    const fs::path& path() const { return folder_.path(); }

private:
    tests::temporary_folder folder_;
    std::string former_;
};

client_memory filled() {
    return {"d-1", "s-1", "rt1.secret", "9f2c41d07ab3e655", 12, 4};
}

unsigned mode_of(const std::string& file) {
    struct stat found{};
    REQUIRE(::stat(file.c_str(), &found) == 0);
    return found.st_mode & 07777;
}

void write(const std::string& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
}

std::string read(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

TEST_CASE("what a client keeps is loaded as it was saved, by another run of the program") {
    fresh_state state;
    REQUIRE(chat_memory("ws://a:1", "coach").save(filled()));
    client_memory loaded;
    REQUIRE(chat_memory("ws://a:1", "coach").load(loaded));
    CHECK(to_json(loaded) == to_json(filled()));
}

TEST_CASE("each server and machine has a file of its own under the user's state folder") {
    fresh_state state;
    chat_memory one("ws://a:1", "coach");
    CHECK(fs::path(one.file()).parent_path() == state.path() / "rejoinder");
    CHECK(chat_memory("ws://a:1", "coach").file() == one.file());
    CHECK(chat_memory("ws://a:2", "coach").file() != one.file());
    CHECK(chat_memory("ws://a:1", "parrot").file() != one.file());
    REQUIRE(one.save(filled()));
    client_memory loaded;
    CHECK_FALSE(chat_memory("ws://a:2", "coach").load(loaded));
}

TEST_CASE("only its owner can read the file, whatever the process allows others and whatever lies about") {
    fresh_state state;
    chat_memory memory("ws://a:1", "coach");
    auto former = ::umask(0);
    auto saved = memory.save(filled());
    ::umask(former);
    REQUIRE(saved);
    CHECK(mode_of(memory.file()) == 0600);

    // What an interrupted program has left beside it, readable for everybody.
    write(memory.file() + ".new", "left");
    ::chmod((memory.file() + ".new").c_str(), 0666);
    REQUIRE(memory.save(filled()));
    CHECK(mode_of(memory.file()) == 0600);
}

TEST_CASE("a file is replaced as a whole and nothing else stays beside it") {
    fresh_state state;
    chat_memory memory("ws://a:1", "coach");
    auto lengthy = filled();
    lengthy.resume = std::string(2000, 'x');
    REQUIRE(memory.save(lengthy));
    // A second name for the former file: what is behind it must not change while somebody reads it.
    auto witness = memory.file() + ".witness";
    fs::create_hard_link(memory.file(), witness);
    auto before = read(witness);
    REQUIRE(memory.save(filled()));
    CHECK(read(witness) == before);
    client_memory loaded;
    REQUIRE(memory.load(loaded));
    CHECK(loaded.resume == "rt1.secret");
    fs::remove(witness);
    CHECK(std::distance(fs::directory_iterator(state.path() / "rejoinder"), {}) == 1);
}

TEST_CASE("a file that is missing or damaged gives nothing and changes nothing") {
    fresh_state state;
    chat_memory memory("ws://a:1", "coach");
    auto unchanged = [&] {
        client_memory kept{"mine", "", "", "", 1, 2};
        auto before = to_json(kept);
        CHECK_FALSE(memory.load(kept));
        CHECK(to_json(kept) == before);
    };
    unchanged();
    REQUIRE(memory.save(filled()));
    auto good = read(memory.file());
    for (const auto& text : {std::string(), std::string("{}"), std::string("[]"), std::string("null"),
                             good.substr(0, good.size() / 2), good + good}) {
        INFO(text);
        write(memory.file(), text);
        unchanged();
    }
    const auto stored = json::parse(good);
    for (const auto& [member, value] : stored.items()) {
        auto bad = stored;
        bad.erase(member);
        write(memory.file(), bad.dump());
        INFO(bad.dump());
        unchanged();
        bad[member] = json::array();
        write(memory.file(), bad.dump());
        unchanged();
    }
    for (const auto* member : {"seen", "last_number"}) {
        auto bad = stored;
        bad[member] = -1;
        write(memory.file(), bad.dump());
        INFO(bad.dump());
        unchanged();
    }
}

TEST_CASE("where nothing can be written, saving says so") {
    fresh_state state;
    write((state.path() / "rejoinder").string(), "a file where the folder should be");
    chat_memory memory("ws://a:1", "coach");
    CHECK_FALSE(memory.save(filled()));
    client_memory loaded;
    CHECK_FALSE(memory.load(loaded));
}
