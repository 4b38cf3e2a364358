#include "service/resume.hpp"

#include "persistence/hash.hpp"
#include "persistence/json_writer.hpp"

#include <algorithm>

namespace rejoinder::service {

using websocket::protocol::welcome_outcome;

namespace {

/// Reads a digest that may be absent; false when what stands there is none.
bool read_digest(const json& stored, const char* member, std::string& out) {
    auto found = stored.find(member);
    if (found == stored.end()) return true;
    if (!found->is_string()) return false;
    out = found->get<std::string>();
    return out.size() == 64 && out.find_first_not_of("0123456789abcdef") == std::string::npos;
}

} // namespace

resume_decision decide_resume(const client_position& client, const log_extent& log,
                              const replay_bounds& bounds) {
    if (!client.epoch || !client.ack) return {welcome_outcome::snapshot, "position", std::nullopt};
    if (*client.epoch != log.epoch || *client.ack > log.head)
        return {welcome_outcome::snapshot, "epoch", std::nullopt};
    if (*client.ack == log.head) return {welcome_outcome::lossless, "", std::nullopt};

    auto missing = log.head - *client.ack;
    auto kept = log.head - log.floor + 1;
    bool in_log = *client.ack + 1 >= log.floor;
    if (!in_log || missing > bounds.events || log.bytes / kept * missing > bounds.bytes)
        return {welcome_outcome::snapshot, "trimmed", std::nullopt};
    return {welcome_outcome::replayed, "", *client.ack + 1};
}

std::string make_epoch(std::string_view incarnation, std::string_view session, std::uint64_t resets) {
    std::string lineage(incarnation);
    lineage.append("/").append(session).append("/").append(std::to_string(resets));
    return sha256_hex(lineage).substr(0, 16);
}

resume_tokens::match resume_tokens::find(std::string_view token, utc_time now) const {
    auto digest = sha256_hex(token);
    auto found = match::none;
    // Every candidate is compared, so that the time taken does not tell which one it was.
    for (const auto& old : retiring_) {
        if (equal_in_constant_time(digest, old.digest) && now < old.until) found = match::confirmed;
    }
    if (equal_in_constant_time(digest, confirmed_)) found = match::confirmed;
    if (equal_in_constant_time(digest, issued_)) found = match::issued;
    return found;
}

void resume_tokens::issue(std::string_view token) {
    issued_ = sha256_hex(token);
}

bool resume_tokens::confirm(std::string_view token, utc_time now, milliseconds grace) {
    std::erase_if(retiring_, [now](const retiring_token& old) { return old.until <= now; });
    if (!equal_in_constant_time(sha256_hex(token), issued_)) return false;
    if (!confirmed_.empty()) {
        if (retiring_.size() == max_retiring) retiring_.erase(retiring_.begin());
        retiring_.push_back({std::move(confirmed_), now + grace});
    }
    confirmed_ = std::move(issued_);
    issued_.clear();
    return true;
}

void resume_tokens::append_to(std::string& text) const {
    object_writer out(text);
    if (!confirmed_.empty()) out.member("confirmed", confirmed_);
    if (!issued_.empty()) out.member("issued", issued_);
    if (!retiring_.empty()) {
        out.place("retiring") += '[';
        for (const auto& old : retiring_) {
            append_separator(text);
            object_writer one(text);
            one.member("digest", old.digest).member("until", to_unix(old.until));
            one.end();
        }
        text += ']';
    }
    out.end();
}

std::optional<resume_tokens> resume_tokens::restore(const json& stored) {
    resume_tokens tokens;
    if (!stored.is_object() || !read_digest(stored, "confirmed", tokens.confirmed_) ||
        !read_digest(stored, "issued", tokens.issued_))
        return std::nullopt;
    auto retiring = stored.find("retiring");
    if (retiring == stored.end()) return tokens;
    if (!retiring->is_array() || retiring->size() > max_retiring) return std::nullopt;
    for (const auto& old : *retiring) {
        retiring_token token;
        auto until = old.find("until");
        if (!old.is_object() || !read_digest(old, "digest", token.digest) || token.digest.empty() ||
            until == old.end() || !until->is_number_integer())
            return std::nullopt;
        token.until = from_unix(*until);
        tokens.retiring_.push_back(std::move(token));
    }
    return tokens;
}

} // namespace rejoinder::service
