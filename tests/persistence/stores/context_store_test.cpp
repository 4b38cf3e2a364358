#include "persistence/stores/context_store.hpp"
#include "tests/persistence/stores/rivals.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

const user_ref ann{{"acme"}, "ann"};

stored<conversation_context> begun(std::string session) {
    stored<conversation_context> context;
    context.key = std::move(session);
    return context;
}

conversation_message said(std::string text) {
    conversation_message message;
    message.content = std::move(text);
    message.role = message_role::coach;
    message.turn = "t1";
    return message;
}

/// Adds a message as a session does: over fresh reads until nobody was faster.
task<> add(database* db, const context_store* contexts, std::string text, std::size_t* lost) {
    for (;;) {
        auto reading = contexts->load("s1");
        auto before = co_await std::move(reading);
        if (!before) before = begun("s1");
        auto changes = change_of(*contexts->add(*before, said(text)));
        auto committing = db->commit(std::move(changes));
        auto outcome = co_await std::move(committing);
        if (outcome.committed()) co_return;
        ++*lost;
    }
}

} // namespace

TEST_CASE("a conversation's context is saved over what was read") {
    contract_store store(EVERY_DATABASE_TYPE);
    context_store contexts(*store.db, ann);
    conversation_context context{{{"mood", "good"}}, "they met\n", 0, "work"};
    REQUIRE(commit(store, contexts.save("s1", context, {})).committed());
    CHECK(commit(store, contexts.save("s1", context, {})).error == errc::conflict);
    auto found = store.env.run(contexts.load("s1"));
    REQUIRE(found);
    CHECK(found->value.user_data == context.user_data);
    CHECK(found->value.summary == "they met\n");
    CHECK(found->value.focus == "work");
    CHECK(store.env.run(contexts.load("s2")).error() == errc::not_found);
}

TEST_CASE("messages that many add at once are all kept, numbered without gaps") {
    contract_store store(EVERY_DATABASE_TYPE);
    context_store contexts(*store.db, ann);
    task_group tasks(store.env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    std::size_t lost = 0;
    for (int i = 0; i < 12; ++i)
        tasks.spawn(add(store.db.get(), &contexts, std::to_string(i), &lost));
    store.env.run(tasks.join());
    CHECK(lost > 0);
    CHECK(store.env.run(contexts.load("s1"))->value.message_count == 12);
    auto page = store.env.run(contexts.messages("s1", 0, 100));
    REQUIRE(page);
    REQUIRE(page->records.size() == 12);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < 12; ++i) {
        CHECK(context_store::number_of(page->records[i].key) == i + 1);
        texts.push_back(page->records[i].value.content);
    }
    std::ranges::sort(texts);
    CHECK(std::ranges::unique(texts).empty());
}

TEST_CASE("messages are read from a number on, and none of another session") {
    contract_store store(EVERY_DATABASE_TYPE);
    context_store contexts(*store.db, ann);
    for (const auto* session : {"s", "s1", "s10", "s2"}) {
        auto context = begun(session);
        for (const auto& text : awkward_texts) {
            REQUIRE(commit(store, contexts.add(context, said(text))).committed());
            context = *store.env.run(contexts.load(session));
        }
    }
    auto count = awkward_texts.size();
    auto all = store.env.run(contexts.messages("s1", 0, 3));
    REQUIRE(all->records.size() == 3);
    auto rest = store.env.run(contexts.messages("s1", context_store::number_of(all->next), 100));
    REQUIRE(rest->records.size() == count - 3);
    CHECK(rest->records.back().value.content == awkward_texts.back());
    CHECK(rest->records.back().value.role == message_role::coach);
    CHECK(rest->records.back().value.turn == "t1");
    CHECK(store.env.run(contexts.messages("s1", count, 100))->records.empty());
    CHECK(context_store::number_of("s1/x") == 0);
}

TEST_CASE("a message without content is refused, and its context stays as it was") {
    contract_store store(database_type::memory);
    context_store contexts(*store.db, ann);
    auto refused = contexts.add(begun("s1"), said(""));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().pointer == "/content");
    CHECK_FALSE(contexts.add(begun(""), said("hello")));
}
