#pragma once

#include "persistence/json.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::statemachine {

/// What a skill has done so far, in order, and what it got for it: all that is needed to bring its frame back
/// by running it again. Durable, part of the machine's snapshot.
class journal {
public:
    /// A skill that needs more goes on as a new one (`skill_context::continue_as_new`).
    static constexpr std::size_t max_steps = 1000;
    static constexpr std::size_t max_bytes = 64 * 1024;

    struct step {
        std::string what;                  ///< as `name_step` makes it
        std::optional<std::string> result; ///< JSON text; none: it has none, or waits for it (only the last)

        friend bool operator==(const step&, const step&) = default;
    };

    /// False when it is full: nothing is added then.
    [[nodiscard]] bool add(std::string what, std::optional<std::string> result = std::nullopt);

    /// What the last step waited for.
    [[nodiscard]] bool complete_last(std::string result);

    const std::vector<step>& steps() const noexcept { return steps_; }
    std::size_t bytes() const noexcept { return bytes_; }

    /// An array: ["what"] for a step without a result, else ["what", result].
    std::string serialise() const;
    static std::optional<journal> restore(const json& stored);

    friend bool operator==(const journal&, const journal&) = default;

private:
    bool has_room_for(std::size_t bytes) const noexcept;

    std::vector<step> steps_;
    std::size_t bytes_ = 0;
};

/// A step in a few words that are the same whenever the skill does the same: its kind and its details, long
/// details by their beginning and a digest of the whole.
std::string name_step(std::string_view kind, std::string_view details);

} // namespace rejoinder::statemachine
