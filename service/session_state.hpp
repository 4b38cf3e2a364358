#pragma once

#include "context/conversation.hpp"
#include "persistence/boxed.hpp"
#include "service/open_work.hpp"
#include "service/resume.hpp"
#include "statemachine/interpreter.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace rejoinder::service {

/// What a session is between two turns, apart from its row: all of it durable, none of it derivable.
struct session_state {
    statemachine::snapshot machine;
    std::string machine_text;   ///< `machine`, serialised: tells whether a step changed anything
    std::uint64_t revision = 0; ///< +1 with every step that changed the machine; what `if_revision` refers to
    context::conversation talk;
    json question;       ///< the data of the `ask` that stands open; null: none
    open_work work;      ///< turns and tools that have not come to an end
    json device_context; ///< the device's latest report of its surroundings; null: none
};

/// As JSON text with a checksum in front, so that a row which was tampered with or damaged is noticed.
std::string serialise(const session_state& state);

/// The same without the conversation's messages, which are most of it, and where they belong.
struct lean_state {
    std::string text;
    context::conversation::range messages;
};
lean_state serialise_without_messages(const session_state& state);

/// Nothing when the text is damaged or names a state that the machine does not have.
std::optional<session_state> restore_state(const statemachine::definition& machine, std::string_view text);

/// A session's state of which the machine is not known: it was stored with another version of it.
struct former_state {
    session_state rest;       ///< without the machine and its text
    std::string machine_text; ///< as the other version's `serialise` wrote it
};

/// Nothing when the text is damaged; what it says of the machine is not looked at.
std::optional<former_state> restore_former_state(std::string_view text);

/// A session's way to another version of its machine, of which a device has not been heard to know.
struct unheard_migration {
    std::int64_t from = 0; ///< the version that the device knows
    std::string told_with; ///< digest of the latest welcome's token that came with the news; empty: none did
};

/// What a session knows of one device that attached to it.
struct device_record {
    std::uint64_t highest_number = 0; ///< of the turns that the device submitted and the session recorded
    resume_tokens tokens;
    /// Of its connections that only watch: they replace no token of one that controls.
    boxed<resume_tokens> observing;
    std::optional<unheard_migration> unheard;

    /// The session has left that version. Of several ways the device hears of them as one, from the first's
    /// beginning.
    void note_migration(std::int64_t from);
    /// The device's next welcome has this token; it tells of the migration, if there is one to be told of.
    void note_welcome(std::string_view token);
    /// The device shows that it has the welcome with that token. True when it is told of no migration from
    /// now on, which it was until now.
    bool has_welcome(std::string_view token);

    resume_tokens& tokens_for(websocket::protocol::attach_mode mode) noexcept {
        return mode == websocket::protocol::attach_mode::observe ? observing.made() : tokens;
    }
    const resume_tokens& tokens_for(websocket::protocol::attach_mode mode) const noexcept {
        static const resume_tokens none;
        if (mode != websocket::protocol::attach_mode::observe) return tokens;
        return observing ? *observing : none;
    }
};

using device_records = std::map<device_id, device_record>;

/// More devices than this do not attach to one session; the bound keeps its row small.
inline constexpr std::size_t max_devices = 32;

std::string serialise(const device_records& devices);
std::optional<device_records> restore_devices(std::string_view text);

} // namespace rejoinder::service
