#include "context/context_value.hpp"

#include <optional>
#include <utility>

namespace rejoinder::context {
namespace {

const json nothing = nullptr;

/// The index that a token names in an array of this size; `-` is the place behind the last element.
std::optional<std::size_t> index_in(std::string_view token, std::size_t size) {
    return token == "-" ? size : array_index(token);
}

/// Whether the rest of a pointer is well formed. A new object takes any token, so nothing else can go wrong
/// there.
bool is_pointer(std::string_view pointer) {
    while (!pointer.empty()) {
        auto step = first_token(pointer);
        if (!step) return false;
        pointer = step->rest;
    }
    return true;
}

/// Changes nothing when it returns false: it fails only on what is there already, before it makes anything.
bool put(json& into, std::string_view pointer, json&& value) {
    if (pointer.empty()) {
        into = std::move(value);
        return true;
    }
    auto step = first_token(pointer);
    if (!step || !is_pointer(step->rest)) return false;
    if (into.is_array()) {
        auto index = index_in(step->token, into.size());
        if (!index || *index > into.size()) return false;
        if (*index == into.size()) {
            json element;
            if (!put(element, step->rest, std::move(value))) return false;
            into.push_back(std::move(element));
            return true;
        }
        return put(into[*index], step->rest, std::move(value));
    }
    if (into.is_null()) into = json::object();
    if (!into.is_object()) return false;
    return put(into[step->token], step->rest, std::move(value));
}

bool take_out(json& from, std::string_view pointer) {
    auto step = first_token(pointer);
    if (!step) return false;
    if (from.is_array()) {
        auto index = index_in(step->token, from.size());
        if (!index || *index >= from.size()) return false;
        if (!step->rest.empty()) return take_out(from[*index], step->rest);
        from.erase(*index);
        return true;
    }
    if (!from.is_object()) return false;
    auto member = from.find(step->token);
    if (member == from.end()) return false;
    if (!step->rest.empty()) return take_out(*member, step->rest);
    from.erase(member);
    return true;
}

/// Cuts a valid JSON object into its members' names and bytes. Reading stops at nothing that the parser has
/// refused already, so it looks at quotes and brackets only.
class member_scanner {
public:
    explicit member_scanner(std::string_view text) : text_(text) { next_token(); }

    /// Past the object's opening brace; false when the value is no object.
    bool enter() { return text_[at_] == '{' && advance(); }

    /// The next member's name (as JSON, quoted) and bytes; false behind the last.
    bool next(std::string_view& name, std::string_view& bytes) {
        if (text_[at_] == ',') advance();
        if (text_[at_] == '}') return false;
        name = value();
        advance(); // the colon
        bytes = value();
        return true;
    }

private:
    bool advance() {
        ++at_;
        next_token();
        return true;
    }

    void next_token() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size() - 1); }

    std::string_view value() {
        auto begin = at_;
        auto end = at_;
        int depth = 0;
        do {
            if (text_[end] == '"') {
                end = end_of_string(end);
            } else {
                if (text_[end] == '{' || text_[end] == '[') ++depth;
                if (text_[end] == '}' || text_[end] == ']') --depth;
                ++end;
            }
        } while (depth > 0 || !ends_value(text_[end]));
        at_ = end;
        next_token();
        return text_.substr(begin, end - begin);
    }

    static bool ends_value(char c) {
        return std::string_view(",:]} \t\r\n").find(c) != std::string_view::npos;
    }

    std::size_t end_of_string(std::size_t quote) const {
        for (++quote; text_[quote] != '"'; ++quote)
            if (text_[quote] == '\\') ++quote;
        return quote + 1;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace

context_value::member& context_value::member::operator=(const member& other) {
    if (this != &other) *this = member(other);
    return *this;
}

const std::string& context_value::member::bytes() const {
    if (bytes_.empty()) bytes_ = to_text(value_);
    return bytes_;
}

const json& context_value::member::value() const {
    if (!parsed_) {
        value_ = json::parse(bytes_, nullptr, false);
        parsed_ = true;
    }
    return value_;
}

json& context_value::member::change() {
    value();
    bytes_.clear();
    return value_;
}

void context_value::member::compact() {
    bytes();
    value_ = nullptr;
    parsed_ = false;
}

context_value::context_value(const json& object) {
    if (!object.is_object()) return;
    for (const auto& [name, value] : object.items())
        members_.emplace(name, member(value));
}

bool context_value::parse(std::string_view text, context_value& out) {
    out.members_.clear();
    if (!json::accept(text)) return false;
    member_scanner scanner(text);
    if (!scanner.enter()) return false;
    std::string_view name;
    std::string_view bytes;
    while (scanner.next(name, bytes)) {
        auto key = json::parse(name).get<std::string>();
        if (!out.members_.emplace(std::move(key), member(std::string(bytes))).second) {
            out.members_.clear();
            return false;
        }
    }
    return true;
}

const json* context_value::find(std::string_view pointer) const {
    auto step = first_token(pointer);
    if (!step) return nullptr;
    auto found = members_.find(step->token);
    return found == members_.end() ? nullptr : find_pointer(found->second.value(), step->rest);
}

const json& context_value::at(std::string_view pointer) const {
    const auto* found = find(pointer);
    return found ? *found : nothing;
}

bool context_value::contains(std::string_view pointer) const {
    return find(pointer) != nullptr;
}

bool context_value::set(std::string_view pointer, json value) {
    auto step = first_token(pointer);
    if (!step || !is_pointer(step->rest)) return false;
    auto found = members_.find(step->token);
    if (step->rest.empty()) {
        members_.insert_or_assign(step->token, member(std::move(value)));
        return true;
    }
    if (found != members_.end()) return put(found->second.change(), step->rest, std::move(value));
    json made;
    if (!put(made, step->rest, std::move(value))) return false;
    members_.emplace(step->token, member(std::move(made)));
    return true;
}

bool context_value::erase(std::string_view pointer) {
    auto step = first_token(pointer);
    if (!step) return false;
    auto found = members_.find(step->token);
    if (found == members_.end()) return false;
    if (!step->rest.empty()) return take_out(found->second.change(), step->rest);
    members_.erase(found);
    return true;
}

std::string context_value::serialise() const {
    std::string text = "{";
    for (const auto& [name, value] : members_) {
        if (text.size() > 1) text += ',';
        text += to_text(name);
        text += ':';
        text += value.bytes();
    }
    text += '}';
    return text;
}

std::size_t context_value::size() const {
    std::size_t bytes = 2 + (members_.empty() ? 0 : members_.size() - 1);
    for (const auto& [name, value] : members_)
        bytes += to_text(name).size() + 1 + value.bytes().size();
    return bytes;
}

json context_value::to_json() const {
    auto object = json::object();
    for (const auto& [name, value] : members_)
        object[name] = value.value();
    return object;
}

void context_value::compact() {
    for (auto& [name, value] : members_)
        value.compact();
}

} // namespace rejoinder::context
