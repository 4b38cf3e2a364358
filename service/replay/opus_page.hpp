#pragma once

#include <cstddef>
#include <string>

namespace rejoinder::service {

/// Stands in for a recorded audio frame of this length: recordings keep lengths only. 47 bytes give what a
/// robot sends first, an Ogg page (RFC 3533) with the header of mono Opus at 16 kHz (RFC 7845); all else is
/// zeros.
std::string audio_of(std::size_t bytes);

} // namespace rejoinder::service
