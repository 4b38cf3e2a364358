#include "context/conversation.hpp"

#include "persistence/hash.hpp"
#include "persistence/json_writer.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>
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

constexpr std::string_view size_member = ",\"size\":";
constexpr std::string_view hash_member = ",\"hash\":\"";
constexpr std::string_view messages_member = "\",\"messages\":[";

/// A checksum of messages, made of the hash that each has from when it was said: a turn looks at the texts of
/// none of the others.
class hash_of_messages {
public:
    static constexpr std::size_t digits_count = 16;

    void add(std::uint64_t hash) noexcept { all_ = (all_ ^ hash) * odd; }
    std::string digits() const { return to_hex(all_); }

private:
    static constexpr std::uint64_t odd =
        0x9e3779b97f4a7c15; // so that each step can be undone: none loses bits

    std::uint64_t all_ = 0;
};

/// Of texts of JSON objects with commas between them each; what is none is seen as it is.
template <class See>
void for_each_object(std::string_view texts, See see) {
    std::size_t begin = 0;
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t at = 0; at < texts.size(); ++at) {
        char c = texts[at];
        if (quoted && c == '\\')
            ++at;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && c == '{')
            ++depth;
        else if (!quoted && c == '}' && depth > 0 && --depth == 0) {
            see(texts.substr(begin, at + 1 - begin));
            begin = at + 1;
            if (begin + 1 >= texts.size() || texts[begin] != ',') break;
            ++begin;
        }
    }
    if (begin < texts.size()) see(texts.substr(begin));
}

std::string text_of(const message& m) {
    std::string text;
    text.reserve(usual_size(m));
    append_text(text, m);
    return text;
}

} // namespace

void append_text(std::string& to, const message& m) {
    object_writer out(to);
    out.member("at", to_unix(m.at)).member("by", m.by == speaker::user ? "user" : "machine");
    out.member("text", m.text);
    if (!m.turn.empty()) out.member("turn", m.turn.text);
    out.end();
}

std::size_t usual_size(const message& m) noexcept {
    static constexpr std::size_t names_and_time = 64;
    return names_and_time + m.text.size() + m.turn.text.size();
}

void conversation::add(const message& m) {
    add(m, text_of(m));
}

void conversation::add(const message& m, std::string text) {
    auto kept = beginning(m.text, max_bytes);
    bool whole = kept.size() == m.text.size();
    if (!whole) text = text_of({m.by, std::string(kept), m.turn, m.at});
    make_room_for(kept.size());
    bytes_ += kept.size();
    auto hash = xxh3(text);
    window_.push_back(
        {std::make_shared<const entry>(hash, std::move(text), kept.size(), whole), std::nullopt});
    ++count_;
}

void conversation::make_room_for(std::size_t bytes) {
    auto first = window_.begin();
    for (; window_.end() - first >= std::ptrdiff_t{max_messages} || bytes_ + bytes > max_bytes; ++first)
        bytes_ -= first->what->bytes;
    window_.erase(window_.begin(), first);
    if (window_.size() == window_.capacity()) window_.reserve(std::min(max_messages, 2 * window_.size() + 2));
}

std::vector<message> conversation::window() const {
    std::vector<message> latest;
    for (const auto& one : window_)
        restore_message(parse_json(one.what->text, stored_limits).value, latest.emplace_back());
    return latest;
}

std::string conversation::serialise() const {
    std::string text;
    auto place = append_without_messages(text);
    text.insert(place.begin, messages());
    return text;
}

conversation::range conversation::append_without_messages(std::string& text) const {
    std::size_t size = window_.empty() ? 0 : window_.size() - 1; // of the commas
    hash_of_messages hash;
    for (const auto& one : window_) {
        size += one.what->text.size();
        hash.add(one.what->hash);
    }
    text += "{\"count\":";
    append_number(text, count_);
    text += size_member;
    append_number(text, size);
    text.append(hash_member).append(hash.digits()).append(messages_member);
    range place{text.size(), size};
    text += "]}";
    return place;
}

std::string conversation::messages() const {
    std::string text;
    std::size_t size = 0;
    for (const auto& one : window_)
        size += one.what->text.size() + 1;
    text.reserve(size);
    for (const auto& one : window_) {
        if (!text.empty()) text += ',';
        text += one.what->text;
    }
    return text;
}

std::optional<conversation::range> conversation::find_messages(std::string_view text) {
    auto from = text.find(size_member);
    if (from == text.npos) return std::nullopt;
    range found;
    const auto* end = text.data() + text.size();
    auto [at, problem] = std::from_chars(text.data() + from + size_member.size(), end, found.size);
    auto rest = std::string_view(at, end);
    if (problem != std::errc() || !rest.starts_with(hash_member)) return std::nullopt;
    rest.remove_prefix(hash_member.size());
    auto digits = rest.substr(0, hash_of_messages::digits_count);
    rest.remove_prefix(digits.size());
    if (!rest.starts_with(messages_member)) return std::nullopt;
    rest.remove_prefix(messages_member.size());
    if (rest.size() < found.size) return std::nullopt;
    hash_of_messages hash;
    for_each_object(rest.substr(0, found.size), [&](std::string_view message) { hash.add(xxh3(message)); });
    if (hash.digits() != digits) return std::nullopt;
    found.begin = text.size() - rest.size();
    return found;
}

/// From the end of the entry's messages to their beginning. What the entry has and the window has not must
/// have left the window; otherwise the log says something else than the window from there on.
void conversation::note_logged(persistence::log_position where, std::string_view messages) {
    if (messages.size() <= std::string_view("[]").size()) return;
    auto end = messages.size() - 1; // of the next message: a bracket or a comma
    auto one = window_.rbegin();
    for (; one != window_.rend() && !one->where; ++one) {
        const auto& text = one->what->text;
        if (!one->what->whole || text.size() >= end ||
            messages.substr(end - text.size(), text.size()) != text)
            break;
        end -= text.size();
        one->where = beginning_in_log{where, end};
        --end;
    }
    if (end > 0)
        for (; one != window_.rend(); ++one)
            one->where.reset();
}

std::optional<conversation::beginning_in_log> conversation::logged() const {
    for (const auto& one : window_)
        if (!one.where) return std::nullopt;
    return window_.empty() ? std::nullopt : window_.front().where;
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
        restored.add(m);
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
