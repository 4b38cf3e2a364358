#include "statemachine/place.hpp"

namespace rejoinder::statemachine {

std::string escape_token(std::string_view name) {
    std::string token;
    for (char c : name) {
        if (c == '~') {
            token += "~0";
        } else if (c == '/') {
            token += "~1";
        } else {
            token += c;
        }
    }
    return token;
}

place place::member(std::string_view name) const {
    return {*value_->find(name), pointer_ + '/' + escape_token(name)};
}

place place::element(std::size_t index) const {
    return {(*value_)[index], pointer_ + '/' + std::to_string(index)};
}

} // namespace rejoinder::statemachine
