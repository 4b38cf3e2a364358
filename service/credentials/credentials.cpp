#include "service/credentials/credentials.hpp"

#include <array>
#include <string>

namespace rejoinder::service::credentials {

std::string_view to_string(problem why) noexcept {
    static constexpr std::array<std::string_view, 3> names = {"invalid", "expired", "unavailable"};
    return names[static_cast<std::size_t>(why)];
}

void throw_exception_from_error(const problem& why, const boost::source_location&) {
    throw std::invalid_argument("the credentials are " + std::string(to_string(why)));
}

} // namespace rejoinder::service::credentials
