#pragma once

#include "persistence/stores/typed_record.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::persistence {

enum class identity_category {
    passions_and_talents,
    maker_of_money,
    keeper_of_money,
    spiritual,
    personal_appearance,
    physical_expression,
    familial_relations,
    romantic_relation,
    doer_of_things
};
std::span<const std::string_view> names_of(identity_category) noexcept;

/// In the order in which an identity rises; an archived one may have been in any.
enum class identity_state {
    proposed,
    accepted,
    refinement_complete,
    commitment_complete,
    i_am_complete,
    visualization_complete,
    archived
};
std::span<const std::string_view> names_of(identity_state) noexcept;

/// A persona that a user is coached in, never a login.
struct coach_identity {
    static constexpr record_shape shape{"identity", 1, scope_parts::user};

    std::string name;
    identity_category category = identity_category::passions_and_talents;
    identity_state state = identity_state::proposed;
    std::string description;
    std::string i_am_statement;
    std::string visualization;
    std::vector<std::string> notes;
    int sort_order = 0;
    std::string parent; ///< id of the identity that this one is nested in
};
void describe(record_walk& walk, coach_identity& value);

/// Guards a name: its key is the folded name, so that a user's identities that are not archived share none.
struct identity_name {
    static constexpr record_shape shape{"identity_name", 1, scope_parts::user, key_text::personal};

    std::string name; ///< as it was written when it was taken
    std::string identity;
    std::string key() const;
};
void describe(record_walk& walk, identity_name& value);

/// The identities of one user.
///
/// Names. A name differs from those of the user's other identities that are not archived by more than case
/// (`fold_name`). Each is guarded by a record that every change of a name writes in the same change set, so
/// the rule holds whoever writes at the same time: one of two gets `conflict`, and the write it conflicts on
/// is the name's (`is_name`) when the name is taken, else the identity's.
class identity_store {
public:
    identity_store(database& db, const user_ref& user);

    /// Whether an identity's state may fall: only where the user asked for it.
    enum class lowering { refused, intended };

    task<result<stored<coach_identity>>> load(std::string id) const;

    /// By id, 1 to 1000.
    task<result<page<coach_identity>>> list(std::string after, std::size_t limit) const;

    /// The one that is not archived and has this name in any case. `conflict` when it was renamed meanwhile.
    task<result<stored<coach_identity>>> find(std::string name) const;

    checked<record_writes> create(std::string id, coach_identity identity) const;

    /// Over what was read. A name that changes, or is let go by archiving, is dropped and taken in the same
    /// change set. Taking an identity out of the archive is a change like any other.
    checked<record_writes> update(const stored<coach_identity>& before, coach_identity after,
                                  lowering fall = lowering::refused) const;

    record_writes erase(const stored<coach_identity>& before) const;

    /// Whether a write guards a name.
    static bool is_name(const record_write& write) noexcept;

private:
    records_of<coach_identity> identities_;
    records_of<identity_name> names_;
};

} // namespace rejoinder::persistence
