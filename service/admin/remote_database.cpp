#include "service/admin/remote_database.hpp"

#include "persistence/rules.hpp"
#include "service/admin/command_link.hpp"
#include "service/admin/store_calls.hpp"

#include <deque>
#include <filesystem>
#include <utility>

namespace rejoinder::service::admin {
namespace {

using namespace persistence;

template <class T>
using reader = std::optional<T> (*)(const document& from);

document call_of(const char* name) {
    document call = document::object();
    call["call"] = name;
    return call;
}

document page_of(const char* name, session_key session, std::size_t limit) {
    auto call = call_of(name);
    call["session"] = session.value;
    call["limit"] = limit;
    return call;
}

class remote_database final : public database {
public:
    explicit remote_database(std::unique_ptr<websocket::client> client) : client_(std::move(client)) {}

    /// Asks what the server's database is; whether it has answered.
    task<bool> introduce() {
        auto asking = ask(call_of("describe"));
        auto answer = co_await std::move(asking);
        if (answer.error) co_return false;
        type_ = static_cast<database_type>(answer.value.at("type").get<int>());
        durability_ = static_cast<persistence::durability>(answer.value.at("durability").get<int>());
        incarnation_ = answer.value.at("incarnation").get<std::string>();
        schema_.found = schema_.now = answer.value.at("schema").get<int>();
        hides_keys_ = answer.value.at("hides_keys").get<bool>();
        co_return true;
    }

    database_type type() const noexcept override { return type_; }
    persistence::durability durability() const noexcept override { return durability_; }
    const std::string& incarnation() const noexcept override { return incarnation_; }
    schema_versions schema() const noexcept override { return schema_; }
    bool hides_keys() const noexcept override { return hides_keys_; }
    store_health health() const noexcept override { return store_health::usable; }

    task<commit_outcome> commit(change_set changes) override {
        if (auto incomplete = rules::judge_states(changes, completes_states()))
            co_return commit_outcome::refused(incomplete);
        auto call = call_of("commit");
        call["changes"] = persistence::to_document(changes);
        auto asking = exchange_messages(std::move(call));
        auto [sent, answer] = co_await std::move(asking);
        if (!answer) co_return commit_outcome::refused(sent ? errc::unknown_outcome : errc::unavailable);
        commit_outcome outcome;
        outcome.error = error_in(*answer);
        outcome.session = {answer->value("session", std::int64_t(0))};
        outcome.current = {answer->value("current", std::uint64_t(0))};
        outcome.conflicting_write = answer->value("write", std::size_t(0));
        co_return outcome;
    }

    task<result<record>> read(record_id id) override {
        auto call = call_of("read");
        call["id"] = to_document(id);
        return one<record>(std::move(call), to_record);
    }

    task<result<std::vector<record>>> scan(scan_request request) override {
        auto call = call_of("scan");
        call["after"] = to_document({request.type, request.scope, request.after_key});
        call["limit"] = request.limit;
        return list<record>(std::move(call), to_record);
    }

    task<result<session_row>> read_session(session_id id) override {
        auto call = call_of("read_session");
        call["session"] = id.text;
        return one<session_row>(std::move(call), to_session_row);
    }

    task<result<std::vector<log_entry>>> read_log(session_key session, std::uint64_t after,
                                                  std::size_t max_events, std::size_t max_bytes) override {
        auto call = call_of("read_log");
        call["session"] = session.value;
        call["after"] = after;
        call["events"] = max_events;
        call["bytes"] = max_bytes;
        return list<log_entry>(std::move(call), to_log_entry);
    }

    task<result<std::vector<log_entry>>> read_history(session_key session, log_position after,
                                                      std::size_t limit) override {
        auto call = page_of("read_history", session, limit);
        call["last"] = after.last;
        call["revision"] = after.revision.value;
        return list<log_entry>(std::move(call), to_log_entry);
    }

    task<result<log_entry>> find_turn(session_key session, turn_id turn) override {
        auto call = call_of("find_turn");
        call["session"] = session.value;
        call["turn"] = turn.text;
        return one<log_entry>(std::move(call), to_log_entry);
    }

    task<result<std::vector<log_entry>>> latest_turns(session_key session, std::size_t limit) override {
        return list<log_entry>(page_of("latest_turns", session, limit), to_log_entry);
    }

    task<result<std::vector<record>>> walk_records(std::optional<record_id> after,
                                                   std::size_t limit) override {
        auto call = call_of("walk_records");
        if (after) call["after"] = to_document(*after);
        call["limit"] = limit;
        return list<record>(std::move(call), to_record);
    }

    task<result<std::vector<session_row>>> walk_sessions(session_id after, std::size_t limit) override {
        auto call = call_of("walk_sessions");
        call["session"] = after.text;
        call["limit"] = limit;
        return list<session_row>(std::move(call), to_session_row);
    }

    task<error_code> transplant(transfer what) override {
        auto call = call_of("transplant");
        call["what"] = persistence::to_document(what);
        return verdict(std::move(call));
    }

    task<result<purged>> purge(utc_time expired_before, std::size_t limit) override {
        auto call = call_of("purge");
        call["before"] = to_unix(expired_before);
        call["limit"] = limit;
        auto asking = ask(std::move(call));
        auto answer = co_await std::move(asking);
        if (answer.error) co_return answer.error;
        co_return purged{answer.value.at("records").get<std::uint64_t>(),
                         answer.value.at("sessions").get<std::uint64_t>()};
    }

    task<result<std::uint64_t>> size() override {
        auto asking = ask(call_of("size"));
        auto answer = co_await std::move(asking);
        if (answer.error) co_return answer.error;
        co_return answer.value.get<std::uint64_t>();
    }

    task<error_code> compact() override { return verdict(call_of("compact")); }

    task<error_code> back_up(std::string place) override {
        auto call = call_of("back_up");
        call["place"] = std::filesystem::absolute(place).string(); // the server stands in another folder
        return verdict(std::move(call));
    }

    task<result<change_page>> read_changes(std::string after, std::size_t limit) override {
        auto call = call_of("read_changes");
        call["after"] = after;
        call["limit"] = limit;
        auto asking = ask(std::move(call));
        auto answer = co_await std::move(asking);
        if (answer.error) co_return answer.error;
        auto changes = read_list<change>(answer.value.at("changes"), to_change);
        if (!changes) co_return errc::corrupt;
        co_return change_page{std::move(*changes), answer.value.at("next").get<std::string>()};
    }

    task<> close() override {
        auto closing = client_->close();
        co_await std::move(closing);
    }

private:
    static error_code error_in(const document& answer) {
        auto error = answer.find("error");
        if (error == answer.end()) return {};
        return static_cast<errc>(error->get<int>());
    }

    template <class T>
    static std::optional<std::vector<T>> read_list(const document& from, reader<T> read) {
        std::vector<T> found;
        for (const auto& element : from) {
            auto one = read(element);
            if (!one) return std::nullopt;
            found.push_back(std::move(*one));
        }
        return found;
    }

    template <class T>
    task<result<T>> one(document call, reader<T> read) {
        auto asking = ask(std::move(call));
        auto answer = co_await std::move(asking);
        if (answer.error) co_return answer.error;
        auto found = read(answer.value);
        if (!found) co_return errc::corrupt;
        co_return std::move(*found);
    }

    template <class T>
    task<result<std::vector<T>>> list(document call, reader<T> read) {
        auto asking = ask(std::move(call));
        auto answer = co_await std::move(asking);
        if (answer.error) co_return answer.error;
        auto found = read_list<T>(answer.value, read);
        if (!found) co_return errc::corrupt;
        co_return std::move(*found);
    }

    task<error_code> verdict(document call) {
        auto asking = ask(std::move(call));
        auto answer = co_await std::move(asking);
        co_return answer.error;
    }

    /// What is under `ok`, or why there is nothing. A JSON value can't stand in a `result`, as it is made of
    /// everything, errors included.
    struct answered {
        error_code error;
        document value;
    };
    task<answered> ask(document call) {
        auto asking = exchange_messages(std::move(call));
        auto [sent, answer] = co_await std::move(asking);
        if (!answer) co_return answered{errc::unavailable, {}};
        co_return answered{error_in(*answer), std::move((*answer)["ok"])};
    }

    struct exchanged {
        bool sent = false;
        std::optional<document> answer; ///< nothing: the server is gone
    };

    /// One call at a time; those that come meanwhile wait in order.
    task<exchanged> exchange_messages(document call) {
        auto line = to_line(call); // what can't be written, as bytes that are no UTF-8, is in nobody's way
        while (busy_)
            co_await suspend<int>([this](completion<int> done) { waiting_.push_back(std::move(done)); });
        busy_ = true;
        exchanged done;
        done.sent = !client_->closed_with();
        if (done.sent) {
            client_->send(std::move(line));
            auto receiving = client_->receive(command_patience);
            auto text = co_await std::move(receiving);
            if (text) done.answer = from_line(*text);
        }
        busy_ = false;
        if (!waiting_.empty()) {
            waiting_.front().post(0);
            waiting_.pop_front();
        }
        co_return done;
    }

    std::unique_ptr<websocket::client> client_;
    database_type type_ = database_type::memory;
    persistence::durability durability_ = persistence::durability::none;
    std::string incarnation_;
    schema_versions schema_;
    bool hides_keys_ = false;
    bool busy_ = false;
    std::deque<completion<int>> waiting_;
};

} // namespace

task<result<std::unique_ptr<database>>> open_remote(environment* env, serving_place at, std::string* why) {
    auto connecting = connect_command(env, std::move(at), why);
    auto connected = co_await std::move(connecting);
    if (!connected) co_return connected.error();
    auto made = std::make_unique<remote_database>(std::move(*connected));
    auto introducing = made->introduce();
    if (co_await std::move(introducing)) co_return std::unique_ptr<database>(std::move(made));
    auto closing = made->close();
    co_await std::move(closing);
    *why = "it does not answer";
    co_return errc::unavailable;
}

} // namespace rejoinder::service::admin
