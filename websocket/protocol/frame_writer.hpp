#pragma once

#include "persistence/json_writer.hpp"

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace rejoinder::websocket::protocol {

/// Writes one JSON object member by member, in the order of the calls: frames begin with `type`, which a
/// sorted map of members could not promise, and need no tree in between.
class frame_writer {
public:
    frame_writer() {
        text_.reserve(usual_size);
        text_ += '{';
    }
    explicit frame_writer(std::string_view type) : frame_writer() { member("type", type); }

    frame_writer& member(std::string_view name, std::string_view value) {
        key(name);
        append_quoted(text_, value);
        return *this;
    }
    frame_writer& member(std::string_view name, const char* value) {
        return member(name, std::string_view(value));
    }
    frame_writer& member(std::string_view name, const std::string& value) {
        return member(name, std::string_view(value));
    }
    frame_writer& member(std::string_view name, const json& value) {
        key(name);
        append_text(text_, value);
        return *this;
    }
    template <class Number>
        requires std::integral<Number>
    frame_writer& member(std::string_view name, Number value) {
        key(name);
        if constexpr (std::same_as<Number, bool>) {
            text_ += value ? "true" : "false";
        } else {
            char digits[24];
            auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
            text_.append(digits, end);
        }
        return *this;
    }

    /// A member whose value is JSON text already.
    frame_writer& raw(std::string_view name, std::string_view value) {
        key(name);
        text_ += value;
        return *this;
    }

    std::string finish() {
        text_ += '}';
        return std::move(text_);
    }

private:
    static constexpr std::size_t usual_size = 240;

    void key(std::string_view name) {
        if (text_.size() > 1) text_ += ',';
        text_ += '"';
        text_ += name;
        text_ += "\":";
    }

    std::string text_;
};

} // namespace rejoinder::websocket::protocol
