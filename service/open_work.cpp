#include "service/open_work.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::service {
namespace {

using statemachine::overlap;

json to_json(const turn_identity& who) {
    return {{"id", who.id.text}, {"device", who.device.text}, {"number", who.number}, {"digest", who.digest}};
}

json to_json(const parked_turn& turn) {
    auto stored = to_json(turn.who);
    stored["received"] = to_unix(turn.received);
    stored["first"] = turn.first;
    return stored;
}

json to_json(const open_tool& tool) {
    json stored{{"call", tool.call},
                {"name", tool.name},
                {"args", tool.args},
                {"turn", tool.turn.text},
                {"deadline", to_unix(tool.deadline)}};
    if (!tool.skill.empty()) stored["skill"] = tool.skill;
    return stored;
}

json to_json(const open_call& call) {
    return {{"call", call.call},   {"actor", call.actor},    {"src", call.source},
            {"input", call.input}, {"turn", call.turn.text}, {"deadline", to_unix(call.deadline)}};
}

json to_json(const queued_turn& turn) {
    auto stored = to_json(turn.who);
    stored["event"] = turn.event.type;
    stored["data"] = turn.event.data;
    stored["received"] = to_unix(turn.received);
    stored["policy"] = static_cast<int>(turn.policy);
    if (!turn.heard.empty()) stored["heard"] = turn.heard;
    if (turn.if_revision) stored["if_revision"] = *turn.if_revision;
    if (turn.expires) stored["expires"] = to_unix(*turn.expires);
    if (turn.not_before) stored["not_before"] = to_unix(*turn.not_before);
    return stored;
}

/// Reads members of one stored object; the first that is missing or of another kind spoils the whole.
class member_reader {
public:
    explicit member_reader(const json& object) : object_(object), good_(object.is_object()) {}

    std::string text(const char* name) {
        const auto* found = find(name);
        return accept(found && found->is_string()) ? found->get<std::string>() : std::string();
    }
    std::uint64_t number(const char* name) {
        const auto* found = find(name);
        return accept(found && found->is_number_unsigned()) ? found->get<std::uint64_t>() : 0;
    }
    utc_time time(const char* name) {
        const auto* found = find(name);
        return accept(found && found->is_number_integer()) ? from_unix(*found) : utc_time();
    }
    json any(const char* name) {
        const auto* found = find(name);
        return accept(found != nullptr) ? *found : json();
    }
    json object(const char* name) {
        const auto* found = find(name);
        return accept(found && found->is_object()) ? *found : json::object();
    }
    bool has(const char* name) const { return find(name) != nullptr; }
    bool accept(bool good) noexcept { return good_ = good_ && good; }
    bool good() const noexcept { return good_; }

    turn_identity identity() {
        return {turn_id{text("id")}, device_id{text("device")}, number("number"), text("digest")};
    }

private:
    const json* find(const char* name) const {
        if (!object_.is_object()) return nullptr;
        auto found = object_.find(name);
        return found == object_.end() ? nullptr : &*found;
    }

    const json& object_;
    bool good_;
};

bool read(const json& stored, parked_turn& turn) {
    member_reader from(stored);
    turn.who = from.identity();
    turn.received = from.time("received");
    turn.first = from.number("first");
    return from.good();
}

bool read(const json& stored, open_tool& tool) {
    member_reader from(stored);
    tool.call = from.text("call");
    tool.name = from.text("name");
    tool.args = from.object("args");
    tool.turn = turn_id{from.text("turn")};
    tool.deadline = from.time("deadline");
    if (stored.contains("skill")) tool.skill = from.text("skill");
    return from.good();
}

bool read(const json& stored, open_call& call) {
    member_reader from(stored);
    call.call = from.text("call");
    call.actor = from.text("actor");
    call.source = from.text("src");
    call.input = from.any("input");
    call.turn = turn_id{from.text("turn")};
    call.deadline = from.time("deadline");
    return from.good();
}

bool read(const json& stored, queued_turn& turn) {
    member_reader from(stored);
    turn.who = from.identity();
    turn.event.type = from.text("event");
    turn.event.data = from.object("data");
    turn.received = from.time("received");
    auto policy = from.number("policy");
    from.accept(policy <= static_cast<std::uint64_t>(overlap::policy::debounce));
    turn.policy = from.good() ? static_cast<overlap::policy>(policy) : overlap::policy::queue;
    if (from.has("heard")) turn.heard = from.text("heard");
    if (from.has("if_revision")) turn.if_revision = from.number("if_revision");
    if (from.has("expires")) turn.expires = from.time("expires");
    if (from.has("not_before")) turn.not_before = from.time("not_before");
    return from.good();
}

template <class T>
bool read_all(const json& stored, const char* name, std::vector<T>& into) {
    auto found = stored.find(name);
    if (found == stored.end()) return true;
    if (!found->is_array()) return false;
    return std::ranges::all_of(*found, [&](const json& one) { return read(one, into.emplace_back()); });
}

template <class T>
json to_array(const std::vector<T>& all) {
    auto array = json::array();
    for (const auto& one : all)
        array.push_back(to_json(one));
    return array;
}

} // namespace

bool queued_turn::joins() const noexcept {
    return policy == overlap::policy::merge || policy == overlap::policy::debounce;
}

const open_tool* open_work::find_tool(std::string_view call) const noexcept {
    auto found = std::ranges::find(tools, call, &open_tool::call);
    return found == tools.end() ? nullptr : &*found;
}

const open_call* open_work::find_call(std::string_view call) const noexcept {
    auto found = std::ranges::find(calls, call, &open_call::call);
    return found == calls.end() ? nullptr : &*found;
}

bool open_work::holds(const turn_id& turn) const noexcept {
    return std::ranges::find(tools, turn, &open_tool::turn) != tools.end() ||
           std::ranges::find(calls, turn, &open_call::turn) != calls.end();
}

const queued_turn* open_work::find_queued(const turn_id& turn) const noexcept {
    auto found =
        std::ranges::find(queue, turn, [](const queued_turn& q) -> const turn_id& { return q.who.id; });
    return found == queue.end() ? nullptr : &*found;
}

std::uint64_t open_work::turns_before(const turn_id& queued) const noexcept {
    std::uint64_t before = parked ? 1 : 0;
    for (const auto& turn : queue) {
        if (turn.who.id == queued) break;
        ++before;
    }
    return before;
}

std::optional<parked_turn> open_work::take_settled() {
    if (!parked || holds(parked->who.id)) return std::nullopt;
    return parked.take();
}

void open_work::close_all_of(const turn_id& turn) {
    std::erase_if(tools, [&](const open_tool& tool) { return tool.turn == turn; });
    std::erase_if(calls, [&](const open_call& call) { return call.turn == turn; });
}

void open_work::close(std::string_view call) {
    std::erase_if(tools, [&](const open_tool& tool) { return tool.call == call; });
    std::erase_if(calls, [&](const open_call& one) { return one.call == call; });
}

std::optional<utc_time> open_work::next_deadline() const noexcept {
    std::optional<utc_time> next;
    auto consider = [&next](const auto& one) {
        if (!next || one.deadline < *next) next = one.deadline;
    };
    std::ranges::for_each(tools, consider);
    std::ranges::for_each(calls, consider);
    return next;
}

json to_json(const open_work& work) {
    auto stored = json::object();
    if (work.parked) stored["parked"] = to_json(*work.parked);
    if (!work.tools.empty()) stored["tools"] = to_array(work.tools);
    if (!work.calls.empty()) stored["calls"] = to_array(work.calls);
    if (work.calls_begun > 0) stored["calls_begun"] = work.calls_begun;
    if (!work.queue.empty()) stored["queue"] = to_array(work.queue);
    return stored;
}

std::optional<open_work> restore_open_work(const json& stored) {
    open_work work;
    if (!stored.is_object()) return std::nullopt;
    if (auto parked = stored.find("parked"); parked != stored.end())
        if (!read(*parked, work.parked.emplace())) return std::nullopt;
    if (!read_all(stored, "tools", work.tools) || !read_all(stored, "calls", work.calls) ||
        !read_all(stored, "queue", work.queue))
        return std::nullopt;
    if (auto begun = stored.find("calls_begun"); begun != stored.end()) {
        if (!begun->is_number_unsigned()) return std::nullopt;
        work.calls_begun = *begun;
    }
    return work;
}

} // namespace rejoinder::service
