#pragma once

#include "statemachine/coach/model.hpp"

#include <string>

namespace rejoinder::statemachine::coach {

/// What was said last, for whoever answers next. When it is full the oldest lines leave. What the scripted
/// speaker needs of them is in the model; somebody else is asked for a summary in time, which then stands for
/// the lines that have left.
inline constexpr std::size_t window_lines = 24;
inline constexpr std::size_t window_bytes = 8 * 1024;

void hear(model& of, const std::string& text);
void answer_with(model& of, const std::string& text);

/// Whether the next answer should sum up what was said.
bool wants_summary(const model& of) noexcept;

/// Puts the summary in place of the older half of the window.
void consolidate(model& of, std::string_view summary);

} // namespace rejoinder::statemachine::coach
