#include "tests/persistence/contract/fault_script.hpp"

#include <algorithm>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

std::string text_of(const std::vector<record>& found) {
    lifecycle::store_digest digest;
    for (const auto& one : found)
        digest.add(one);
    return digest.text();
}

std::string text_of(const record& found) {
    return text_of(std::vector{found});
}

std::string text_of(const std::vector<session_row>& found) {
    lifecycle::store_digest digest;
    for (const auto& one : found)
        digest.add(one);
    return digest.text();
}

std::string text_of(const session_row& found) {
    return text_of(std::vector{found});
}

std::string text_of(const std::vector<log_entry>& found) {
    lifecycle::store_digest digest;
    for (const auto& one : found)
        digest.add({"s1"}, one);
    return digest.text();
}

std::string text_of(const log_entry& found) {
    return text_of(std::vector{found});
}

/// The latest one: a transplant that was done twice is there twice.
std::string text_of(const change_page& page) {
    if (page.changes.empty()) return "none";
    const auto& last = page.changes.back();
    return (last.record ? last.record->key : last.session.text) + '@' + std::to_string(last.revision.value);
}

std::string text_of(std::uint64_t size) {
    return size > 0 ? "some" : "none";
}

/// What a script has led to and met, step by step.
struct account {
    std::vector<std::string> seen;
    std::vector<lifecycle::store_digest> stood;
};

/// Lives the life of a store and lets no fault get in the way: repeats what did not happen, and looks first
/// where it is not known whether it did.
class careful_caller {
public:
    explicit careful_caller(const store_kind& kind) : kind_(kind), store_(kind) {
        auto wrapping = std::make_unique<faulty_database>(store_.env, std::move(store_.db));
        db_ = wrapping.get();
        store_.db = std::move(wrapping);
    }

    faulty_database& db() noexcept { return *db_; }

    /// Lets every operation fail once.
    void fail_always(errc error, fault way) {
        error_ = error;
        way_ = way;
    }

    /// `undisturbed` is what the same led to without a fault, if that is known yet.
    account live(const account* undisturbed) {
        account met;
        auto before = digest();
        for (const auto& step : life_of_a_store()) {
            INFO("step " << met.stood.size() << ", operation " << db_->operations());
            const auto* after = undisturbed ? &undisturbed->stood[met.stood.size()] : nullptr;
            change(step, before, after);
            before = digest();
            if (after) REQUIRE(before == *after);
            met.seen.push_back(look(met.stood.size()));
            met.stood.push_back(before);
        }
        return met;
    }

private:
    void change(const mutation& step, const lifecycle::store_digest& before,
                const lifecycle::store_digest* after) {
        order_fault();
        auto asked = with_keys(step, keys_in(store_.env, db_->inner()));
        while (auto error = carry_out(store_.env, *db_, asked)) {
            INFO(error.message());
            REQUIRE((error == errc::unavailable || error == errc::unknown_outcome));
            REQUIRE(after);
            auto now = digest();
            REQUIRE((now == before || now == *after));
            if (error == errc::unavailable) REQUIRE(now == before);
            if (error == errc::unknown_outcome && stands(store_.env, *db_, step)) return;
        }
    }

    void order_fault() {
        if (error_) db_->fail_operation(*error_, way_);
    }

    /// A read of another kind after each step.
    std::string look(std::size_t which) {
        order_fault();
        auto key = store_.env.run(db_->inner().read_session({"s1"}))->key;
        switch (which % 12) {
        case 0:
            return ask([&] { return db_->read(id_of("a")); });
        case 1:
            return ask([&] { return db_->scan({"note", id_of("").scope, "", 100}); });
        case 2:
            return ask([&] { return db_->read_session({"s1"}); });
        case 3:
            return ask([&] { return db_->read_log(key, 0, 100, 1 << 20); });
        case 4:
            return ask([&] { return db_->read_history(key, {}, 100); });
        case 5:
            return ask([&] { return db_->find_turn(key, {"t2"}); });
        case 6:
            return ask([&] { return db_->latest_turns(key, 100); });
        case 7:
            return ask([&] { return db_->walk_records(std::nullopt, 100); });
        case 8:
            return ask([&] { return db_->walk_sessions({}, 100); });
        case 9:
            return ask([&] { return db_->read_changes("", 1000); });
        case 10:
            return ask([&] { return db_->size(); });
        default:
            return copy();
        }
    }

    /// A read has changed nothing, whatever it ended with.
    template <class Read>
    std::string ask(const Read& read) {
        auto answer = store_.env.run(read());
        while (!answer && (answer.error() == errc::unavailable || answer.error() == errc::unknown_outcome))
            answer = store_.env.run(read());
        return answer ? text_of(*answer) : answer.error().message();
    }

    /// A copy that may or may not have been made takes its place: the next one has another.
    std::string copy() {
        temporary_folder elsewhere;
        database_options options{kind_.type, {}};
        options.keys = kind_.keys;
        error_code error = errc::unavailable;
        for (int number = 0; error == errc::unavailable || error == errc::unknown_outcome; ++number) {
            options.location = elsewhere.file("copy" + std::to_string(number));
            error = store_.env.run(db_->back_up(options.location));
        }
        if (error) return error.message();
        std::string why;
        auto opened = open_database(store_.env, options, why);
        INFO(why);
        REQUIRE(opened);
        auto found = digest_of(store_.env, **opened);
        store_.env.run((*opened)->close());
        CHECK(found == digest());
        return found.text();
    }

    lifecycle::store_digest digest() { return digest_of(store_.env, db_->inner()); }

    store_kind kind_;
    contract_store store_;
    faulty_database* db_;
    std::optional<errc> error_; ///< of every operation
    fault way_ = fault::before_applying;
};

errc error_of(fault way) {
    return way == fault::before_applying ? errc::unavailable : errc::unknown_outcome;
}

} // namespace

TEST_CASE("whichever operation fails, and however, a careful caller ends where one without faults does") {
    auto kind = GENERATE(store_kind(database_type::memory), sealed(database_type::memory),
                         delayed(database_type::memory));
    auto way = GENERATE(fault::before_applying, fault::after_applying);
    careful_caller undisturbed(kind);
    auto expected = undisturbed.live(nullptr);
    auto operations = undisturbed.db().operations();
    REQUIRE(operations > 30);
    for (std::size_t n = 0; n < operations; ++n) {
        INFO("operation " << n << " of " << operations << " ends with "
                          << make_error_code(error_of(way)).message());
        careful_caller disturbed(kind);
        disturbed.db().fail_operation(error_of(way), way, n);
        CHECK(disturbed.live(&expected).seen == expected.seen);
        CHECK(disturbed.db().operations() > operations);
    }
}

TEST_CASE("a careful caller ends where one without faults does though every operation fails at first") {
    auto kind = GENERATE(from_range(every_store_kind()));
    careful_caller undisturbed(kind);
    auto expected = undisturbed.live(nullptr);
    for (auto way : {fault::before_applying, fault::after_applying}) {
        careful_caller disturbed(kind);
        disturbed.fail_always(error_of(way), way);
        CHECK(disturbed.live(&expected).seen == expected.seen);
        CHECK(disturbed.db().operations() > 2 * expected.stood.size());
    }
}
