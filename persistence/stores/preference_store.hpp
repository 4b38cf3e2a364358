#pragma once

#include "persistence/stores/constraint.hpp"
#include "persistence/stores/typed_record.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::persistence {

/// How a user wants to be dealt with in one mode.
struct mode_profile {
    static constexpr record_shape shape{"mode_profile", 1, scope_parts::user};

    coach_mode mode = coach_mode::default_mode;
    std::vector<std::string> preferences;
    std::vector<constraint> constraints;
    std::string key() const;
};
void describe(record_walk& walk, mode_profile& value);

struct active_mode {
    static constexpr record_shape shape{"active_mode", 1, scope_parts::user};

    coach_mode mode = coach_mode::default_mode;
    static std::string key() { return "active"; }
};
void describe(record_walk& walk, active_mode& value);

/// Constraints under a name, for an account, a loop, a device or a person.
struct constraint_set {
    static constexpr record_shape shape{"constraint_set", 1, scope_parts::anybody, key_text::personal};

    std::string name;
    int priority = 0;                   ///< of equally strict constraints the higher set's is named
    std::vector<coach_mode> applies_to; ///< none: all modes
    std::vector<constraint> constraints;
    std::string key() const;
};
void describe(record_walk& walk, constraint_set& value);

/// What a profile begins as.
mode_profile preset(coach_mode mode);

/// All constraints that hold in a mode, in the order in which `evaluate` wants them: those of the sets by
/// priority, the highest first, and name, then those of the profile.
std::vector<constraint> constraints_in(const mode_profile& profile, std::vector<constraint_set> sets);

/// The modes of one user.
class preference_store {
public:
    preference_store(database& db, const user_ref& user);

    /// The user's profile, or the mode's preset at revision 0 when the user has none.
    task<result<stored<mode_profile>>> load_profile(coach_mode mode) const;

    /// Over what was read. Of two that make a preset the user's own at once one gets `conflict`.
    checked<record_write> save_profile(mode_profile profile, revision read) const;

    /// `default` at revision 0 when none was chosen.
    task<result<stored<active_mode>>> load_active() const;
    checked<record_write> activate(coach_mode mode, revision read) const;

private:
    records_of<mode_profile> profiles_;
    records_of<active_mode> active_;
};

/// Named sets of constraints of one scope.
class constraint_sets {
public:
    constraint_sets(database& db, const scope& owner);

    task<result<stored<constraint_set>>> load(std::string_view name) const;
    task<result<page<constraint_set>>> list(std::string after, std::size_t limit) const;

    /// Over what was read (revision 0: nothing). Names differ by more than case.
    checked<record_write> save(constraint_set set, revision read) const;
    record_write erase(const stored<constraint_set>& before) const;

private:
    records_of<constraint_set> sets_;
};

} // namespace rejoinder::persistence
