#include "statemachine/skill/running_skill.hpp"

namespace rejoinder::statemachine {
namespace {

constexpr std::string_view source_prefix = "skill:";

} // namespace

std::string running_skill::work_id() const {
    return std::string(skill_work_prefix) + number();
}

std::string running_skill::timer_id() const {
    return "skill.time." + number();
}

std::string running_skill::number() const {
    return std::to_string(run) + '.' + std::to_string(steps.steps().size());
}

running_skill::wait running_skill::waits_for() const noexcept {
    if (steps.steps().empty()) return wait::time;
    std::string_view what = steps.steps().back().what;
    auto kind = what.substr(0, what.find(' '));
    return kind == "ask"     ? wait::answer
           : kind == "event" ? wait::event
           : kind == "tool"  ? wait::tool
           : kind == "call"  ? wait::call
                             : wait::time;
}

json to_json(const running_skill& one) {
    json stored{{"actor", one.actor}, {"skill", one.name}, {"version", one.version}, {"run", one.run}};
    if (!one.input.is_null()) stored["input"] = one.input;
    if (one.lost) stored["lost"] = true;
    return stored;
}

std::optional<running_skill> restore_skill(const json& stored) {
    if (!stored.is_object()) return std::nullopt;
    auto text = [&](const char* name, std::string& into) {
        auto found = stored.find(name);
        if (found == stored.end() || !found->is_string()) return false;
        into = found->get<std::string>();
        return true;
    };
    auto version = stored.value("version", json());
    auto run = stored.value("run", json());
    auto steps = journal::restore(stored.value("steps", json()));
    running_skill made;
    if (!text("actor", made.actor) || !text("skill", made.name)) return std::nullopt;
    if (!version.is_number_integer() || version < 1 || !run.is_number_unsigned() || !steps)
        return std::nullopt;
    if (steps->steps().empty() || steps->steps().back().result) return std::nullopt;
    made.version = version;
    made.run = run;
    made.input = stored.value("input", json());
    made.steps = std::move(*steps);
    made.lost = stored.value("lost", json()) == json(true);
    return made;
}

std::string skill_source(std::string_view name) {
    return std::string(source_prefix) + std::string(name);
}

std::optional<std::string_view> skill_name(std::string_view source) {
    if (!source.starts_with(source_prefix)) return std::nullopt;
    return source.substr(source_prefix.size());
}

} // namespace rejoinder::statemachine
