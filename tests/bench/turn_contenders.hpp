#pragma once

#include "persistence/environment.hpp"
#include "service/load/contender.hpp"
#include "websocket/client.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace rejoinder::bench {

/// A client that takes turns and finds in a frame what it looks for without parsing the rest, so that the
/// client's core is not what is measured. It begins again after its connection or its server has gone.
class turn_contender : public service::load::contender {
public:
    task<> end() override;

protected:
    /// `base`, ws://HOST:PORT, is read at each beginning and outlives this: a server that is started again is
    /// elsewhere.
    turn_contender(environment& env, const std::string& base) : env_(env), base_(base) {}

    task<service::load::trouble> connect(std::string path, std::string subprotocol);
    task<std::optional<std::string>> receive();
    void send(std::string text) { client_->send(std::move(text)); }
    service::load::trouble end_of_connection() const;
    environment& env() noexcept { return env_; }

private:
    environment& env_;
    const std::string& base_;
    std::unique_ptr<websocket::client> client_;
};

/// A session of ours, of the machine `parrot`. It comes back to its session, and is content only when nothing
/// was lost on the way.
class session_turns final : public turn_contender {
public:
    session_turns(environment& env, const std::string& base, std::string text);
    task<service::load::trouble> begin() override;
    task<service::load::trouble> step() override;

private:
    void note_position(std::string_view frame);

    std::string device_;
    std::string turn_; ///< what a turn's frame ends with
    std::string session_, resume_, epoch_;
    std::uint64_t seen_ = 0;
    std::uint64_t number_ = 0;
};

/// A session of a peer: GET /s/ID, one frame of greeting, then {"id","text"} and its answer {"id","say"}.
class peer_turns final : public turn_contender {
public:
    peer_turns(environment& env, const std::string& base, std::string session, std::string text);
    task<service::load::trouble> begin() override;
    task<service::load::trouble> step() override;

private:
    std::string session_;
    std::string text_;
    std::uint64_t number_ = 0;
};

} // namespace rejoinder::bench
