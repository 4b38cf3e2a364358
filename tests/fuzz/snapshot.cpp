// A machine's stored state, of a machine that has everything which is stored: regions, both kinds of history,
// timers, a skill's journal, output. Whatever is accepted is a state that the machine can stand in.

#include "statemachine/interpreter.hpp"
#include "statemachine/library.hpp"
#include "statemachine/skill/skill_context.hpp"
#include "tests/fuzz/lines.hpp"
#include "tests/fuzz/targets.hpp"

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::tests::fuzz {

namespace {

using statemachine::definition;

/// Waits for everything that a skill may wait for, and fails now and then.
statemachine::skill_task keep_desk(statemachine::skill_context& skill) {
    auto name = co_await skill.ask("Who is there?");
    auto sure = co_await skill.ask_yes_no("Sure?");
    if (sure == statemachine::yes_or_no::no)
        throw statemachine::skill_error("desk.unsure", "Nobody is sure.");
    co_await skill.pause(seconds(1));
    json wanted{{"name", name.text}};
    auto opened = co_await skill.tool("door", std::move(wanted), seconds(2));
    std::vector<std::string> events{"news"};
    auto heard = co_await skill.next_event(std::move(events), seconds(10));
    json output{name.text, opened ? opened.data : json(opened.code), heard.type};
    co_return output;
}

constexpr auto document = R"json({
  "id": "factory", "version": 1, "type": "parallel",
  "context": {"count": 0, "names": []},
  "output": {"count": {"from": "/context/count"}},
  "states": {
    "work": {
      "initial": "idle",
      "on": {"reset": ".idle", "hold": ".held"},
      "states": {
        "idle": {"on": {"turn.text": "busy", "deep": "busy.deep", "shallow": "busy.shallow"}},
        "busy": {
          "initial": "first", "meta": {"overlap": "debounce(300)"},
          "on": {"pause": "held"},
          "states": {
            "deep": {"type": "history", "history": "deep"},
            "shallow": {"type": "history", "target": "both"},
            "first": {
              "after": {"1000": {"target": "both", "meta": {"timer": "remaining"}}},
              "on": {"next": "both",
                     "count": {"actions": {"type": "increment", "params": {"path": "/context/count"}}}}
            },
            "both": {
              "type": "parallel", "onDone": "#finished",
              "states": {
                "left": {
                  "initial": "low",
                  "states": {
                    "again": {"type": "history"},
                    "low": {"on": {"up": "high"}},
                    "high": {"on": {"down": "low", "end": "over"},
                             "after": {"20": {"target": "low", "meta": {"timer": "restart"}}}},
                    "over": {"type": "final"}
                  }
                },
                "right": {
                  "initial": "one",
                  "on": {"left": ["#factory.work.busy.both.left.again"]},
                  "states": {
                    "one": {"always": {"guard": {"type": "greater", "params": {"path": "/context/count", "value": 2}},
                                       "target": "two"}},
                    "two": {"type": "final"}
                  }
                }
              }
            }
          }
        },
        "held": {
          "entry": {"type": "raise", "params": {"event": {"type": "wake", "by": "itself"}, "delay": 50, "id": "alarm"}},
          "exit": {"type": "cancel", "params": {"id": "alarm"}},
          "on": {"wake": "busy.deep", "shallow": "busy.shallow"}
        },
        "finished": {"id": "finished", "type": "final"}
      }
    },
    "desk": {
      "initial": "shut",
      "states": {
        "shut": {"on": {"open": "open"}},
        "open": {
          "invoke": {"src": "skill:keep_desk", "id": "clerk", "input": {"hour": 9},
                     "onDone": {"target": "shut", "actions": {"type": "append", "params": {
                       "path": "/context/names", "value": {"from": "/event/output"}}}},
                     "onError": "gone"},
          "on": {"shut": "shut", "skill.restarted": "shut",
                 "tell": {"actions": {"type": "sendTo", "params": {"to": "clerk", "event": {"type": "news"}}}}}
        },
        "gone": {"type": "final"}
      }
    },
    "light": {
      "initial": "off", "meta": {"overlap": "reject"},
      "states": {
        "off": {"tags": ["dark"], "on": {"switch": "on"}},
        "on": {
          "initial": "white",
          "on": {"switch": "off", "break": "broken"},
          "after": {"500": "off"},
          "states": {
            "white": {"on": {"colour": "red"}},
            "red": {"on": {"colour": "white", "name": {"actions": {
              "type": "append", "params": {"path": "/context/names", "value": {"from": "/event/text"}}}}}},
            "same": {"type": "history", "history": "deep"}
          }
        },
        "broken": {"type": "final", "output": {"colour": "none"}}
      }
    }
  }
})json";

const definition& factory() {
    static const auto loaded = [] {
        statemachine::skill clerk{"keep_desk", 1, keep_desk, {}, statemachine::on_divergence::restart,
                                  {"enough"}};
        statemachine::install({{}, {}, {std::move(clerk)}});
        return statemachine::load_definition_text(document);
    }();
    require(loaded.machine.has_value(), "the machine of this target loads");
    if (!loaded.machine) std::abort();
    return *loaded.machine;
}

/// A state that stands can be told of, and is stored and found again as it is.
void check_standing(const definition& machine, const statemachine::snapshot& it) {
    require(!it.states.empty(), "some state is active");
    require(!statemachine::state_path(machine, it).empty(), "active states have paths");
    (void)statemachine::has_tag(machine, it, "dark");
    (void)statemachine::overlap_of(machine, it);
    require(it.timers.empty() == (it.next_timer() == nullptr), "of timers that run one is the next");
    auto text = statemachine::serialise(machine, it);
    auto again = statemachine::restore(machine, text);
    require(again.has_value(), "a state that was stored is found again");
    if (again) require(statemachine::serialise(machine, *again) == text, "and is stored in the same words");
}

} // namespace

void snapshot(std::string_view bytes) {
    constexpr int most_steps = 64;
    const auto& machine = factory();
    auto stood = statemachine::restore(machine, take_line(bytes));
    if (!stood) return;
    check_standing(machine, *stood);
    statemachine::step_inputs inputs{from_unix(1'000'000), 1, json::object()};
    for (int steps = 0; !bytes.empty() && steps < most_steps; ++steps) {
        auto line = take_line(bytes);
        inputs.now += milliseconds(10);
        if (line == "@") {
            statemachine::resume_timers(*stood, from_unix(1'000'000), inputs.now);
            check_standing(machine, *stood);
            continue;
        }
        statemachine::event told{std::string(line), {{"text", std::to_string(steps)}}};
        auto stepped = line.starts_with('#') ? statemachine::fire(machine, *stood, line.substr(1), inputs)
                                             : statemachine::step(machine, *stood, told, inputs);
        require(!stepped.error || stepped.effects.empty(), "a step that was not made has no effect");
        if (stepped.error) continue;
        check_standing(machine, stepped.next);
        *stood = std::move(stepped.next);
    }
}

} // namespace rejoinder::tests::fuzz
