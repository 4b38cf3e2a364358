#pragma once

namespace rejoinder::persistence::lifecycle {

/// A dry run finds out and reports the same as a real one, and writes nothing.
enum class run_mode { dry, real };

} // namespace rejoinder::persistence::lifecycle
