#pragma once

#include "persistence/stores/identity_store.hpp"
#include "persistence/stores/typed_record.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::persistence {

enum class coach_phase {
    introduction,
    get_to_know_you,
    identity_warm_up,
    identity_brainstorming,
    brainstorming_review,
    identity_refinement,
    anything_missing,
    identity_commitment,
    i_am_statement,
    identity_visualization,
    action_planning,
    accountability
};
std::span<const std::string_view> names_of(coach_phase) noexcept;

/// A group of phases; between two of them a user may take a break.
enum class coach_stage {
    welcome,
    get_to_know,
    brainstorming,
    refinement,
    commitment,
    i_am,
    visualization,
    onward
};
std::span<const std::string_view> names_of(coach_stage) noexcept;

/// Where one session's coaching stands.
struct coach_state {
    static constexpr record_shape shape{"coach_state", 1, scope_parts::user};

    coach_phase phase = coach_phase::introduction;
    std::string current_identity; ///< id
    std::optional<identity_category> focus;
    std::vector<identity_category> skipped;
    std::vector<std::string> who_you_are;
    std::vector<std::string> who_you_want_to_be;
    std::vector<std::string> asked_questions; ///< in the order of asking
    std::vector<std::string> flags;           ///< what the user has said: ready, nothing_missing
};
void describe(record_walk& walk, coach_state& value);

struct coach_break {
    static constexpr record_shape shape{"break", 1, scope_parts::user};

    coach_stage stage = coach_stage::welcome; ///< behind which it is taken
    utc_time started{};
    std::optional<utc_time> ended;
};
void describe(record_walk& walk, coach_break& value);

/// Names the user's open break. There is one such record or none, hence at most one open break.
struct open_break {
    static constexpr record_shape shape{"open_break", 1, scope_parts::user};

    std::string id;
    static std::string key() { return "open"; }
};
void describe(record_walk& walk, open_break& value);

/// Stands for everything that the user's sessions share of the coaching: whoever changes any of it writes
/// this over what was read, so that no session builds on what another has changed meanwhile.
struct coach_head {
    static constexpr record_shape shape{"coach_head", 1, scope_parts::user};

    std::string session; ///< that wrote last
    static std::string key() { return "head"; }
};
void describe(record_walk& walk, coach_head& value);

/// A typed action that was carried out or refused.
struct coach_action {
    static constexpr record_shape shape{"action_log", 1, scope_parts::user};

    std::string type;
    json parameters = json::object();
    bool success = false;
    std::string summary;
    std::string turn;
};
void describe(record_walk& walk, coach_action& value);

/// How the coaching of one user goes: the state of each session, breaks, and the log of actions.
class coach_store {
public:
    coach_store(database& db, const user_ref& user);

    /// `not_found` before the first save.
    task<result<stored<coach_state>>> load_state(std::string session) const;

    /// Over what was read (revision 0: nothing).
    checked<record_write> save_state(std::string session, coach_state state, revision read) const;

    /// The head's revision; 0 before the first save.
    task<result<revision>> load_head() const;

    /// The write that guards a change of what the sessions share, over what was read.
    checked<record_write> save_head(std::string session, revision read) const;

    /// `not_found` when none is open; `conflict` when it ended meanwhile.
    task<result<stored<coach_break>>> load_open_break() const;

    /// By id, the ended ones too.
    task<result<page<coach_break>>> list_breaks(std::string after, std::size_t limit) const;

    /// Opens a break. `conflict` when one is open, also when somebody else opened it at the same moment.
    checked<record_writes> start_break(std::string id, coach_stage behind, utc_time now) const;

    /// `conflict` when somebody else ended it first.
    checked<record_writes> end_break(const stored<coach_break>& open, utc_time now) const;

    /// Logs an action; ids sort as the actions followed each other. `conflict` when the id is taken: the
    /// action is logged already.
    checked<record_write> log_action(const std::string& session, const std::string& id,
                                     coach_action action) const;

    /// A session's actions by id; `after` is a page's `next`.
    task<result<page<coach_action>>> list_actions(const std::string& session, std::string after,
                                                  std::size_t limit) const;

private:
    records_of<coach_state> states_;
    records_of<coach_break> breaks_;
    records_of<open_break> open_;
    records_of<coach_head> heads_;
    records_of<coach_action> actions_;
};

} // namespace rejoinder::persistence
