#pragma once

#include "statemachine/tables.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::statemachine {

/// The steps from an older version to the machine's own, in their order. Empty where none lead there.
using migration_steps = std::vector<const migration_step*>;
migration_steps migration_chain(const compiled_machine& machine, std::int64_t from);

/// Where a state of an older version has come to.
struct followed_path {
    enum class fate {
        stays, ///< it is that state, whatever it is called now
        ends   ///< it is gone, and who was in it goes on there
    };
    std::string path; ///< dotted; whether there is such a state the machine says
    fate what = fate::stays;
};

/// Follows a state, by its dotted path, through the steps.
followed_path follow(const migration_steps& steps, std::string_view path);

} // namespace rejoinder::statemachine
