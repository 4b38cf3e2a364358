#include "service/session_reset.hpp"

#include "service/session.hpp"

#include <memory>
#include <utility>

namespace rejoinder::service {

namespace {

/// Of a session that nobody has: it only begins anew.
struct no_owner final : session_owner {
    void wanted(session&) override {}
    void over(session&) override {}
};

} // namespace

task<error_code> reset_session(environment* env, persistence::database* in, const settings* limits,
                               const statemachine::definition* machine, persistence::session_row row) {
    auto known = restore_devices(row.devices);
    auto devices = known ? std::move(*known) : device_records();
    ++row.resets;
    row.closed.reset();
    row.machine_version = machine->version();
    row.machine_hash = machine->hash();
    session_house house{*env, *in, *limits};
    no_owner nobody;
    session_origin origin{std::move(row), {}, std::move(devices), {}};
    auto anew = std::make_unique<session>(house, *machine, std::move(origin), nobody);
    auto beginning = anew->begin_anew();
    co_return co_await std::move(beginning);
}

} // namespace rejoinder::service
