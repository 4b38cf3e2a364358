#pragma once

#include "persistence/json.hpp"
#include "statemachine/policies.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::statemachine {

/// Something wrong with a machine's document, and where.
struct problem {
    enum class severity { error, warning };
    severity how_bad = severity::error;
    std::string pointer; ///< JSON Pointer (RFC 6901) of the place; empty: the whole document
    std::string message; ///< one sentence that says what is wrong and, where it can, what would be right
};

struct compiled_machine; // the tables; only this room sees inside

/// A machine that was loaded and checked: immutable, shared by all sessions that run it, and by threads.
/// The document is XState v5's configuration format; the tables behind it hold no names that a step must look
/// up.
class definition {
public:
    explicit definition(std::shared_ptr<const compiled_machine> tables);

    const std::string& id() const noexcept;
    std::int64_t version() const noexcept;

    /// SHA-256 over the document's structure (everything but descriptions and how sessions of older versions
    /// go on): a stored session runs only with the version and hash that it was stored with.
    const std::string& hash() const noexcept;

    /// The first of the machine's `meta.intents` whose phrases or regular expression match the text; empty
    /// when none. An intent is `{"name", "any": [phrases], "regex"}`, matched without regard to case,
    /// punctuation or extra spaces.
    std::string_view match_intent(std::string_view text) const;

    /// Outside values that the machine may read, as JSON Pointers into {user, person, device, session};
    /// fetched before each step.
    std::span<const std::string> outside_paths() const noexcept;

    /// Whether a state of it invokes the actor `responder`.
    bool asks_responder() const noexcept;

    /// `meta` of the document's root.
    const json& meta() const noexcept;

    /// `meta.takeover` of the document's root.
    statemachine::takeover takeover() const noexcept;

    /// `meta.migration` of the document's root.
    migration_policy migration() const noexcept;

    const compiled_machine& tables() const noexcept { return *tables_; }

private:
    std::shared_ptr<const compiled_machine> tables_;
};

/// The member of a document that holds the texts of files beside it, by name. Whoever loads a document from a
/// folder puts it there, so that a document that is recorded or exported has everything that it needs. It is
/// no part of the hash: such texts may change under sessions that are stored.
inline constexpr std::string_view files_member = "x-files";

struct load_outcome {
    std::optional<definition> machine; ///< absent when there is an error among the problems
    std::vector<problem> problems;
};

/// Checks a machine's document and compiles it: unknown members, names and targets, unreachable states,
/// cycles of `always`, guards and actions with wrong parameters. The order in which states stand in the
/// document is the order in which regions of a parallel state are entered.
load_outcome load_definition(const ordered_json& document);

/// The same from a file's text; a text that is no JSON is a problem at the empty pointer.
load_outcome load_definition_text(std::string_view text);

} // namespace rejoinder::statemachine
