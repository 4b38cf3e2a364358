#pragma once

#include "persistence/secret.hpp"
#include "service/client/session_client.hpp"
#include "service/load/contender.hpp"

namespace rejoinder::service::load {

/// A new session on one connection, with every frame read as a client reads it. It is no `returning_client`,
/// which would put right what has to show here: a turn that was rejected and said again, or a connection that
/// was lost, would be a slow turn and no failure.
class session_contender final : public contender {
public:
    /// `url` is the session endpoint's; each turn says `text`.
    session_contender(environment& env, const std::string& url, secret token, std::string machine,
                      std::string text);

    task<trouble> begin() override;
    task<trouble> step() override;
    task<> end() override { return client_.close(); }
    std::uint64_t floods() const noexcept override { return client_.floods(); }

private:
    trouble end_of_connection(std::string otherwise) const;

    environment& env_;
    session_client client_;
    std::string machine_;
    std::string text_;
};

} // namespace rejoinder::service::load
