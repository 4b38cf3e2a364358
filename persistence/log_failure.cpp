#include "persistence/log_failure.hpp"

#include <utility>

namespace rejoinder {

void log_failure(std::string_view event, std::exception_ptr what, std::string_view session) {
    try {
        std::rethrow_exception(std::move(what));
    } catch (const std::exception& e) {
        log::error(event, {{"session", session}, {"what", e.what()}});
    } catch (...) {
        log::error(event, {{"session", session}, {"what", "something that is no exception"}});
    }
}

} // namespace rejoinder
