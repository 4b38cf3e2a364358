#include "statemachine/actor_events.hpp"

namespace rejoinder::statemachine {
namespace {

constexpr std::string_view failure = "xstate.error.actor.";

} // namespace

std::string actor_done_event(const std::string& actor_id) {
    return "xstate.done.actor." + actor_id;
}

std::string actor_failed_event(const std::string& actor_id) {
    return std::string(failure) + actor_id;
}

bool is_actor_failure(std::string_view event_type) noexcept {
    return event_type.starts_with(failure);
}

} // namespace rejoinder::statemachine
