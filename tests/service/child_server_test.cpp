#include "service/child_server.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <unistd.h>

using namespace rejoinder;
using namespace rejoinder::service;

namespace {

std::unique_ptr<child_server> start(const std::string& script, std::string& why) {
    return child_server::start({"/bin/sh", "-c", script}, "listening ", why);
}

const std::string obedient = "tail -f /dev/null & trap 'kill $!; exit 3' TERM; echo 'listening 4711'; wait";

} // namespace

TEST_CASE("a child server tells its place, and ends with its own status when it is told to") {
    std::string why;
    auto server = start(obedient, why);
    REQUIRE(server);
    CHECK(server->place() == "4711");
    CHECK(server->process() > 0);
    CHECK(server->stop(seconds(20)) == 3);
    CHECK(server->process() == 0);
    CHECK(server->stop(seconds(20)) == -1);
}

TEST_CASE("a child server gets no descriptor of its parent, whose connections would be its own") {
    int ours = ::dup(STDERR_FILENO);
    std::string why;
    auto number = std::to_string(ours);
    auto server =
        start("[ -e /proc/$$/fd/" + number + " ] && echo listening with || echo listening without", why);
    ::close(ours);
    REQUIRE(server);
    CHECK(server->place() == "without");
}

TEST_CASE("a child server that does not want to end is killed") {
    std::string why;
    auto server = start("trap '' TERM; echo listening here; exec tail -f /dev/null", why);
    REQUIRE(server);
    auto process = server->process();
    CHECK(server->stop(milliseconds(50)) == -1);
    CHECK(::kill(process, 0) == -1);
}

TEST_CASE("a child server that ends before it listens, says something else or does not exist is none") {
    std::string why;
    CHECK_FALSE(start("exit 0", why));
    CHECK(why.starts_with("the server ended before it listened"));
    CHECK_FALSE(start("echo good morning", why));
    CHECK(why == "the server said something else than where it listens");
    CHECK_FALSE(child_server::start({"/nonexistent/program"}, "listening ", why));
    CHECK(why.starts_with("the server ended before it listened"));
}
