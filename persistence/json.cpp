#include "persistence/json.hpp"

#include "persistence/json_writer.hpp"
#include "persistence/plain_json.hpp"

#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

namespace rejoinder {
namespace {

/// Builds the document from the parser's events and stops at the first bound. Returning false ends the parse.
template <class Json>
class bounded_builder final : public nlohmann::json_sax<Json> {
    using number_integer_t = typename Json::number_integer_t;
    using number_unsigned_t = typename Json::number_unsigned_t;
    using number_float_t = typename Json::number_float_t;
    using string_t = typename Json::string_t;
    using binary_t = typename Json::binary_t;

public:
    explicit bounded_builder(const json_limits& limits) : limits_(limits) {}

    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override { return add(value); }
    bool number_float(number_float_t value, const string_t&) override {
        if (!std::isfinite(value)) return fail(json_error::reason::malformed, "a number is out of range");
        return add(value);
    }
    bool string(string_t& value) override { return without_nul(value) && add(std::move(value)); }
    bool binary(binary_t&) override {
        return fail(json_error::reason::malformed, "binary values are no JSON");
    }

    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        if (!without_nul(name)) return false;
        auto& members = open_.back()->template get_ref<typename Json::object_t&>();
        auto [added, is_new] = members.emplace(std::move(name), nullptr);
        if (!is_new) return fail(json_error::reason::duplicate_key, "an object has a key twice");
        if (members.size() > limits_.members)
            return fail(json_error::reason::too_many_members, "an object has too many members");
        member_ = &added->second;
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        error_ = json_error{json_error::reason::malformed, position, "the text is no valid JSON"};
        return false;
    }

    parsed_json<Json> finish(std::size_t size) && {
        if (error_) {
            if (error_->offset == 0) error_->offset = size;
            return {nullptr, std::move(error_)};
        }
        return {std::move(root_), std::nullopt};
    }

private:
    bool fail(json_error::reason why, std::string message) {
        error_ = json_error{why, 0, std::move(message)};
        return false;
    }

    /// U+0000 ends a text early in half of the programs that will read it (SQL shells, C libraries).
    bool without_nul(const std::string& text) {
        return text.find('\0') == std::string::npos ||
               fail(json_error::reason::malformed, "a string contains U+0000");
    }

    Json* place(Json value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        auto& parent = *open_.back();
        if (parent.is_object()) return &(*member_ = std::move(value));
        parent.push_back(std::move(value));
        return &parent.back();
    }

    bool add(Json value) {
        if (++elements_ > limits_.elements)
            return fail(json_error::reason::too_large, "the document has too many values");
        place(std::move(value));
        return true;
    }

    bool open(Json container) {
        if (open_.size() >= limits_.depth)
            return fail(json_error::reason::too_deep, "the document is nested too deeply");
        if (++elements_ > limits_.elements)
            return fail(json_error::reason::too_large, "the document has too many values");
        open_.push_back(place(std::move(container)));
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    const json_limits& limits_;
    Json root_;
    std::vector<Json*> open_; // ancestors only: a container is not moved while a child of it is open
    Json* member_ = nullptr;  // whose value comes next
    std::size_t elements_ = 0;
    std::optional<json_error> error_;
};

template <class Json>
parsed_json<Json> parse_within(std::string_view text, const json_limits& limits) {
    { // freed before the other one builds
        bounded_builder<Json> quick(limits);
        if (plain_json(text, quick).read()) return std::move(quick).finish(text.size());
    }
    // nlohmann's parser takes it for the end of the text, whatever is behind it.
    if (auto zero = text.find('\0'); zero != text.npos)
        return {nullptr, json_error{json_error::reason::malformed, zero, "the text is no valid JSON"}};
    bounded_builder<Json> thorough(limits);
    Json::sax_parse(text.begin(), text.end(), &thorough);
    return std::move(thorough).finish(text.size());
}

} // namespace

json_parse_result parse_json(std::string_view text, const json_limits& limits) {
    return parse_within<json>(text, limits);
}

parsed_json<ordered_json> parse_ordered_json(std::string_view text, const json_limits& limits) {
    return parse_within<ordered_json>(text, limits);
}

std::string to_text(const json& value) {
    std::string text;
    append_text(text, value);
    return text;
}

std::string to_ordered_text(const ordered_json& value) {
    return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

namespace {

/// Nothing when a tilde stands for nothing.
std::optional<std::string> unescape(std::string_view token) {
    std::string plain;
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] != '~') {
            plain += token[i];
        } else if (i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1')) {
            plain += token[++i] == '0' ? '~' : '/';
        } else {
            return std::nullopt;
        }
    }
    return plain;
}

const json* find_token(const json& in, std::string_view token) {
    if (in.is_object()) {
        const auto& members = in.get_ref<const json::object_t&>();
        auto member = members.find(token);
        return member == members.end() ? nullptr : &member->second;
    }
    auto index = in.is_array() ? array_index(token) : std::nullopt;
    return index && *index < in.size() ? &in[*index] : nullptr;
}

} // namespace

std::optional<pointer_step> first_token(std::string_view pointer) {
    if (!pointer.starts_with('/')) return std::nullopt;
    auto end = std::min(pointer.find('/', 1), pointer.size());
    pointer_step step{pointer.substr(1, end - 1), pointer.substr(end)};
    if (step.plain.find('~') == step.plain.npos) return step;
    step.unescaped = unescape(step.plain);
    if (!step.unescaped) return std::nullopt;
    return step;
}

std::optional<std::size_t> array_index(std::string_view token) noexcept {
    std::size_t index = 0;
    auto [last, problem] = std::from_chars(token.data(), token.data() + token.size(), index);
    if (problem != std::errc() || last != token.data() + token.size()) return std::nullopt;
    if (token.size() > 1 && token.front() == '0') return std::nullopt;
    return index;
}

const json* find_pointer(const json& value, std::string_view pointer) {
    const json* at = &value;
    while (at && !pointer.empty()) {
        auto step = first_token(pointer);
        if (!step) return nullptr;
        pointer = step->rest;
        at = find_token(*at, step->token());
    }
    return at;
}

} // namespace rejoinder
