#pragma once

namespace rejoinder::persistence {

/// The version of a store's schema as it was found and as opening has made it.
struct schema_versions {
    int found = 0; ///< 0: there was no store yet
    int now = 0;   ///< 0: stores of this kind have none
};

} // namespace rejoinder::persistence
