#pragma once

#include <cstdint>
#include <string>

namespace rejoinder::service {

/// Whether a server that closes with this code asks its client not to connect again (4500 to 4999).
bool is_final_close(std::uint16_t code) noexcept;

/// What such a code means to a person, and what to do, in a sentence without its full stop.
std::string explain_final_close(std::uint16_t code);

} // namespace rejoinder::service
