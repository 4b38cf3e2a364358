#include "persistence/file/lines.hpp"

#include "persistence/hash.hpp"

namespace rejoinder::persistence::file {
namespace {

constexpr std::size_t checksum_size = 16;
constexpr std::string_view opening = "[\"";
constexpr std::string_view middle = "\",";
constexpr std::size_t head_size = opening.size() + checksum_size + middle.size();
constexpr std::size_t chunk = 1 << 16;

std::string checksum(std::string_view json) {
    return sha256_hex(json).substr(0, checksum_size);
}

} // namespace

std::string seal(std::string_view json) {
    std::string line;
    line.reserve(head_size + json.size() + 2);
    return line.append(opening).append(checksum(json)).append(middle).append(json).append("]\n");
}

std::optional<document> unseal(std::string_view line) {
    if (line.size() < head_size + 1 || !line.starts_with(opening) || !line.ends_with(']') ||
        line.substr(opening.size() + checksum_size, middle.size()) != middle)
        return std::nullopt;
    auto json = line.substr(head_size, line.size() - head_size - 1);
    if (line.substr(opening.size(), checksum_size) != checksum(json)) return std::nullopt;
    return from_line(json);
}

std::optional<std::string_view> line_reader::next() {
    auto found = buffer_.find('\n', used_);
    while (found == buffer_.npos) {
        auto searched = buffer_.size() - used_;
        if (!fill()) break;
        found = buffer_.find('\n', used_ + searched);
    }
    whole_ = found != buffer_.npos;
    auto line = std::string_view(buffer_).substr(used_, whole_ ? found - used_ : buffer_.npos);
    if (!whole_ && line.empty()) return std::nullopt;
    begin_ = end_;
    end_ += line.size() + (whole_ ? 1 : 0);
    used_ += line.size() + (whole_ ? 1 : 0);
    ++number_;
    return line;
}

/// Reads more behind what is there; what was returned makes room.
bool line_reader::fill() {
    buffer_.erase(0, used_);
    used_ = 0;
    if (buffer_.size() > longest_line) return false;
    auto size = buffer_.size();
    buffer_.resize(size + chunk);
    auto count = from_->read(std::span(buffer_).subspan(size));
    buffer_.resize(size + count);
    return count > 0;
}

} // namespace rejoinder::persistence::file
