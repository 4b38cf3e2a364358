#include "websocket/handshake.hpp"

#include "websocket/plain_answer.hpp"

#include <algorithm>
#include <string>

namespace rejoinder::websocket {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_names(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
    auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The header fields of one request, asked by name.
class field_set {
public:
    explicit field_set(const request_head& head) : fields_(head.fields) {}

    std::size_t count(std::string_view name) const {
        return static_cast<std::size_t>(
            std::ranges::count_if(fields_, [&](const auto& f) { return equal_names(f.first, name); }));
    }

    std::optional<std::string_view> first(std::string_view name) const {
        auto found = std::ranges::find_if(fields_, [&](const auto& f) { return equal_names(f.first, name); });
        if (found == fields_.end()) return std::nullopt;
        return trimmed(found->second);
    }

    /// The members of the comma-separated lists of all fields with the name, in order.
    std::vector<std::string_view> list(std::string_view name) const {
        std::vector<std::string_view> members;
        for (const auto& [field, value] : fields_) {
            if (!equal_names(field, name)) continue;
            for (auto rest = value; !rest.empty();) {
                auto comma = std::min(rest.find(','), rest.size());
                auto member = trimmed(rest.substr(0, comma));
                if (!member.empty()) members.push_back(member);
                rest.remove_prefix(std::min(comma + 1, rest.size()));
            }
        }
        return members;
    }

    bool lists(std::string_view name, std::string_view member) const {
        return std::ranges::any_of(list(name), [&](auto m) { return equal_names(m, member); });
    }

private:
    const std::vector<std::pair<std::string_view, std::string_view>>& fields_;
};

/// Whether the text is 16 bytes in base64 (RFC 4648, section 4).
bool is_key(std::string_view text) {
    auto is_digit = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
               c == '/';
    };
    return text.size() == 24 && text.ends_with("==") && std::ranges::all_of(text.substr(0, 22), is_digit);
}

std::optional<std::string> copied(std::optional<std::string_view> text) {
    if (!text) return std::nullopt;
    return std::string(*text);
}

/// What no request may be, upgrade or not.
std::optional<http_response> check_framing(const request_head& head, const field_set& fields,
                                           std::size_t max_fields) {
    if (head.fields.size() > max_fields) return plain_answer(431, "too many header fields");
    if (!head.target.starts_with('/')) return plain_answer(400, "the request target must be a path");
    if (fields.count("Host") > 1 || (fields.count("Host") == 0 && head.version >= 11))
        return plain_answer(400, "exactly one Host header is needed");
    if (fields.count("Authorization") > 1 || fields.count("Origin") > 1)
        return plain_answer(400, "Authorization and Origin may be said once only");
    if (fields.count("Content-Length") > 0 && fields.count("Transfer-Encoding") > 0)
        return plain_answer(400, "Content-Length and Transfer-Encoding exclude each other");
    return std::nullopt;
}

/// What an opening handshake must be.
std::optional<http_response> check_upgrade(const request_head& head, const field_set& fields) {
    if (head.method != "GET") return plain_answer(405, "an upgrade must be a GET request");
    if (head.version < 11) return plain_answer(400, "an upgrade needs HTTP/1.1");
    // A proxy would take the first frames for the body.
    if (fields.first("Content-Length").value_or("0") != "0" || fields.count("Transfer-Encoding") > 0)
        return plain_answer(400, "an upgrade request has no body");
    if (!fields.lists("Upgrade", "websocket"))
        return plain_answer(400, "the header Upgrade: websocket is missing");
    if (!fields.lists("Connection", "upgrade"))
        return plain_answer(400, "the header Connection: Upgrade is missing");
    if (fields.count("Sec-WebSocket-Version") != 1 || fields.first("Sec-WebSocket-Version") != "13")
        return plain_answer(426, "only version 13 of the WebSocket protocol is spoken here");
    if (fields.count("Sec-WebSocket-Key") != 1 || !is_key(fields.first("Sec-WebSocket-Key").value_or("")))
        return plain_answer(400, "exactly one Sec-WebSocket-Key of 16 bytes in base64 is needed");
    return std::nullopt;
}

} // namespace

std::variant<request, http_response> check_request(const request_head& head, std::size_t max_fields) {
    field_set fields(head);
    if (auto refused = check_framing(head, fields, max_fields)) return std::move(*refused);

    // A key without an upgrade is a handshake that somebody spoilt on the way, not a plain request.
    bool upgrade = fields.lists("Upgrade", "websocket") || fields.count("Sec-WebSocket-Key") > 0;
    if (upgrade) {
        if (auto refused = check_upgrade(head, fields)) return std::move(*refused);
    }
    request checked;
    checked.method = head.method;
    checked.path = head.target.substr(0, head.target.find('?'));
    checked.host = fields.first("Host").value_or("");
    checked.authorization = copied(fields.first("Authorization"));
    checked.origin = copied(fields.first("Origin"));
    for (auto name : fields.list("Sec-WebSocket-Protocol"))
        checked.subprotocols.emplace_back(name);
    for (auto hop : fields.list("Forwarded"))
        checked.forwarded.forwarded.emplace_back(hop);
    for (auto hop : fields.list("X-Forwarded-For"))
        checked.forwarded.x_forwarded_for.emplace_back(hop);
    checked.upgrade = upgrade;
    return checked;
}

} // namespace rejoinder::websocket
