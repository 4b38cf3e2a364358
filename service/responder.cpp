#include "service/responder.hpp"

#include <utility>

namespace rejoinder::service {

call_outcome failed_call(std::string code, std::string message) {
    return {call_outcome::end::failed, {{"code", std::move(code)}, {"message", std::move(message)}}};
}

} // namespace rejoinder::service
