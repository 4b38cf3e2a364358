#pragma once

#include <span>
#include <string_view>

/// What reads bytes from outside, as functions that any bytes may be given to: each ends by itself, and
/// aborts (`require`) when what it reads breaks a promise. libFuzzer looks for bytes that do (`./dev fuzz`);
/// those that it has found, and good ones to begin with, are in `corpus/`, and an ordinary test runs all of
/// them.
namespace rejoinder::tests::fuzz {

/// One message of a client.
void client_frame(std::string_view bytes);

/// A session's devices as they are stored, its place in the log, and a hello that wants to resume it; one a
/// line.
void resume(std::string_view bytes);

/// What a robot sends on one connection: a text frame a line, or `#N` for audio of N bytes, or `@N` for N
/// milliseconds that pass.
void robot(std::string_view bytes);

/// A recording, of a robot or of a session, which is made again.
void recording(std::string_view bytes);

/// A machine's document, and a text that it is told.
void machine(std::string_view bytes);

/// A stored state of a machine with everything that is stored, and on each line behind it an event that the
/// machine is told, or `#ID` for a timer that fires, or `@` for a server that begins again.
void snapshot(std::string_view bytes);

/// What a language model's endpoint answers with.
void event_stream(std::string_view bytes);

struct target {
    std::string_view name;
    void (*run)(std::string_view bytes);
};
std::span<const target> targets();

/// Aborts, as a fuzzer wants it, unless the promise is kept.
void require(bool kept, const char* promise);

} // namespace rejoinder::tests::fuzz
