#include "persistence/stores/identity_store.hpp"

#include "persistence/case_folding.hpp"
#include "persistence/stores/bounds.hpp"

#include <optional>

namespace rejoinder::persistence {
namespace {

constexpr std::size_t most_notes = 200;

bool holds_name(const coach_identity& identity) {
    return identity.state != identity_state::archived;
}

/// The name that an identity has to itself, folded.
std::optional<std::string> name_held(const coach_identity& identity) {
    if (!holds_name(identity)) return std::nullopt;
    return fold_name(identity.name);
}

std::optional<record_problem> problem_of_change(const stored<coach_identity>& before,
                                                const coach_identity& after, identity_store::lowering fall) {
    if (!after.parent.empty() && after.parent == before.key)
        return record_problem{"/parent", "must be another identity"};
    bool falls = holds_name(before.value) && after.state < before.value.state;
    if (falls && fall == identity_store::lowering::refused)
        return record_problem{"/state", "may not fall unasked"};
    return std::nullopt;
}

} // namespace

std::span<const std::string_view> names_of(identity_category) noexcept {
    static constexpr std::array<std::string_view, 9> names{
        "passions_and_talents", "maker_of_money",      "keeper_of_money",    "spiritual",
        "personal_appearance",  "physical_expression", "familial_relations", "romantic_relation",
        "doer_of_things"};
    return names;
}

std::span<const std::string_view> names_of(identity_state) noexcept {
    static constexpr std::array<std::string_view, 7> names{"proposed",
                                                           "accepted",
                                                           "refinement_complete",
                                                           "commitment_complete",
                                                           "i_am_complete",
                                                           "visualization_complete",
                                                           "archived"};
    return names;
}

void describe(record_walk& walk, coach_identity& value) {
    walk.line("name", value.name, bounds::name);
    walk.choice("category", value.category);
    walk.choice("state", value.state);
    walk.text("description", value.description, bounds::text);
    walk.text("i_am_statement", value.i_am_statement, bounds::text);
    walk.text("visualization", value.visualization, bounds::text);
    walk.texts("notes", value.notes, most_notes, bounds::text);
    walk.number("sort_order", value.sort_order, -1'000'000, 1'000'000);
    walk.line("parent", value.parent, bounds::optional_id);
}

void describe(record_walk& walk, identity_name& value) {
    walk.line("name", value.name, bounds::name);
    walk.line("identity", value.identity, bounds::id);
}

std::string identity_name::key() const {
    return fold_name(name);
}

identity_store::identity_store(database& db, const user_ref& user)
    : identities_(db, user.to_scope()), names_(db, user.to_scope()) {}

task<result<stored<coach_identity>>> identity_store::load(std::string id) const {
    return identities_.load(std::move(id));
}

task<result<page<coach_identity>>> identity_store::list(std::string after, std::size_t limit) const {
    return identities_.list("", std::move(after), limit);
}

task<result<stored<coach_identity>>> identity_store::find(std::string name) const {
    auto folded = fold_name(name);
    auto finding = names_.load(folded);
    auto guard = co_await std::move(finding);
    if (!guard) co_return guard.error();
    auto reading = identities_.load(guard->value.identity);
    auto found = co_await std::move(reading);
    if (!found) co_return found.error() == errc::not_found ? error_code(errc::conflict) : found.error();
    if (name_held(found->value) != folded) co_return errc::conflict;
    co_return found;
}

checked<record_writes> identity_store::create(std::string id, coach_identity identity) const {
    stored<coach_identity> nothing;
    nothing.key = std::move(id);
    nothing.value.state = identity_state::archived; // holds no name
    return update(nothing, std::move(identity));
}

checked<record_writes> identity_store::update(const stored<coach_identity>& before, coach_identity after,
                                              lowering fall) const {
    if (auto problem = problem_of_change(before, after, fall)) return *std::move(problem);
    record_writes writes;
    auto identity = identities_.write(before.key, after, before.revision);
    if (!identity) return std::move(identity).error();
    writes.push_back(std::move(*identity));

    // The identity's own condition makes sure that the name it held is still its own to drop.
    auto held = name_held(before.value);
    auto wanted = name_held(after);
    if (held == wanted) return writes;
    if (held) writes.push_back(names_.erase(*held, std::nullopt));
    if (wanted) {
        auto taken = names_.write({std::move(after.name), before.key}, revision{});
        if (!taken) return std::move(taken).error();
        writes.push_back(std::move(*taken));
    }
    return writes;
}

record_writes identity_store::erase(const stored<coach_identity>& before) const {
    record_writes writes{identities_.erase(before.key, before.revision)};
    if (auto held = name_held(before.value)) writes.push_back(names_.erase(*held, std::nullopt));
    return writes;
}

bool identity_store::is_name(const record_write& write) noexcept {
    return write.id.type == identity_name::shape.type;
}

} // namespace rejoinder::persistence
