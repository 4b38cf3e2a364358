#include "persistence/sqlite/repeats.hpp"

#include "persistence/json.hpp"
#include "tests/persistence/contract/contract_store.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"
#include "tests/support/captured_errors.hpp"

#include <random>

using namespace rejoinder;
using namespace rejoinder::tests;
using namespace rejoinder::persistence::sqlite;

namespace {

const std::string heard = R"(What you said, \"word for word\", \\ and ä 🙂)";
const std::string answer = "It was kept only once, where it stands first.";
const std::string turn_name = "01M8MM18CNR6FQWCQCE9GXMR7K";

std::string message(std::string_view by, std::string_view text) {
    return std::string(R"({"by":")").append(by).append(R"(","text":")").append(text).append("\"}");
}

/// What a service writes of a turn: its texts are in the messages a second time.
log_entry said_twice() {
    log_entry entry;
    entry.input = R"({"event":{"type":"turn.text","data":{"text":")" + heard + R"("}}})";
    entry.events = R"([{"kind":"say","turn":")" + turn_name + R"(","data":{"text":")" + answer + R"("}}])";
    entry.messages = "[" + message("user", heard) + R"(,{"by":"machine","text":")" + answer +
                     R"(","turn":")" + turn_name + R"("}])";
    return entry;
}

std::optional<std::string> whole(const log_entry& entry, const lean_messages& lean) {
    return whole_messages(lean.text, lean.repeats, entry.input, entry.events);
}

std::string many_times(int count, std::string_view text) {
    std::string made;
    for (int i = 0; i < count; ++i)
        made += text;
    return made;
}

/// A turn of a stored session with these texts.
session_change turn_like(session_row& row, const std::string& turn, const log_entry& texts) {
    auto change = turn_of(row, turn, 1, texts.events);
    change.append->input = texts.input;
    change.append->messages = texts.messages;
    return change;
}

} // namespace

TEST_CASE("what an entry's input and events say is left out of its messages, which stay JSON") {
    auto entry = said_twice();
    auto lean = without_repeats(entry);
    REQUIRE(lean);
    CHECK(lean->text == R"([{"by":"user","text":""},{"by":"machine","text":"","turn":""}])");
    CHECK(whole(entry, *lean) == entry.messages);
}

TEST_CASE("messages that repeat nothing, or only a little, are stored as they are") {
    log_entry entry = said_twice();
    entry.messages = "[" + message("user", "hi") + "," + message("machine", answer + "!") + "]";
    CHECK_FALSE(without_repeats(entry));
    entry.messages = "[]";
    CHECK_FALSE(without_repeats(entry));
    entry.messages.clear();
    CHECK_FALSE(without_repeats(entry));
}

TEST_CASE("texts that are no JSON stay what they were, whatever quotes and backslashes are in them") {
    std::mt19937 random(4711);
    const std::string signs = R"("\ab)";
    for (int round = 0; round < 2000; ++round) {
        auto text = [&] {
            std::string made(random() % 80, 'x');
            for (auto& sign : made)
                if (random() % 4 == 0) sign = signs[random() % signs.size()];
            return made;
        };
        log_entry entry;
        entry.input = text();
        entry.events = text() + entry.input;
        entry.messages = text() + entry.input + text() + entry.events + text();
        if (auto lean = without_repeats(entry)) CHECK(whole(entry, *lean) == entry.messages);
    }
}

TEST_CASE("of more strings than are looked at, the others stay in the messages") {
    log_entry entry;
    entry.input = entry.messages = "[";
    for (int number = 100; number < 200; ++number) {
        auto one = "\"" + std::to_string(number) + std::string(40, 'x') + "\",";
        entry.input += one;
        entry.messages += one;
    }
    auto lean = without_repeats(entry);
    REQUIRE(lean);
    CHECK(lean->text.size() < entry.messages.size() - 1000);
    CHECK(lean->text.ends_with("199" + std::string(40, 'x') + "\","));
    CHECK(whole(entry, *lean) == entry.messages);
}

TEST_CASE("nothing is put back where what is noted does not fit") {
    auto repeats = GENERATE(as<std::string>{}, "no list", "[[0,1]]", "[[0,1,99]]", "[[99,1,0]]",
                            "[[0,999999999999,0]]", "[[3,1,0],[2,1,0]]", "[[0,5,8]]", "[[-1,1,0]]",
                            "[[0,1,0]" + many_times(32, ",[0,1,0]") + "]");
    CHECK_FALSE(whole_messages("[\"\"]", repeats, "0123456789", "abc"));
    CHECK(whole_messages("[\"\"]", "[[2,3,7]]", "0123456789", "abc") == "[\"789\"]");
    CHECK(whole_messages("[\"\"]", "[[2,2,11]]", "0123456789", "abc") == "[\"bc\"]");
}

TEST_CASE("messages are shorter in the file than they are read, in every read and view of it") {
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(new_session("s1")).committed());
    auto row = *store.session("s1");
    auto texts = said_twice();
    REQUIRE(store.commit(turn_like(row, "t1", texts)).committed());
    REQUIRE(store.commit(turn_of(row, "t2", 1)).committed());

    raw_file file(store.location());
    CHECK(file.single("select messages from session_log where turn = 't1'") == without_repeats(texts)->text);
    CHECK(file.single("select repeats from session_log where turn = 't2'").empty());
    CHECK(store.turn(row.key, "t1")->messages == texts.messages);
    auto history = store.env.run(store.db->read_history(row.key, {}, 10));
    REQUIRE(history);
    REQUIRE(history->size() == 2);
    CHECK(history->front().messages == texts.messages);
    CHECK(history->front().events == texts.events);
    CHECK(file.single("select text from messages where by = 'user'") ==
          json::parse("\"" + heard + "\"").get<std::string>());
    CHECK(file.single("select text from messages where by = 'machine'") == answer);
}

TEST_CASE("a state without what was said gets it from messages that were stored without what repeats") {
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(new_session("s1")).committed());
    auto row = *store.session("s1");
    auto change = turn_like(row, "t1", said_twice());
    const auto& messages = change.append->messages;
    change.row.state = R"({"said":[]})";
    change.said = said_in_log{{row.head, row.revision},
                              1,
                              std::string_view(R"({"said":[)").size(),
                              messages.size() - std::string_view("[]").size()};
    REQUIRE(store.commit(change).committed());
    raw_file file(store.location());
    CHECK(file.single("select state from session") == R"({"said":[]})");
    CHECK(store.session("s1")->state == R"({"said":)" + messages + "}");
}

TEST_CASE("messages of which what repeats got lost are reported as damaged, and not read as something else") {
    auto damaged = GENERATE(as<std::string>{}, "no list", "[[9999,1,0]]", "[\"0\",{},[[]]]",
                            "[[0,1,0]" + many_times(100, ",[0,999,0]") + "]");
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(new_session("s1")).committed());
    auto row = *store.session("s1");
    for (const char* turn : {"t1", "t2", "t3"})
        REQUIRE(store.commit(turn_like(row, turn, said_twice())).committed());
    auto change = turn_like(row, "t4", said_twice());
    change.row.state = R"({"said":[]})";
    change.said = said_in_log{{row.head, row.revision}, 1, 9, change.append->messages.size() - 2};
    REQUIRE(store.commit(change).committed());
    auto damage = [&](const std::string& turn) {
        raw_file(store.location())
            .execute("update session_log set repeats = '" + damaged + "' where turn = '" + turn + "'");
    };

    damage("t2");
    CHECK(store.turn(row.key, "t2").error() == errc::corrupt);
    CHECK(store.turn(row.key, "t3"));
    auto read = [&](std::uint64_t after) {
        return store.env.run(store.db->read_history(row.key, {after, {1'000'000}}, 10));
    };
    auto in_front = read(0);
    REQUIRE(in_front);
    REQUIRE(in_front->size() == 1);
    CHECK(in_front->front().turn == turn_id{"t1"});
    CHECK(read(1).error() == errc::corrupt);
    CHECK(read(2)->size() == 2);
    CHECK(raw_file(store.location()).single("select count(*) from messages where turn <> 't2'") == "6");

    CHECK(store.session("s1")->state == R"({"said":)" + change.append->messages + "}");
    damage("t4");
    captured_errors errors;
    CHECK(store.session("s1")->state == R"({"said":[]})");
    CHECK(errors.line().starts_with("error state_incomplete session=s1"));
    CHECK(store.db->health() == store_health::usable);
}

TEST_CASE("an entry that is trimmed or stated anew has nothing left that repeats") {
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(new_session("s1")).committed());
    auto row = *store.session("s1");
    REQUIRE(store.commit(turn_like(row, "t1", said_twice())).committed());
    SECTION("trimmed") {
        auto next = turn_of(row, "t2", 1);
        next.row.floor = row.head;
        next.forget_before = from_unix(0);
        REQUIRE(store.commit(next).committed());
        CHECK(store.turn(row.key, "t1")->messages == "[]");
    }
    SECTION("stated anew") {
        moved_session again;
        again.which = moved_session::part::first;
        again.row = *store.session("s1");
        again.entries.push_back(*store.turn(row.key, "t1"));
        again.entries.front().messages = R"(["sealed"])";
        again.entries.front().input = "sealed, too";
        transfer what;
        what.how = transfer::manner::restate;
        what.sessions.push_back(again);
        REQUIRE_FALSE(store.env.run(store.db->transplant(what)));
        CHECK(store.turn(row.key, "t1")->messages == R"(["sealed"])");
    }
    CHECK(raw_file(store.location()).single("select repeats from session_log where turn = 't1'").empty());
}
