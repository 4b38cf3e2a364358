#include "context/context_value.hpp"

#include "persistence/json_writer.hpp"

#include <algorithm>
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
        auto index = index_in(step->token(), into.size());
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
    return put(into[std::string(step->token())], step->rest, std::move(value));
}

bool take_out(json& from, std::string_view pointer) {
    auto step = first_token(pointer);
    if (!step) return false;
    if (from.is_array()) {
        auto index = index_in(step->token(), from.size());
        if (!index || *index >= from.size()) return false;
        if (!step->rest.empty()) return take_out(from[*index], step->rest);
        from.erase(*index);
        return true;
    }
    if (!from.is_object()) return false;
    auto member = from.find(step->token());
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

/// No fewer bytes than the text takes as JSON. A character takes six at most, as an escape.
std::size_t most_bytes_of(const std::string& text) noexcept {
    return 2 + 6 * text.size();
}

std::size_t most_bytes_of(const json& value) {
    static constexpr std::size_t longest_primitive = 32;
    if (value.is_string()) return most_bytes_of(value.get_ref<const std::string&>());
    if (!value.is_structured()) return longest_primitive;
    std::size_t bytes = 2;
    if (value.is_array()) {
        for (const auto& element : value)
            bytes += 1 + most_bytes_of(element);
        return bytes;
    }
    for (const auto& [name, member] : value.get_ref<const json::object_t&>())
        bytes += 2 + most_bytes_of(name) + most_bytes_of(member);
    return bytes;
}

} // namespace

context_value::member::member(const member& other)
    : name_(other.name_), bytes_(other.is_small() ? other.bytes_ : other.bytes()) {
    if (!other.is_small()) return;
    value_ = other.value_;
    parsed_ = true;
}

context_value::member& context_value::member::operator=(const member& other) {
    if (this != &other) *this = member(other);
    return *this;
}

const std::string& context_value::member::bytes() const {
    if (bytes_.empty()) append_text(bytes_, value_);
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

void context_value::member::replace(json value) {
    bytes_.clear();
    value_.swap(value);
    parsed_ = true;
}

void context_value::member::compact() {
    if (is_small() || !parsed_) return;
    bytes();
    value_ = nullptr;
    parsed_ = false;
}

std::size_t context_value::member::most_bytes() const {
    return bytes_.empty() ? most_bytes_of(value_) : bytes_.size();
}

context_value::context_value(const json& object) {
    if (!object.is_object()) return;
    members_.reserve(object.size());
    for (const auto& [name, value] : object.get_ref<const json::object_t&>())
        members_.emplace_back(name, value);
}

bool context_value::parse(std::string_view text, context_value& out) {
    out.members_.clear();
    if (!json::accept(text)) return false;
    member_scanner scanner(text);
    if (!scanner.enter()) return false;
    members found;
    std::string_view name;
    std::string_view bytes;
    while (scanner.next(name, bytes))
        found.emplace_back(json::parse(name).get<std::string>(), std::string(bytes));
    std::ranges::sort(found, {}, &member::name);
    if (std::ranges::adjacent_find(found, {}, &member::name) != found.end()) return false;
    out.members_ = std::move(found);
    return true;
}

context_value::members::const_iterator context_value::place_of(std::string_view name) const {
    return std::ranges::lower_bound(members_, name, {}, &member::name);
}

const context_value::member* context_value::find_member(std::string_view name) const {
    // Of a few names most are told apart by their lengths.
    constexpr std::size_t a_few = 8;
    auto place = members_.size() <= a_few ? std::ranges::find(members_, name, &member::name) : place_of(name);
    return place == members_.end() || place->name() != name ? nullptr : &*place;
}

context_value::member* context_value::find_member(std::string_view name) {
    const auto* found = std::as_const(*this).find_member(name);
    return found ? members_.data() + (found - members_.data()) : nullptr;
}

const json* context_value::find(std::string_view pointer) const {
    auto step = first_token(pointer);
    if (!step) return nullptr;
    const auto* found = find_member(step->token());
    return found ? find_pointer(found->value(), step->rest) : nullptr;
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
    auto* found = find_member(step->token());
    if (found && step->rest.empty()) {
        found->replace(std::move(value));
        return true;
    }
    if (found) return put(found->change(), step->rest, std::move(value));
    json made;
    if (!put(made, step->rest, std::move(value))) return false;
    members_.emplace(place_of(step->token()), std::string(step->token()), std::move(made));
    return true;
}

bool context_value::erase(std::string_view pointer) {
    auto step = first_token(pointer);
    if (!step) return false;
    auto* found = find_member(step->token());
    if (!found) return false;
    if (!step->rest.empty()) return take_out(found->change(), step->rest);
    members_.erase(place_of(step->token()));
    return true;
}

std::string context_value::serialise() const {
    std::string text;
    append_to(text);
    return text;
}

void context_value::append_to(std::string& text) const {
    object_writer out(text);
    for (const auto& one : members_)
        out.place_of(one.name()) += one.bytes();
    out.end();
}

std::size_t context_value::size() const {
    std::size_t bytes = 2 + (members_.empty() ? 0 : members_.size() - 1);
    std::string name;
    for (const auto& one : members_) {
        name.clear();
        append_quoted(name, one.name());
        bytes += name.size() + 1 + one.bytes().size();
    }
    return bytes;
}

bool context_value::is_too_large() const {
    std::size_t most = 2;
    for (const auto& one : members_)
        most += 2 + most_bytes_of(one.name()) + one.most_bytes();
    return most > max_size && size() > max_size;
}

json context_value::to_json() const {
    auto object = json::object();
    for (const auto& one : members_)
        object[one.name()] = one.value();
    return object;
}

void context_value::compact() {
    for (auto& one : members_)
        one.compact();
}

} // namespace rejoinder::context
