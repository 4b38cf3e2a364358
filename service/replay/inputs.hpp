#pragma once

#include "service/replay/recording.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rejoinder::service {

/// A frame of a recorded turn that carries an input which needs no recogniser, and what its reply must
/// repeat. This is written without the robot rooms' own code, so that a mistake there shows.
struct recorded_input {
    std::size_t frame = 0; ///< index among the turn's frames
    bool trigger = false;
    std::string transaction;
    std::string text;                  ///< what the reply's `asr.text` is; for a touch its intent
    std::optional<std::string> intent; ///< of a touch; a text's is the machine's to find
    std::optional<json> entities;      ///< of a touch
    std::vector<std::string> rules;
};

std::vector<recorded_input> inputs_of(const recorded_turn& turn);

/// For batches that began after so many frames: the input that each answers, or none where it answers audio.
/// Inputs are answered in their order; a trigger may go without an answer.
std::vector<std::optional<std::size_t>> answered_inputs(std::span<const recorded_input> inputs,
                                                        std::span<const std::size_t> after);

} // namespace rejoinder::service
