#include "statemachine/coach/sitting.hpp"

#include "statemachine/coach/changes.hpp"
#include "statemachine/coach/phases.hpp"
#include "statemachine/coach/window.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rejoinder::statemachine::coach {
namespace {

const reference model_place{reference::root::context, "/coach"};
const std::string whose = "coach"; // of what is kept

std::string timer_of(const std::string& item) {
    return "coach.item." + item;
}

} // namespace

coach::model model_in(const execution& in) {
    return to_model(in.read(model_place));
}

sitting::sitting(execution& in) : in_(in) {
    model_ = to_model(in.charged(in.read(model_place)));
    const auto& earlier = in.aside(whose);
    if (earlier.is_null()) {
        adopt(model_, in.read({reference::root::session, shared_path}));
    } else {
        around_.let_go = earlier["let_go"].get<std::vector<std::string>>();
        around_.ended_break = earlier["ended_break"];
        ids_ = earlier["ids"];
    }
    before_ = model_;
    around_.now = from_unix(in.read({reference::root::now, {}}).get<std::int64_t>());
    around_.new_id = [this] { return new_id(); };
}

std::string sitting::heard() const {
    const auto& text = in_.read({reference::root::event, "/text"});
    return text.is_string() ? text.get<std::string>() : std::string();
}

stage_hand sitting::hand(std::string_view heard) {
    return {model_, around_, [this](std::size_t count) { return in_.draw(count); }, heard};
}

void sitting::show(stage_hand& hand) {
    for (auto& one : hand.results())
        note(std::move(one));
    say(hand.said());
    if (hand.question().empty()) return;
    in_.show("ask", {{"text", hand.question()}, {"expect", hand.asked()}});
    answer_with(model_, hand.question());
}

void sitting::say(const std::string& text) {
    if (text.empty()) return;
    in_.show("say", {{"text", text}});
    answer_with(model_, text);
}

/// As a ULID: the step's time, its place among the step's ids, then random.
std::string sitting::new_id() {
    static constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    constexpr std::size_t time_letters = 10;
    constexpr std::size_t count_letters = 3;
    std::string id(26, '0');
    auto time = static_cast<std::uint64_t>(to_unix(around_.now));
    for (std::size_t i = time_letters; i-- > 0; time >>= 5)
        id[i] = alphabet[time & 31];
    auto count = ids_++;
    for (std::size_t i = time_letters + count_letters; i-- > time_letters; count >>= 5)
        id[i] = alphabet[count & 31];
    for (std::size_t i = time_letters + count_letters; i < id.size(); ++i)
        id[i] = alphabet[in_.draw(alphabet.size())];
    return id;
}

void sitting::show_results() {
    for (const auto& one : results_)
        in_.show("action", to_json(one));
    bool moved = before_.state.phase != model_.state.phase;
    bool rests = before_.resting.has_value() != model_.resting.has_value();
    if (!moved && !rests) return;
    auto at = progress(model_);
    at["on_break"] = model_.resting.has_value();
    in_.show("progress", std::move(at));
}

/// An item is asked about when it is due, by the session in which that was said.
void sitting::follow_items() {
    for (const auto& item : model_.items) {
        auto old = std::ranges::find(before_.items, item.id, &entry<action_item>::id);
        bool was_open = old != before_.items.end() && old->value.status == persistence::action_status::open;
        bool is_open = item.value.status == persistence::action_status::open;
        auto due = was_open ? old->value.due : std::nullopt;
        if (was_open && (!is_open || item.value.due != due)) in_.stop_timer(timer_of(item.id));
        if (!is_open || !item.value.due || item.value.due == due) continue;
        event told{"coach.follow_up", {{"item", item.id}}};
        in_.start_timer(timer_of(item.id), std::move(told), *item.value.due - around_.now,
                        timer_policy::deadline);
    }
}

/// For the step's next use of the model.
void sitting::leave_aside() {
    in_.aside(whose) = {{"let_go", around_.let_go}, {"ended_break", around_.ended_break}, {"ids", ids_}};
}

void sitting::finish() {
    show_results();
    follow_items();
    if (before_.facts != model_.facts) in_.remember(facts_key, model_.facts);
    auto changes = joined(in_.kept(whose), changes_between(before_, model_, results_, around_));
    count_writes(model_, changes);
    if (!changes.is_null()) in_.keep(whose, std::move(changes));
    in_.write(model_place.below, to_json(model_));
    leave_aside();
}

} // namespace rejoinder::statemachine::coach
