#include "service/replay/compare.hpp"

#include "service/replay/inputs.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace rejoinder::service {
namespace {

constexpr milliseconds action_delay{75};
constexpr milliseconds action_behind_redirect_delay{125};
constexpr milliseconds clock_rounding{1};

/// What came for one input: from a LISTEN to the next.
struct batch {
    std::size_t after = 0;
    std::vector<const received_turn::reply*> frames;
};

std::string type_of(const json& message) {
    const json* type = find_pointer(message, "/type");
    return type && type->is_string() ? type->get<std::string>() : std::string("?");
}

std::vector<batch> split(const received_turn& received) {
    std::vector<batch> batches;
    for (const auto& reply : received.replies) {
        if (batches.empty() || type_of(reply.message) == "LISTEN") batches.push_back({reply.after, {}});
        batches.back().frames.push_back(&reply);
    }
    return batches;
}

std::vector<std::string> types_of(const batch& of) {
    std::vector<std::string> types;
    std::ranges::transform(of.frames, std::back_inserter(types),
                           [](const auto* frame) { return type_of(frame->message); });
    return types;
}

std::string joined(const std::vector<std::vector<std::string>>& batches) {
    std::string text;
    for (const auto& types : batches) {
        if (!text.empty()) text += " | ";
        for (std::size_t i = 0; i < types.size(); ++i)
            text += (i > 0 ? "," : "") + types[i];
    }
    return text.empty() ? "nothing" : text;
}

/// Collects what is wrong with one batch, in sentences.
class inspection {
public:
    explicit inspection(std::vector<std::string>& problems) : problems_(problems) {}

    void expect(bool holds, std::string problem) {
        if (!holds) problems_.push_back(std::move(problem));
    }

    void expect_value(const json& message, std::string_view pointer, const json& wanted) {
        const json* found = find_pointer(message, pointer);
        expect(found && *found == wanted, type_of(message) + std::string(pointer) + " is " +
                                              (found ? to_text(*found) : "absent") + " instead of " +
                                              to_text(wanted));
    }

private:
    std::vector<std::string>& problems_;
};

void check_order(const batch& of, inspection& found) {
    auto types = types_of(of);
    found.expect(types.size() >= 2 && types[0] == "LISTEN" && types[1] == "EOS",
                 "a batch begins with LISTEN and EOS, not with " + joined({types}));
    auto later =
        std::ranges::subrange(types.begin() + std::min<std::ptrdiff_t>(2, std::ssize(types)), types.end());
    found.expect(std::ranges::find(later, "EOS") == later.end(), "there is more than one EOS");
}

/// Measured from the moment the input was sent, which is earlier than LISTEN: a slow client makes no false
/// alarm.
void check_delays(const batch& of, milliseconds sent, inspection& found) {
    bool redirected = false;
    for (const auto* frame : of.frames) {
        auto type = type_of(frame->message);
        if (type == "LISTEN" || type == "EOS") continue;
        auto least = redirected ? action_behind_redirect_delay : action_delay;
        auto took = frame->at - sent;
        found.expect(took + clock_rounding >= least,
                     type + " came after " + std::to_string(took.count()) + " ms, too early");
        redirected = redirected || type == "SKILL_REDIRECT";
    }
}

/// The rules of the input, which a reply may name without the robot-wide ones where only yes or no is wanted.
bool follow(const json& rules, std::vector<std::string> wanted) {
    if (rules == json(wanted)) return true;
    constexpr std::array<std::string_view, 2> yes_no{"yes_no", "alarm_timer_"};
    auto constrains = [&](const std::string& rule) {
        return std::ranges::any_of(yes_no, [&](auto part) { return rule.find(part) != std::string::npos; }) ||
               rule == "create/is_it_a_keeper" || rule == "circuit-saver/play_again";
    };
    if (std::ranges::none_of(wanted, constrains)) return false;
    std::erase_if(wanted, [](const std::string& rule) { return rule.starts_with("globals/"); });
    return rules == json(wanted);
}

void check_listen(const json& message, const recorded_input& input, inspection& found) {
    found.expect_value(message, "/data/asr/text", input.text);
    found.expect_value(message, "/data/asr/final", true);
    found.expect_value(message, "/data/match/skipSurprises", true);
    const json* intent = find_pointer(message, "/data/nlu/intent");
    if (input.intent) found.expect_value(message, "/data/nlu/intent", *input.intent);
    if (input.entities) found.expect_value(message, "/data/nlu/entities", *input.entities);
    if (intent) found.expect_value(message, "/data/match/intent", *intent);
    found.expect(input.trigger || (intent && intent->is_string() && *intent != ""), "LISTEN names no intent");

    const json* rules = find_pointer(message, "/data/nlu/rules");
    found.expect(rules && follow(*rules, input.rules), "the rules of LISTEN do not follow the input's");
    if (rules && rules->is_array() && !rules->empty())
        found.expect_value(message, "/data/match/rule", rules->front());
}

void check_batch(const batch& of, const recorded_input& input, milliseconds sent, inspection& found) {
    check_order(of, found);
    check_delays(of, sent, found);
    check_listen(of.frames.front()->message, input, found);
    for (const auto* frame : of.frames)
        if (!input.transaction.empty()) found.expect_value(frame->message, "/transID", input.transaction);
}

bool contains(const json& whole, const json& part) {
    if (!part.is_object()) return whole == part;
    if (!whole.is_object()) return false;
    return std::ranges::all_of(part.items(), [&](const auto& member) {
        auto found = whole.find(member.key());
        return found != whole.end() && contains(*found, member.value());
    });
}

/// What a hand-made flow says about the content of its replies.
void check_content(const batch& of, const recorded_batch& wanted, milliseconds sent, inspection& found) {
    auto both = std::min(of.frames.size(), wanted.content.size());
    for (std::size_t i = 0; i < both; ++i) {
        const auto& frame = *of.frames[i];
        const auto& expected = wanted.content[i];
        found.expect(expected.subset.is_null() || contains(frame.message, expected.subset),
                     type_of(frame.message) + " lacks members that the flow expects");
        found.expect(frame.at - sent + clock_rounding >= expected.delay,
                     type_of(frame.message) + " came earlier than the flow expects");
    }
}

std::optional<milliseconds> speech_delay_of(const std::vector<batch>& batches) {
    for (const auto& each : batches)
        if (each.frames.size() > 2) return each.frames[2]->at - each.frames[0]->at;
    return std::nullopt;
}

/// Both sides of a comparison, without the batches that answer audio where those are not compared.
struct sides {
    std::vector<const recorded_batch*> recorded;
    std::vector<batch> ours;
    std::vector<std::optional<std::size_t>> answers; // of ours: index into inputs
};

sides comparable(const recorded_turn& turn, const received_turn& received,
                 std::span<const recorded_input> inputs) {
    sides both;
    std::vector<std::size_t> after;
    std::ranges::transform(turn.replies, std::back_inserter(after), &recorded_batch::after);
    auto answered = answered_inputs(inputs, after);
    for (std::size_t i = 0; i < turn.replies.size(); ++i)
        if (turn.complete || answered[i]) both.recorded.push_back(&turn.replies[i]);

    auto ours = split(received);
    after.clear();
    std::ranges::transform(ours, std::back_inserter(after), &batch::after);
    answered = answered_inputs(inputs, after);
    for (std::size_t i = 0; i < ours.size(); ++i) {
        if (!turn.complete && !answered[i]) continue;
        both.ours.push_back(std::move(ours[i]));
        both.answers.push_back(answered[i]);
    }
    return both;
}

milliseconds sent_at(const received_turn& received, std::size_t frame) {
    return frame < received.sent.size() ? received.sent[frame] : milliseconds(0);
}

void check_sides(const sides& both, std::span<const recorded_input> inputs, const received_turn& received,
                 inspection& found) {
    for (std::size_t i = 0; i < both.ours.size(); ++i) {
        const auto& ours = both.ours[i];
        auto sent = sent_at(received, ours.after - std::min<std::size_t>(ours.after, 1));
        if (auto input = both.answers[i]) {
            sent = sent_at(received, inputs[*input].frame);
            check_batch(ours, inputs[*input], sent, found);
        }
        if (i < both.recorded.size()) check_content(ours, *both.recorded[i], sent, found);
    }
}

} // namespace

turn_verdict compare_turn(const recorded_turn& turn, const received_turn& received) {
    turn_verdict verdict;
    verdict.turn = turn.number;
    auto inputs = inputs_of(turn);
    auto both = comparable(turn, received, inputs);
    if (!turn.complete && both.recorded.empty()) {
        verdict.result = turn.replies.empty() ? standing::without_reply : standing::audio;
        return verdict;
    }

    std::vector<std::vector<std::string>> recorded;
    std::ranges::transform(both.recorded, std::back_inserter(recorded), &recorded_batch::types);
    std::vector<std::vector<std::string>> ours;
    std::ranges::transform(both.ours, std::back_inserter(ours), types_of);
    verdict.recorded = joined(recorded);
    verdict.ours = joined(ours);

    inspection found(verdict.problems);
    found.expect(received.failure.empty(), received.failure);
    check_sides(both, inputs, received, found);
    verdict.speech_delay = speech_delay_of(both.ours);
    if (!verdict.problems.empty() || recorded != ours) verdict.result = standing::differs;
    return verdict;
}

std::variant<std::vector<expectation>, recording_error> read_expectations(std::string_view document) {
    auto parsed = parse_json(document, document_limits);
    if (parsed.error) return recording_error{"the expectations: " + parsed.error->message};
    if (!parsed.value.is_array()) return recording_error{"the expectations are a list"};
    std::vector<expectation> read;
    for (const auto& entry : parsed.value) {
        const json* turn = find_pointer(entry, "/turn");
        const json* ours = find_pointer(entry, "/ours");
        const json* reason = find_pointer(entry, "/reason");
        if (!turn || !turn->is_number_integer() || !ours || !ours->is_string() || !reason ||
            !reason->is_string() || *reason == "")
            return recording_error{"an expectation has 'turn' (a number), 'ours' and 'reason' (texts)"};
        read.push_back({turn->get<int>(), ours->get<std::string>(), reason->get<std::string>()});
    }
    return read;
}

std::vector<std::string> excuse(std::vector<turn_verdict>& verdicts, std::span<const expectation> expected) {
    std::vector<std::string> stale;
    for (const auto& each : expected) {
        auto applies = [&](const turn_verdict& v) {
            return v.turn == each.turn && v.result == standing::differs && v.problems.empty() &&
                   v.ours == each.ours;
        };
        auto found = std::ranges::find_if(verdicts, applies);
        if (found == verdicts.end()) {
            stale.push_back("turn " + std::to_string(each.turn) +
                            ": the reason no longer applies: " + each.reason);
            continue;
        }
        found->result = standing::on_purpose;
        found->reason = each.reason;
    }
    return stale;
}

std::string describe(const turn_verdict& verdict) {
    auto line =
        "turn " + std::to_string(verdict.turn) + ": recorded " + verdict.recorded + ", ours " + verdict.ours;
    for (const auto& problem : verdict.problems)
        line += "; " + problem;
    if (!verdict.reason.empty()) line += "; on purpose: " + verdict.reason;
    return line;
}

std::string summarise(std::span<const turn_verdict> verdicts) {
    auto count = [&](standing which) {
        return std::to_string(std::ranges::count(verdicts, which, &turn_verdict::result));
    };
    auto compared = std::ranges::count_if(verdicts, [](const turn_verdict& v) {
        return v.result != standing::audio && v.result != standing::without_reply;
    });
    auto others = std::to_string(std::ssize(verdicts) - compared);
    return count(standing::same) + " same, " + count(standing::on_purpose) + " differ on purpose, " +
           count(standing::differs) + " differ, " + others + " not compared (" + count(standing::audio) +
           " audio, " + count(standing::without_reply) + " without recorded reply)";
}

} // namespace rejoinder::service
