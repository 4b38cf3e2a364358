#include "service/keys.hpp"

namespace rejoinder::service {

namespace encryption = persistence::encryption;

std::shared_ptr<const encryption::keyring> load_keys(const config& values) {
    bool has_text = !values.encryption_key.empty();
    bool has_file = !values.encryption_key_file.empty();
    if (!has_text && !has_file) return nullptr;
    if (has_text && has_file)
        throw config_error("encryption.key: there is encryption.key-file as well; set one of them");
    std::string why;
    auto keys = has_text ? encryption::parse_keyring(values.encryption_key, why)
                         : encryption::load_keyring(values.encryption_key_file, why);
    if (!keys) throw config_error((has_text ? "encryption.key: " : "encryption.key-file: ") + why);
    return std::make_shared<const encryption::keyring>(std::move(*keys));
}

} // namespace rejoinder::service
