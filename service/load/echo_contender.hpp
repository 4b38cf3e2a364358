#pragma once

#include "persistence/environment.hpp"
#include "service/load/contender.hpp"
#include "websocket/client.hpp"

#include <memory>

namespace rejoinder::service::load {

/// A connection to `/v1/echo`, which says `text` and hears it again: what the transport alone takes.
class echo_contender final : public contender {
public:
    echo_contender(environment& env, std::string url, std::string text);

    task<trouble> begin() override;
    task<trouble> step() override;
    task<> end() override;

private:
    environment& env_;
    std::string url_;
    std::string text_;
    std::unique_ptr<websocket::client> client_;
};

} // namespace rejoinder::service::load
