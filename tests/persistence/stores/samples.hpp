#pragma once

#include "persistence/json.hpp"
#include "persistence/record.hpp"

#include <vector>

namespace rejoinder::tests {

struct sample {
    persistence::record_id id;
    json value;
};

/// Valid records, at least one of each type.
const std::vector<sample>& samples();

} // namespace rejoinder::tests
