#include "persistence/timer_queue.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/manual_environment.hpp"

#include <memory>
#include <string>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

steady_time at(int ms) {
    return steady_time(milliseconds(ms));
}

struct owner_of_alarm {
    explicit owner_of_alarm(timer_queue& in) : queue(in) {}
    ~owner_of_alarm() {
        if (id) queue.remove(id);
    }

    timer_queue& queue;
    timer_id id = nullptr;
};

/// Adds letters to a text when they are due.
struct letters {
    timer_id add(int due, char letter) {
        return queue.add(at(due), [this, letter] { text += letter; });
    }
    const std::string& until(int now) {
        while (auto callback = queue.take_due(at(now)))
            callback();
        return text;
    }

    timer_queue queue;
    std::string text;
};

} // namespace

TEST_CASE(
    "alarms go off in the order in which they are due, and equals in the order in which they were armed") {
    letters a;
    a.add(20, 'c');
    a.add(10, 'a');
    a.add(20, 'd');
    a.add(10, 'b');
    CHECK(a.queue.next_due() == at(10));
    CHECK(a.until(9).empty());
    CHECK(a.until(10) == "ab");
    CHECK(a.queue.next_due() == at(20));
    CHECK(a.until(100) == "abcd");
    CHECK(a.queue.empty());
    CHECK_FALSE(a.queue.next_due());
}

TEST_CASE("an alarm that was removed does not go off, and its equals do") {
    letters a;
    a.add(10, 'a');
    auto removed = a.add(10, 'b');
    a.add(10, 'c');
    a.queue.remove(removed);
    CHECK(a.until(10) == "ac");
}

TEST_CASE("who has an alarm in a queue that ends before it has none any more") {
    timer_id mine = nullptr;
    {
        timer_queue queue;
        mine = queue.add(at(10), [] {});
        mine->owner = &mine;
        // With the first callback goes the owner of the last alarm.
        auto owner = std::make_shared<owner_of_alarm>(queue);
        owner->id = queue.add(at(20), [] {});
        owner->id->owner = &owner->id;
        queue.add(at(5), [owner = std::move(owner)] {});
    }
    CHECK(mine == nullptr);
}

TEST_CASE("a callback may arm its timer again, destroy it, and disarm another that is due") {
    manual_environment env;
    timer again(env), other(env);
    auto passing = std::make_unique<timer>(env);
    std::string heard;
    again.arm_after(milliseconds(10), [&] {
        CHECK_FALSE(again.armed());
        heard += 'a';
        again.arm_after(milliseconds(10), [&] { heard += 'b'; });
        other.disarm();
        CHECK(again.armed());
    });
    other.arm_after(milliseconds(10), [&] { heard += 'x'; });
    passing->arm_after(milliseconds(15), [&] {
        passing.reset();
        heard += 'p';
    });
    env.advance(milliseconds(15));
    CHECK(heard == "ap");
    CHECK(again.armed());
    env.advance(milliseconds(5));
    CHECK(heard == "apb");
    CHECK_FALSE(again.armed());
}
