#include "service/openai/event_stream.hpp"

namespace rejoinder::service::openai {

bool event_stream::take(std::string_view bytes) {
    for (char c : bytes) {
        if (refused_) break;
        bool ends_return = after_return_ && c == '\n';
        after_return_ = c == '\r';
        if (ends_return) continue;
        if (c == '\n' || c == '\r') {
            refused_ = !take_line(line_);
            line_.clear();
        } else if (line_.size() == max_line) {
            refused_ = true;
        } else {
            line_ += c;
        }
    }
    return !refused_;
}

/// An empty line ends an event; data of several lines are joined by line feeds.
bool event_stream::take_line(std::string_view line) {
    if (line.empty()) {
        if (has_data_) on_data_(data_);
        data_.clear();
        has_data_ = false;
        return true;
    }
    auto colon = line.find(':');
    if (line.substr(0, colon) != "data") return true;
    auto value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (data_.size() + (has_data_ ? 1 : 0) + value.size() > max_line) return false;
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
    return true;
}

} // namespace rejoinder::service::openai
