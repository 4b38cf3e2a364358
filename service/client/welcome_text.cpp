#include "service/client/welcome_text.hpp"

namespace rejoinder::service {

std::string describe_welcome(const json& welcome) {
    auto text = "(" + welcome.value("outcome", "");
    if (auto reason = welcome.value("reason", ""); !reason.empty()) text += ", " + reason;
    const auto* from = find_pointer(welcome, "/machine/migrated_from");
    const auto* to = find_pointer(welcome, "/machine/version");
    if (from && to)
        text += "; since you were here the machine has changed from version " + to_text(*from) + " to " +
                to_text(*to) + ", with which the conversation goes on";
    return text + ")";
}

} // namespace rejoinder::service
