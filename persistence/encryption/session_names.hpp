#pragma once

#include "persistence/session_record.hpp"

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

namespace rejoinder::persistence::encryption {

/// Which session a key stands for, of those that were lately met. What is noted stays for at least the next
/// `most` others.
class session_names {
public:
    explicit session_names(std::size_t most = 1 << 16) : most_(most) {}

    void note(session_key key, session_id name) {
        recent_.insert_or_assign(key.value, std::move(name));
        if (recent_.size() >= most_) older_ = std::exchange(recent_, {});
    }

    std::optional<session_id> find(session_key key) {
        if (auto found = recent_.find(key.value); found != recent_.end()) return found->second;
        auto found = older_.find(key.value);
        if (found == older_.end()) return std::nullopt;
        auto name = found->second;
        note(key, name);
        return name;
    }

private:
    using names = std::unordered_map<std::int64_t, session_id>;

    std::size_t most_;
    names recent_;
    names older_; ///< complete when `recent_` began
};

} // namespace rejoinder::persistence::encryption
