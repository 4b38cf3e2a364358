#pragma once

#include <string>
#include <string_view>

namespace rejoinder::statemachine {

/// The events that say how an invoked actor ended, as XState names them.
std::string actor_done_event(const std::string& actor_id);
std::string actor_failed_event(const std::string& actor_id);
bool is_actor_failure(std::string_view event_type) noexcept;

} // namespace rejoinder::statemachine
