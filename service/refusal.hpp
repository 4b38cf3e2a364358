#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rejoinder::service {

/// Why a hello, or a robot, gets no session. On the wire it is the `reason` of a refused welcome; the last
/// four are passing and go out as an `error` instead.
enum class refusal : std::uint8_t {
    unknown,         ///< no such session, past its life, or another account's
    identity,        ///< the resume token is none of the device's
    devices,         ///< as many devices as may share a session share it already
    unknown_machine, ///< this server has no such machine
    machine,         ///< no way leads from the session to the version of its machine that is here
    machine_failed,  ///< the machine's first step failed
    damaged,         ///< what is stored can't be read
    quarantined,     ///< it broke again and again without getting on
    moved,           ///< another server that lives has it
    unavailable,     ///< the database does not answer
    overloaded,      ///< as many sessions are live as may be
    draining         ///< the server is about to end
};

std::string_view to_string(refusal why) noexcept;

/// Nothing when the text names no refusal that this program knows.
std::optional<refusal> parse_refusal(std::string_view text) noexcept;

} // namespace rejoinder::service
