#include "service/private_server.hpp"

#include <utility>

namespace rejoinder::service {

std::unique_ptr<private_server> private_server::start(const std::string& program,
                                                      const std::vector<std::string>& arguments,
                                                      std::string& why) {
    auto child = child_server::start(command(program, arguments), "listening on ", why);
    if (!child) return nullptr;
    return std::unique_ptr<private_server>(new private_server(std::move(child)));
}

std::vector<std::string> private_server::command(const std::string& program,
                                                 const std::vector<std::string>& arguments) {
    // The address of commands may be configured for the server proper, by a variable.
    std::vector<std::string> words{program.empty() ? "/proc/self/exe" : program,
                                   "serve",
                                   "--listen",
                                   "127.0.0.1:0",
                                   "--set",
                                   "admin-listen="};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
}

std::string private_server::base_url() const {
    return url().substr(0, url().find('/', 5));
}

} // namespace rejoinder::service
