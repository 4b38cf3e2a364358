#include "persistence/encryption/sealed_text.hpp"

namespace rejoinder::persistence::encryption {
namespace {

constexpr std::string_view opening = R"({"sealed":{"key":")";
constexpr std::string_view middle = R"(","data":")";
constexpr std::string_view closing = R"("}})";

} // namespace

std::string written(const sealed_text& sealed) {
    std::string text;
    text.reserve(opening.size() + sealed.key.size() + middle.size() + sealed.data.size() + closing.size());
    return text.append(opening).append(sealed.key).append(middle).append(sealed.data).append(closing);
}

/// Neither an id nor base64 has a quote in it.
std::optional<sealed_text> read_sealed(std::string_view text) noexcept {
    if (!text.starts_with(opening) || !text.ends_with(closing)) return std::nullopt;
    text.remove_prefix(opening.size());
    auto quote = text.find('"');
    sealed_text parts{text.substr(0, quote), {}};
    text.remove_prefix(quote);
    if (!text.starts_with(middle) || text.size() < middle.size() + closing.size()) return std::nullopt;
    parts.data = text.substr(middle.size(), text.size() - middle.size() - closing.size());
    if (parts.data.find('"') != parts.data.npos) return std::nullopt;
    return parts;
}

} // namespace rejoinder::persistence::encryption
