#pragma once

#include "persistence/environment.hpp"
#include "persistence/task.hpp"

namespace rejoinder::persistence::postgresql {

/// Suspends for so long.
task<> pause(environment* env, milliseconds duration);

/// Plans the tries of something that others get in the way of. Of those that meet one goes through, so the
/// second try is made at once. Those that keep meeting wait for a random part of a span that doubles, as two
/// that took equal steps would meet for ever.
class contention {
public:
    /// No try begins once `patience` is over.
    contention(environment& env, milliseconds patience);

    /// Waits for the next try; false, at once, when there shall be none. The object outlives the task.
    task<bool> again();

private:
    environment& environment_;
    steady_time until_;
    milliseconds span_{0};
};

} // namespace rejoinder::persistence::postgresql
