// A skill to copy: straight-line code that goes on where it was after a restart, a cut or a move to another
// server. It keeps lists of a household: "add milk and eggs", "what is on the list", "we have got milk",
// "done".

#include "samples/skill/household_list.hpp"

#include "statemachine/skill/skill_context.hpp"
#include "statemachine/spoken.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::statemachine;

namespace samples {
namespace {

using items = std::vector<std::string>;

/// What the answer does to the list, and what is said to it.
std::string change(items& list, const std::string& name, const skill_answer& said) {
    auto is_any_of = [](const items& some) {
        return [&some](const std::string& known) {
            return std::ranges::any_of(some, [&](const auto& one) { return same_words(one, known); });
        };
    };
    if (auto got = said.behind({"we have got", "cross off", "remove", "bought"})) {
        std::erase_if(list, is_any_of(parts_of(*got)));
        return "Off it goes. Left: " + enumerate(list, "nothing") + '.';
    }
    if (auto wanted = said.behind({"add", "put", "we need", "buy"})) {
        for (const auto& one : parts_of(*wanted))
            if (!is_any_of(list)(one)) list.push_back(one);
    } else if (!said.has({"what is on", "whats on", "read", "show"})) {
        return "I can add things, cross them off and read the list. Say done when you are.";
    }
    return "On the " + name + " list: " + enumerate(list, "nothing") + '.';
}

} // namespace

// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): the context outlives its skill
skill_task household_list(skill_context& skill) {
    const auto name = skill.input().value("list", std::string("shopping"));
    auto said = co_await skill.ask(
        skill.input().value("again", false) ? "What else?" : "What goes on the " + name + " list?");
    while (!said.has({"done", "that is all", "thats all", "nothing"})) {
        auto lists = skill.read("/user/lists");
        if (!lists.is_object()) lists = json::object();
        auto list = lists.value(name, items());
        skill.say(change(list, name, said));
        lists[name] = list;
        skill.remember("lists", lists);
        // All that a skill does is kept, so that it can be brought back; one without an end begins anew now
        // and then.
        if (skill.journal_room() < 20) skill.continue_as_new({{"list", name}, {"again", true}});
        said = co_await skill.ask("Anything else?");
    }
    co_return "Your " + name + " list is safe with me.";
}

} // namespace samples
