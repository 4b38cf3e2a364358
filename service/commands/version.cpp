#include "service/commands/commands.hpp"

#include <cstdio>

namespace rejoinder::service::commands {

int version() {
    std::puts("rejoinder " REJOINDER_VERSION);
    return 0;
}

void complain(const std::string& what) {
    std::fprintf(stderr, "rejoinder: %s\n", what.c_str());
}

} // namespace rejoinder::service::commands
