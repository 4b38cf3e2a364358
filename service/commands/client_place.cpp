#include "service/commands/client_place.hpp"

#include "persistence/key_file.hpp"
#include "service/commands/commands.hpp"
#include "websocket/protocol/frames.hpp"

#include <algorithm>
#include <cstdlib>

namespace rejoinder::service::commands {

std::string with_path(std::string server) {
    constexpr std::string_view scheme = "ws://";
    if (!server.starts_with(scheme)) return server;
    auto slash = server.find('/', scheme.size());
    if (slash == server.npos || slash + 1 == server.size())
        server.replace(std::min(slash, server.size()), server.npos, websocket::protocol::path);
    return server;
}

std::optional<secret> load_token(const std::optional<std::string>& file) {
    if (!file) {
        const char* variable = std::getenv("REJOINDER_TOKEN");
        return secret(variable ? variable : "");
    }
    std::string why;
    auto text = read_key_file(*file, key_file_kind::secret_keys, why);
    if (!text) {
        complain("--token-file: " + why);
        return std::nullopt;
    }
    auto token = text->bytes();
    token = token.substr(0, token.find_first_of(" \t\r\n"));
    if (!token.empty()) return secret(token);
    complain("--token-file: there is no token at the beginning of the file " + *file);
    return std::nullopt;
}

} // namespace rejoinder::service::commands
