#include "persistence/file/generation.hpp"

#include <array>
#include <charconv>

namespace rejoinder::persistence::file {
namespace {

constexpr std::size_t digits = 8;
constexpr std::string_view extension = ".ndjson";

std::string_view word_for(part kind) {
    return kind == part::snapshot ? "snapshot" : "journal";
}

} // namespace

std::string name_of(part kind, std::uint64_t generation) {
    auto number = std::to_string(generation);
    if (number.size() < digits) number.insert(0, digits - number.size(), '0');
    return std::string(word_for(kind)) + '-' + number + std::string(extension);
}

std::optional<std::uint64_t> generation_of(part kind, std::string_view name) {
    auto word = word_for(kind);
    if (!name.starts_with(word) || !name.ends_with(extension) ||
        name.size() <= word.size() + 1 + extension.size())
        return std::nullopt;
    auto number = name.substr(word.size() + 1, name.size() - word.size() - 1 - extension.size());
    std::uint64_t generation = 0;
    auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), generation);
    if (error != std::errc() || end != number.data() + number.size() || name_of(kind, generation) != name)
        return std::nullopt;
    return generation;
}

std::string header_line(part kind, const generation_header& header) {
    return seal(to_line({{"rejoinder", word_for(kind)},
                         {"version", format_version},
                         {"incarnation", header.incarnation},
                         {"generation", header.generation},
                         {"commits", header.commits}}));
}

generation_header read_header(part kind, const std::string& name, line_reader& lines) {
    auto line = lines.next();
    auto found = line && lines.is_whole() ? unseal(*line) : std::nullopt;
    if (!found || !found->is_object()) throw failure(errc::corrupt, name + " has no intact first line");
    generation_header header;
    header.version = found->value("version", 0);
    if (header.version > format_version)
        throw failure(errc::newer_schema, name + " was written by a newer version of the program");
    if (found->value("rejoinder", "") != word_for(kind))
        throw failure(errc::corrupt, name + " is no " + std::string(word_for(kind)));
    header.incarnation = found->value("incarnation", "");
    header.generation = found->value("generation", std::uint64_t(0));
    header.commits = found->value("commits", std::uint64_t(0));
    return header;
}

} // namespace rejoinder::persistence::file
