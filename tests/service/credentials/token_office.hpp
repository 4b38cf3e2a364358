#pragma once

#include "persistence/hash.hpp"
#include "persistence/memory/memory_database.hpp"
#include "persistence/stores/topology_store.hpp"
#include "service/credentials/opaque_tokens.hpp"
#include "tests/support/faulty_database.hpp"
#include "tests/support/manual_environment.hpp"

#include <stdexcept>
#include <string>

namespace rejoinder::tests {

/// Issues tokens and takes them back, as the command does, past the faults of the database.
class token_office {
public:
    token_office(manual_environment& env, faulty_database& database) : env_(env), database_(database) {}

    std::string issue(const std::string& account, const std::string& device, seconds life,
                      persistence::token_kind kind = persistence::token_kind::client) {
        auto token = service::credentials::make_token(env_);
        persistence::access_token about;
        about.kind = kind;
        about.account = account;
        about.device = device;
        about.issued = env_.utc_now();
        about.expires = env_.utc_now() + life;
        commit(*tokens_.issue(token, about));
        return token;
    }

    void revoke(const std::string& token) {
        auto found = env_.run(tokens_.find(token, env_.utc_now()));
        commit(*tokens_.revoke(found.value(), env_.utc_now()));
    }

private:
    void commit(persistence::record_write write) {
        persistence::change_set changes;
        changes.now = env_.utc_now();
        changes.writes.push_back(std::move(write));
        if (!env_.run(database_.inner().commit(std::move(changes))).committed())
            throw std::runtime_error("a token could not be written");
    }

    manual_environment& env_;
    faulty_database& database_;
    persistence::token_store tokens_{database_.inner()};
};

} // namespace rejoinder::tests
