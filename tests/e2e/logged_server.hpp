#pragma once

#include "tests/e2e/served.hpp"
#include "tests/support/temporary_folder.hpp"

#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace rejoinder::tests {

/// The program as a server of the sample machines whose log goes to a file, or to whatever else has that
/// name.
class logged_server {
public:
    logged_server(std::string log, const std::string& level, const std::vector<std::string>& more = {})
        : log_(std::move(log)) {
        auto script = folder_.file("serve");
        std::ofstream(script) << "#!/bin/sh\nexec '" << program << "' \"$@\" 2>'" << log_ << "'\n";
        ::chmod(script.c_str(), 0700);
        std::vector<std::string> arguments{"--machines", sample_machines, "--log-level", level};
        arguments.insert(arguments.end(), more.begin(), more.end());
        std::string why;
        server_ = service::private_server::start(script, arguments, why);
        if (!server_) throw std::runtime_error(why);
    }

    service::private_server* operator->() noexcept { return server_.get(); }
    const service::private_server& operator*() const noexcept { return *server_; }

    std::string log() const {
        std::ifstream file(log_, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

private:
    temporary_folder folder_;
    std::string log_;
    std::unique_ptr<service::private_server> server_;
};

} // namespace rejoinder::tests
