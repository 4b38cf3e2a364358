#pragma once

#include "persistence/time.hpp"
#include "statemachine/place.hpp"
#include "statemachine/tables.hpp"
#include "statemachine/utterance.hpp"
#include "statemachine/value.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rejoinder::statemachine {

class compilation;

/// The parameters of one guard or action while it is compiled. What is asked for is known; what is left over
/// at the end, missing, or of the wrong kind is a problem, and a harmless value takes its place.
class parameters {
public:
    /// `owner` is the guard's or action's name.
    parameters(std::string owner, place object, compilation& into);

    bool has(std::string_view name) const;

    value required_value(std::string_view name);
    std::optional<value> optional_value(std::string_view name);

    /// A literal text that may name a key, a kind or an event: an identifier in the sense of is_client_id.
    std::string required_name(std::string_view name);
    /// The same for one name or an array of them.
    std::vector<std::string> required_names(std::string_view name);

    /// A literal number of milliseconds within these bounds.
    std::optional<milliseconds> optional_duration(std::string_view name, milliseconds least,
                                                  milliseconds most);

    std::optional<timer_policy> optional_timer_policy(std::string_view name);

    /// The text of `text`, or the texts of `any`: exactly one of the two.
    std::vector<value> texts();

    /// A JSON Pointer to read from.
    reference required_reference(std::string_view name);
    /// A JSON Pointer below /context, without that root: what an action may change.
    std::string required_context_path(std::string_view name);

    utterance_pattern utterance();
    state_index required_state(std::string_view name);
    std::vector<guard> guards(std::string_view name);

    /// All parameters, as names of the context's members (or JSON Pointers below /context) and their values.
    std::vector<std::pair<std::string, value>> assignments();

    /// An object whose members are texts, templates or `{"file": name}`. What one of them may not read is
    /// told at its own place: `objection` gives the sentence, or nothing where it may.
    std::vector<std::pair<std::string, text_template>>
    required_templates(std::string_view name, const std::function<std::string(const reference&)>& objection);

    /// Notes that the function reads a place of the outside by itself.
    void reads(const reference& where);

    /// Says that a parameter which is there cannot be what it is.
    void reject(std::string_view name, std::string message);

    /// Parameters that nobody asked for are problems.
    void finish();

private:
    std::optional<place> take(std::string_view name);
    std::optional<place> require(std::string_view name);

    std::string owner_;
    place object_;
    compilation& into_;
    std::vector<std::string_view> known_;
};

} // namespace rejoinder::statemachine
