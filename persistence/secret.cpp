#include "persistence/secret.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <ostream>

namespace rejoinder {

secret::secret(std::string_view bytes) {
    auto copy = make_bytes(bytes.size());
    std::ranges::copy(bytes, copy->begin());
    bytes_ = std::move(copy);
}

std::string_view secret::bytes() const noexcept {
    return bytes_ ? std::string_view(bytes_->data(), bytes_->size()) : std::string_view();
}

std::shared_ptr<std::vector<char>> secret::make_bytes(std::size_t size) {
    auto wipe = [](std::vector<char>* bytes) {
        OPENSSL_cleanse(bytes->data(), bytes->size());
        delete bytes;
    };
    return {new std::vector<char>(size), wipe};
}

std::ostream& operator<<(std::ostream& to, const secret&) {
    return to << "***";
}

} // namespace rejoinder
