#pragma once

#include "persistence/database.hpp"
#include "persistence/document.hpp"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

/// The calls by which a command uses the database of a running server: each is one message, a JSON object
/// with `call` and the call's own members, and is answered by one, `{"ok": ...}` or `{"error": N}` with a
/// number of `persistence::errc`. The next call is made when the last one was answered. Both ends are of one
/// version.
namespace rejoinder::service::admin {

inline constexpr std::string_view store_path = "/v1/admin/store";

/// Names the calls of this version of the program, so that no other one is mistaken for it.
std::string store_subprotocol();

/// A transfer's 16 MiB of texts, or a page with 4 MiB of them, however they look as JSON.
inline constexpr std::size_t largest_call = 128 << 20;

/// The call that asks for the store itself; it is carried out by the server, not by its database.
inline constexpr std::string_view lend_call = "lend";

/// The call that asks where sessions are recorded, of the server as well. The answer is the folder, empty
/// where there is none; it comes when all that was taken down is written.
inline constexpr std::string_view recordings_call = "recordings";

/// What a call is answered with.
persistence::document ok(persistence::document answer);
persistence::document refused(error_code why);

/// A call that is none of this version's.
class bad_call : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Carries a call out, or throws `bad_call`. What would replace records without a look at their revisions is
/// `unavailable`: a server has them in its hands.
task<persistence::document> carry_out(persistence::database* in, persistence::document call);

/// A record's name, as a call has it.
persistence::document to_document(const persistence::record_id& id);

} // namespace rejoinder::service::admin
