// The interpreter beside XState, on machines and events made at random; tests/differential/README.md tells
// what is compared and how new traces are made. REJOINDER_TRACES names another file of traces.

#include "tests/statemachine/running_machine.hpp"
#include "tests/support/gzip_lines.hpp"
#include "tests/support/source_file.hpp"
#include "tests/support/source_folder.hpp"

#include <cstdlib>
#include <set>

using namespace rejoinder;
using rejoinder::tests::running_machine;
using statemachine::effect;

namespace {

/// Under a sanitizer a part of them has to do.
#ifdef REJOINDER_SANITIZED
constexpr std::size_t every = 20;
#else
constexpr std::size_t every = 1;
#endif

std::string traces_file() {
    const char* other = std::getenv("REJOINDER_TRACES"); // NOLINT(concurrency-mt-unsafe): one thread
    return other ? other : tests::source_folder() + "/tests/differential/traces.ndjson.gz";
}

/// One machine, step by step, in the words of the traces.
class follower {
public:
    /// Whatever an actor is for, here nobody asks it.
    static ordered_json with_known_actors(ordered_json document) {
        if (document.is_object() && document.contains("src") && document["src"].is_string())
            document["src"] = "responder";
        if (document.is_structured())
            for (auto& part : document)
                part = with_known_actors(std::move(part));
        return document;
    }

    explicit follower(const ordered_json& document)
        : machine_(with_known_actors(document).dump()), begin_(machine_.inputs.now) {
        note_actors();
    }

    void take(const json& step) {
        started_.clear();
        stopped_.clear();
        machine_.inputs.now += milliseconds(step.value("wait", 0));
        if (step.contains("fire")) {
            const auto* next = machine_.now.next_timer();
            REQUIRE(next);
            CHECK(json(next->event) == step["fire"]);
            CHECK(next->due == machine_.inputs.now);
            machine_.fire(next->id);
        } else {
            const auto& event = step["event"];
            auto type = event["type"].get<std::string>();
            if (type.starts_with("xstate.done.actor.") || type.starts_with("xstate.error.actor."))
                working_.erase(type.substr(type.find("actor.") + 6));
            machine_.send(type, event.value("data", json::object()));
            is_broken_ = type.starts_with("xstate.error.actor.") && !machine_.last.handled;
        }
        REQUIRE_FALSE(machine_.last.error);
        note_actors();
    }

    bool is_broken() const { return is_broken_; }

    json value() const { return json::parse(serialise(machine_.machine(), machine_.now))["value"]; }
    json context() const { return machine_.context(); }
    json output() const { return machine_.now.output; }
    std::string status() const { return machine_.done() ? "done" : "active"; }

    json tags(const std::set<std::string>& known) const {
        auto tags = json::array();
        for (const auto& tag : known)
            if (has_tag(machine_.machine(), machine_.now, tag)) tags.push_back(tag);
        return tags;
    }

    json timers() const {
        auto waiting = machine_.now.timers;
        auto all = json::array();
        while (!waiting.empty()) {
            auto next = std::ranges::min_element(waiting, {}, &statemachine::timer::due);
            all.push_back({{"due", (next->due - begin_).count()}, {"event", next->event}});
            waiting.erase(next);
        }
        return all;
    }

    json effects() const {
        auto all = json::array();
        for (const auto& one : machine_.last.effects) {
            if (one.what == effect::kind::show) all.push_back({{"show", one.name}, {"data", one.data}});
            if (one.what == effect::kind::send) all.push_back({{"send", one.name}, {"event", one.data}});
        }
        return all;
    }

    json started() const { return started_; }
    json stopped() const { return stopped_; }

private:
    /// What the step comes to for its actors, whatever it began and ended on the way.
    void note_actors() {
        auto before = working_;
        std::vector<std::pair<std::string, json>> begun;
        auto stop = [&](const std::string& id) {
            std::erase_if(begun, [&](const auto& one) { return one.first == id; });
            if (before.contains(id) && working_.contains(id) && !was_stopped(id)) stopped_.push_back(id);
            working_.erase(id);
        };
        for (const auto& one : machine_.last.effects) {
            if (one.what == effect::kind::stop) stop(one.name);
            if (one.what == effect::kind::invoke) {
                working_.insert(one.name);
                begun.emplace_back(one.name, one.data["input"]);
            }
        }
        for (auto& [id, input] : begun)
            started_.push_back({{"id", id}, {"input", std::move(input)}});
    }

    bool was_stopped(const std::string& id) const {
        return std::ranges::find(stopped_, json(id)) != stopped_.end();
    }

    running_machine machine_;
    utc_time begin_;
    std::set<std::string> working_;
    json started_ = json::array();
    json stopped_ = json::array();
    bool is_broken_ = false;
};

/// All tags of a document.
void collect_tags(const json& document, std::set<std::string>& into) {
    if (!document.is_structured()) return;
    if (document.is_object() && document.contains("tags"))
        for (const auto& tag :
             document["tags"].is_array() ? document["tags"] : json::array({document["tags"]}))
            into.insert(tag.get<std::string>());
    for (const auto& part : document)
        collect_tags(part, into);
}

json without_source(json started) {
    for (auto& one : started)
        one.erase("src");
    return started;
}

/// Whether the check refuses the machine for a state that nothing leads to. The generator sees most of those.
bool has_a_state_out_of_reach(const std::string& line) {
    auto loaded =
        statemachine::load_definition(follower::with_known_actors(ordered_json::parse(line)["machine"]));
    return std::ranges::any_of(loaded.problems, [](const statemachine::problem& one) {
        return one.message.starts_with("no transition leads to the state");
    });
}

/// Compares a whole life.
void follow(const std::string& line) {
    auto trace = json::parse(line);
    std::set<std::string> tags;
    collect_tags(trace["machine"], tags);
    follower ours(ordered_json::parse(line)["machine"]);
    json now{{"tags", json::array()}, {"timers", json::array()}, {"output", nullptr}, {"status", "active"}};
    std::size_t number = 0;
    for (const auto& step : trace["steps"]) {
        INFO("step " << number << ": " << step.dump());
        if (number++ > 0) ours.take(step);
        now.update(step);
        if (now["status"] == "error") {
            CHECK(ours.is_broken());
            return;
        }
        REQUIRE_FALSE(ours.is_broken());
        CHECK(ours.value() == now["value"]);
        CHECK(ours.tags(tags) == now["tags"]);
        CHECK(ours.context() == now["context"]);
        CHECK(json(ours.status()) == now["status"]);
        CHECK(ours.output() == now["output"]);
        CHECK(ours.effects() == step.value("effects", json::array()));
        CHECK(ours.timers() == (now["status"] == "done" ? json::array() : now["timers"]));
        CHECK(ours.started() == without_source(step.value("started", json::array())));
        if (now["status"] != "done") CHECK(ours.stopped() == step.value("stopped", json::array()));
    }
}

} // namespace

TEST_CASE("machines made at random go the same ways as in XState, with the same effects in the same order") {
    tests::gzip_lines lines(traces_file());
    std::size_t count = 0;
    std::size_t refused = 0;
    while (auto line = lines.next()) {
        if (count++ % every != 0) continue;
        if (has_a_state_out_of_reach(*line)) {
            ++refused;
            continue;
        }
        INFO("machine " << count << ": " << line->substr(0, 4000));
        follow(*line);
    }
    CHECK(count > 0);
    CHECK(refused <= 1 + count / 1000);
}

TEST_CASE("what SCXML's own tests ask for is so, but where XState departs from it") {
    auto text = tests::read_source_file("tests/differential/scxml.json");
    auto cases = json::parse(text);
    auto documents = ordered_json::parse(text);
    std::size_t number = 0;
    for (const auto& one : cases["cases"]) {
        const auto& document = documents["cases"][number++];
        INFO("test " << one["test"] << ": " << one["idea"]);
        running_machine machine(follower::with_known_actors(document["machine"]).dump());
        auto said = machine.said();
        for (const auto& event : one["events"]) {
            if (event == "fire") {
                const auto* next = machine.now.next_timer();
                REQUIRE(next);
                machine.inputs.now = std::max(machine.inputs.now, next->due);
                machine.fire(next->id);
            } else if (event.is_string()) {
                machine.send(event.get<std::string>());
            } else {
                machine.send(event["type"].get<std::string>(), event.value("data", json::object()));
            }
            for (auto& more : machine.said())
                said.push_back(std::move(more));
        }
        const auto& ends = one["ends"];
        CHECK(json::parse(serialise(machine.machine(), machine.now))["value"] == ends["value"]);
        CHECK(machine.done() == (ends.value("status", "active") == "done"));
        if (ends.contains("output")) CHECK(machine.now.output == ends["output"]);
        if (ends.contains("said")) CHECK(json(said) == ends["said"]);
    }
    CHECK(number > 50);
}
