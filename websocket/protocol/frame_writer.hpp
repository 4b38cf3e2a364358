#pragma once

#include "persistence/json_writer.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace rejoinder::websocket::protocol {

/// A text of its own that is one JSON object: frames begin with `type`, which a sorted map of members could
/// not promise.
class frame_writer {
public:
    frame_writer() : text_(with_room()), members_(text_) {}
    explicit frame_writer(std::string_view type) : frame_writer() { member("type", type); }

    template <class Value>
    frame_writer& member(const member_name& name, const Value& value) {
        members_.member(name, value);
        return *this;
    }

    /// A member whose value is JSON text already.
    frame_writer& raw(const member_name& name, std::string_view value) {
        members_.place(name) += value;
        return *this;
    }

    std::string finish() {
        members_.end();
        return std::move(text_);
    }

private:
    static std::string with_room() {
        static constexpr std::size_t usual_size = 448; // of an event that says a few sentences
        std::string text;
        text.reserve(usual_size);
        return text;
    }

    std::string text_;
    object_writer members_;
};

} // namespace rejoinder::websocket::protocol
