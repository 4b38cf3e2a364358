#include "service/session_state.hpp"

#include "persistence/hash.hpp"
#include "persistence/json_writer.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rejoinder::service {
namespace {

constexpr std::string_view placeholder = "0000000000000000";
constexpr std::size_t checksum_digits = placeholder.size();

/// How a stored state begins: with a checksum of what follows.
struct seal {
    std::string_view prefix;
    std::string (*digest)(std::string_view body);

    constexpr std::string_view key() const { return prefix.substr(2, prefix.size() - 5); }
    constexpr std::size_t head_size() const {
        return prefix.size() + checksum_digits + std::string_view("\",").size();
    }

    bool begins(std::string_view text) const { return text.size() > head_size() && text.starts_with(prefix); }
    /// Whether the text begins with the checksum of this body.
    bool fits(std::string_view text, std::string_view body) const {
        auto digits = digest(body);
        return text.substr(prefix.size(), checksum_digits) ==
               std::string_view(digits).substr(0, checksum_digits);
    }
};

/// Of all that follows but the conversation's messages, which have their own: most states are written without
/// them.
constexpr seal current_seal{R"({"seal":")", xxh3_hex};

/// Of all that follows; read, and not written any more.
constexpr std::array former_seals{seal{R"({"xxh3":")", xxh3_hex}, seal{R"({"checksum":")", sha256_hex}};

bool is_whole(std::string_view text) {
    if (current_seal.begins(text)) {
        auto body = text.substr(current_seal.head_size());
        auto messages = context::conversation::find_messages(body);
        if (!messages) return false;
        std::string rest(body);
        rest.erase(messages->begin, messages->size);
        return current_seal.fits(text, rest);
    }
    return std::ranges::any_of(former_seals, [text](const seal& former) {
        return former.begins(text) && former.fits(text, text.substr(former.head_size()));
    });
}

std::optional<unheard_migration> read_unheard(const json& stored) {
    const auto* from = find_pointer(stored, "/from");
    const auto* told_with = find_pointer(stored, "/told_with");
    if (!from || !from->is_number_integer() || (told_with && !told_with->is_string())) return std::nullopt;
    return unheard_migration{*from, told_with ? told_with->get<std::string>() : std::string()};
}

} // namespace

std::string serialise(const session_state& state) {
    auto [text, place] = serialise_without_messages(state);
    text.insert(place.begin, state.talk.messages());
    return std::move(text);
}

lean_state serialise_without_messages(const session_state& state) {
    lean_state made;
    auto& text = made.text;
    static constexpr std::size_t usual_rest = 512;
    text.reserve(usual_rest + state.machine_text.size());
    object_writer out(text);
    // The checksum's place is kept in front of what it is made of.
    append_quoted(out.place_of(current_seal.key()), placeholder);
    out.member("revision", state.revision);
    made.messages = state.talk.append_without_messages(out.place("talk"));
    if (!state.question.is_null()) out.member("question", state.question);
    if (!state.device_context.is_null()) out.member("device", state.device_context);
    if (!state.work.empty() || state.work.calls_begun > 0) out.member("work", to_json(state.work));
    out.place("machine") += state.machine_text;
    out.end();
    auto body = std::string_view(text).substr(current_seal.head_size());
    text.replace(current_seal.prefix.size(), checksum_digits, current_seal.digest(body));
    return made;
}

std::optional<former_state> restore_former_state(std::string_view text) {
    if (!is_whole(text)) return std::nullopt;

    auto parsed = parse_json(text, stored_limits);
    if (!parsed || !parsed.value.is_object()) return std::nullopt;
    const auto& stored = parsed.value;
    auto machine_part = stored.find("machine");
    auto talk = stored.find("talk");
    auto revision = stored.find("revision");
    if (machine_part == stored.end() || talk == stored.end() || revision == stored.end() ||
        !revision->is_number_unsigned())
        return std::nullopt;

    former_state former{{}, to_text(*machine_part)};
    auto& state = former.rest;
    if (!context::conversation::restore(*talk, state.talk)) return std::nullopt;
    state.revision = *revision;
    if (auto question = stored.find("question"); question != stored.end()) state.question = *question;
    if (auto work = stored.find("work"); work != stored.end()) {
        auto open = restore_open_work(*work);
        if (!open) return std::nullopt;
        state.work = std::move(*open);
    }
    if (auto device = stored.find("device"); device != stored.end()) state.device_context = *device;
    return former;
}

std::optional<session_state> restore_state(const statemachine::definition& machine, std::string_view text) {
    auto former = restore_former_state(text);
    if (!former) return std::nullopt;
    auto snapshot = statemachine::restore(machine, former->machine_text);
    if (!snapshot) return std::nullopt;
    auto state = std::move(former->rest);
    state.machine = std::move(*snapshot);
    state.machine_text = statemachine::serialise(machine, state.machine);
    return state;
}

void device_record::note_migration(std::int64_t from) {
    unheard = unheard_migration{unheard ? unheard->from : from, {}};
}

void device_record::note_welcome(std::string_view token) {
    if (unheard) unheard->told_with = sha256_hex(token);
}

bool device_record::has_welcome(std::string_view token) {
    if (!unheard || !equal_in_constant_time(sha256_hex(token), unheard->told_with)) return false;
    unheard.reset();
    return true;
}

std::string serialise(const device_records& devices) {
    static constexpr std::size_t usual_size = 384; // of a device that controls
    std::string text;
    text.reserve(usual_size * devices.size());
    object_writer all(text);
    for (const auto& [id, device] : devices) {
        object_writer one(all.place_of(id.text));
        one.member("number", device.highest_number);
        device.tokens.append_to(one.place("tokens"));
        if (const auto& watching = device.observing; watching && !watching->empty())
            watching->append_to(one.place("observing"));
        if (const auto& news = device.unheard) {
            object_writer migrated(one.place("migrated"));
            migrated.member("from", news->from);
            if (!news->told_with.empty()) migrated.member("told_with", news->told_with);
            migrated.end();
        }
        one.end();
    }
    all.end();
    return text;
}

std::optional<device_records> restore_devices(std::string_view text) {
    auto parsed = parse_json(text, stored_limits);
    if (!parsed || !parsed.value.is_object()) return std::nullopt;
    device_records devices;
    for (const auto& [id, stored] : parsed.value.items()) {
        auto number = stored.find("number");
        auto tokens = stored.find("tokens");
        if (number == stored.end() || !number->is_number_unsigned() || tokens == stored.end())
            return std::nullopt;
        auto restored = resume_tokens::restore(*tokens);
        auto observing = stored.find("observing");
        boxed<resume_tokens> watching;
        if (observing != stored.end()) {
            auto tokens_of_watchers = resume_tokens::restore(*observing);
            if (!tokens_of_watchers) return std::nullopt;
            watching = std::move(*tokens_of_watchers);
        }
        std::optional<unheard_migration> unheard;
        auto migrated = stored.find("migrated");
        if (migrated != stored.end() && !(unheard = read_unheard(*migrated))) return std::nullopt;
        if (!restored) return std::nullopt;
        devices.emplace(device_id{id}, device_record{*number, std::move(*restored), std::move(watching),
                                                     std::move(unheard)});
    }
    return devices;
}

} // namespace rejoinder::service
