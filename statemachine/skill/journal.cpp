#include "statemachine/skill/journal.hpp"

#include "persistence/hash.hpp"
#include "statemachine/letters.hpp"

#include <utility>

namespace rejoinder::statemachine {
namespace {

constexpr std::size_t per_step = 8; // brackets, quotes and commas

} // namespace

bool journal::has_room_for(std::size_t bytes) const noexcept {
    return bytes <= max_bytes && bytes_ <= max_bytes - bytes;
}

bool journal::add(std::string what, std::optional<std::string> result) {
    auto bytes = what.size() + (result ? result->size() : 0) + per_step;
    if (steps_.size() == max_steps || !has_room_for(bytes)) return false;
    steps_.push_back({std::move(what), std::move(result)});
    bytes_ += bytes;
    return true;
}

bool journal::complete_last(std::string result) {
    if (!has_room_for(result.size())) return false;
    bytes_ += result.size();
    steps_.back().result = std::move(result);
    return true;
}

std::string journal::serialise() const {
    std::string text = "[";
    for (const auto& one : steps_) {
        if (text.size() > 1) text += ',';
        text += '[' + to_text(one.what);
        if (one.result) text += ',' + *one.result;
        text += ']';
    }
    return text + ']';
}

std::optional<journal> journal::restore(const json& stored) {
    if (!stored.is_array()) return std::nullopt;
    journal made;
    for (const auto& one : stored) {
        if (!one.is_array() || one.empty() || one.size() > 2 || !one[0].is_string()) return std::nullopt;
        auto result = one.size() == 2 ? std::optional(to_text(one[1])) : std::nullopt;
        if (!made.add(one[0].get<std::string>(), std::move(result))) return std::nullopt;
    }
    return made;
}

std::string name_step(std::string_view kind, std::string_view details) {
    constexpr std::size_t longest = 40;
    constexpr std::size_t beginning = 24;
    constexpr std::size_t digits = 12;
    std::string name(kind);
    if (details.empty()) return name;
    name += ' ';
    if (details.size() <= longest) return name.append(details);
    return name.append(cut(details, beginning)) + "... #" + sha256_hex(details).substr(0, digits);
}

} // namespace rejoinder::statemachine
