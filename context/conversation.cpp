#include "context/conversation.hpp"

#include <utility>

namespace rejoinder::context {
namespace {

/// The longest beginning of at most `size` bytes that does not cut a UTF-8 character.
std::string_view beginning(std::string_view text, std::size_t size) {
    if (text.size() <= size) return text;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
        --size;
    return text.substr(0, size);
}

bool restore_message(const json& stored, message& out) {
    if (!stored.is_object()) return false;
    auto by = stored.value("by", "");
    out.by = by == "user" ? speaker::user : speaker::machine;
    out.text = stored.value("text", "");
    out.turn = turn_id{stored.value("turn", "")};
    out.at = from_unix(stored.value("at", std::int64_t{0}));
    return by == "user" || by == "machine";
}

} // namespace

json to_json(const message& m) {
    json stored = {
        {"by", m.by == speaker::user ? "user" : "machine"}, {"text", m.text}, {"at", to_unix(m.at)}};
    if (!m.turn.empty()) stored["turn"] = m.turn.text;
    return stored;
}

void conversation::add(message m) {
    m.text = beginning(m.text, max_bytes);
    bytes_ += m.text.size();
    serialised_.push_back(to_text(to_json(m)));
    window_.push_back(std::move(m));
    ++count_;
    while (window_.size() > max_messages || bytes_ > max_bytes) {
        bytes_ -= window_.front().text.size();
        window_.pop_front();
        serialised_.pop_front();
    }
}

std::string conversation::serialise() const {
    auto text = "{\"count\":" + std::to_string(count_) + ",\"messages\":[";
    for (const auto& m : serialised_) {
        if (text.back() != '[') text += ',';
        text += m;
    }
    return text + "]}";
}

bool conversation::restore(const json& stored, conversation& out) try {
    out = conversation();
    conversation restored;
    const auto& messages = stored.at("messages");
    const auto& count = stored.at("count");
    if (!messages.is_array() || !count.is_number_unsigned()) return false;
    for (const auto& item : messages) {
        message m;
        if (!restore_message(item, m)) return false;
        restored.add(std::move(m));
    }
    auto ever_said = count.get<std::uint64_t>();
    if (ever_said < restored.count_) return false;
    restored.count_ = ever_said;
    out = std::move(restored);
    return true;
} catch (const json::exception&) {
    return false;
}

} // namespace rejoinder::context
