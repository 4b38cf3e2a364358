#include "tests/persistence/stores/samples.hpp"

namespace rejoinder::tests {
namespace {

using persistence::scope;

const scope account{"acme", "", "", ""};
const scope ann{"acme", "", "", "ann"};
const scope robot{"acme", "", "robot-1", ""};
const scope home{"acme", "home", "", ""};

} // namespace

const std::vector<sample>& samples() {
    static const std::vector<sample> all{
        {{"action_item", ann, "a1"},
         {{"identity", "i1"},
          {"text", "paint a door"},
          {"status", "done"},
          {"due", 5000},
          {"completed", 4000}}},
        {{"active_mode", ann, "active"}, {{"mode", "real_estate"}}},
        {{"affinity", ann, "blue cheese"}, {{"item", "Blue Cheese"}, {"feeling", "love"}}},
        {{"constraint_set", home, "night"},
         {{"name", "Night"},
          {"priority", 5},
          {"applies_to", {"default", "earth"}},
          {"constraints",
           {{{"type", "time_window"},
             {"active", false},
             {"window", {{"from", "22:00"}, {"to", "06:30"}}},
             {"roles", {"child"}},
             {"reason", "they sleep"}},
            {{"type", "device_restriction"}, {"severity", "deny"}, {"devices", {"robot-1"}}}}}}},
        {{"conversation", ann, "s1"},
         {{"user_data", {{"mood", "good"}}},
          {"summary", "they met"},
          {"message_count", 2},
          {"focus", "work"}}},
        {{"important_date", ann, "wedding day"},
         {{"label", "Wedding day"}, {"date", {{"month", 2}, {"day", 29}, {"year", 2020}}}}},
        {{"list_item", home, "shopping/oat milk"},
         {{"list", "Shopping"}, {"item", "Oat milk"}, {"position", 3}}},
        {{"memory_preference", ann, "colour"}, {{"category", "Colour"}, {"value", "green"}}},
        {{"memory_profile", ann, "profile"}, {{"name", "Ann"}, {"birthday", {{"month", 2}, {"day", 29}}}}},
        {{"message", ann, "s1/00000000000000000001"},
         {{"role", "coach"},
          {"content", "Who are you?"},
          {"component", "question"},
          {"phase", "introduction"},
          {"turn", "t1"}}},
        {{"mode_profile", ann, "mars"},
         {{"mode", "mars"},
          {"preferences", {"brief"}},
          {"constraints",
           {{{"type", "max_risk"}, {"risk", "medium"}},
            {{"type", "mode_transition"}, {"modes", {"sol"}}, {"severity", "require_confirmation"}},
            {{"type", "persona_mismatch"}, {"persona", "coach"}},
            {{"type", "block_tool"}, {"tool", "web_search"}},
            {{"type", "other"}, {"reason", "be kind"}}}}}},
        {{"user", ann, "user"}, {{"name", "Ann"}, {"email", "ann@example.org"}, {"data", {{"a", 1}}}}},
        {{"user_note", ann, "n1"}, {{"note", "likes tea"}, {"source_message", "s1/00000000000000000001"}}},
        {{"user_setting", ann, "report"}, {{"module", "report"}, {"value", {{"weather", true}}}}},
        {{"action_log", ann, "s1/a1"},
         {{"type", "create identity"},
          {"parameters", {{"name", "Painter"}}},
          {"success", true},
          {"summary", "created"},
          {"turn", "t1"}}},
        {{"break", ann, "b1"}, {{"stage", "brainstorming"}, {"started", 1000}, {"ended", 2000}}},
        {{"coach_state", ann, "s1"},
         {{"phase", "identity_warm_up"},
          {"current_identity", "i1"},
          {"focus", "spiritual"},
          {"skipped", {"keeper_of_money", "spiritual"}},
          {"who_you_are", {"a painter"}},
          {"who_you_want_to_be", {"a dancer", "calm"}},
          {"asked_questions", {"family_structure"}},
          {"flags", {"ready"}}}},
        {{"identity", ann, "i1"},
         {{"name", "Painter"},
          {"category", "passions_and_talents"},
          {"state", "accepted"},
          {"description", "paints"},
          {"notes", {"oil", "water"}},
          {"sort_order", 2},
          {"parent", "i2"}}},
        {{"identity_name", ann, "painter"}, {{"name", "Painter"}, {"identity", "i1"}}},
        {{"open_break", ann, "open"}, {{"id", "b1"}}},
        {{"robot_session", robot, "chat"}, "s1"},
        {{"user_data", ann, "colours"}, {"red", "blue"}},
    };
    return all;
}

} // namespace rejoinder::tests
