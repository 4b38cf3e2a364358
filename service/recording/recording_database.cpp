#include "service/recording/recording_database.hpp"

#include "persistence/rules.hpp"
#include "service/recorded_step.hpp"

#include <optional>
#include <utility>

namespace rejoinder::service {

using namespace persistence;

task<commit_outcome> recording_database::commit(change_set changes) {
    if (!changes.session) co_return co_await inner_.commit(std::move(changes));
    if (auto incomplete = rules::judge_states(changes, completes_states()))
        co_return commit_outcome::refused(incomplete);
    auto& change = *changes.session;
    auto before = change.expected ? change.expected->revision : revision();
    if (change.expected && recorder_.needs_beginning(change.row.id, before)) {
        auto reading = inner_.read_session(change.row.id);
        auto row = co_await std::move(reading);
        // Of another revision, the commit will be refused.
        if (row && row->revision == before) {
            // A session that goes over to another machine is recorded as that one, from what it was.
            if (change.append && version_change_in(change.append->input)) {
                row->machine_version = change.row.machine_version;
                row->machine_hash = change.row.machine_hash;
            }
            recorder_.begin(*row, recorder::beginning::standing, document_of(*row));
        }
    }
    auto row = change.row;
    auto entry = change.append;
    bool born = !change.expected;
    auto outcome = co_await inner_.commit(std::move(changes));
    if (!outcome.committed()) co_return outcome;
    auto document = document_of(row);
    if (born) recorder_.begin(row, recorder::beginning::birth, document);
    recorder_.committed(row, before.next(), std::move(entry), document);
    co_return outcome;
}

std::shared_ptr<const ordered_json> recording_database::document_of(const session_row& row) {
    const auto* machine = machines_.find(row.machine, row.machine_version, row.machine_hash);
    if (!machine) return nullptr;
    auto& document = documents_[row.machine_hash];
    if (!document) document = std::make_shared<const ordered_json>(machines_.document_of(*machine));
    return document;
}

} // namespace rejoinder::service
