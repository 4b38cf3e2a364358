#include "service/session_reset.hpp"

#include "service/session.hpp"

#include <memory>
#include <utility>

namespace rejoinder::service {

task<error_code> reset_session(environment* env, persistence::database* in, const settings* limits,
                               const statemachine::definition* machine, persistence::session_row row) {
    auto known = restore_devices(row.devices);
    auto devices = known ? std::move(*known) : device_records();
    ++row.resets;
    row.closed.reset();
    row.machine_version = machine->version();
    row.machine_hash = machine->hash();
    auto anew = std::make_shared<session>(session_house{*env, *in, *limits}, *machine,
                                          session_origin{std::move(row), {}, std::move(devices), {}}, [] {});
    auto beginning = anew->begin_anew();
    co_return co_await std::move(beginning);
}

} // namespace rejoinder::service
