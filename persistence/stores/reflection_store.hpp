#pragma once

#include "persistence/stores/typed_record.hpp"

#include <optional>
#include <string>
#include <vector>

namespace rejoinder::persistence {

/// A look back at one exchange. Ids sort as the exchanges followed each other. Retention (90 days and 1000 a
/// session) is up to whoever compacts the store.
struct reflection {
    static constexpr record_shape shape{"reflection", 1, scope_parts::user};

    std::string input;
    std::string output;
    std::vector<std::string> tags;
    std::string notes;
    std::optional<int> score; ///< 0 to 100
    std::string summary;
    std::vector<std::string> recommendations;
};
void describe(record_walk& walk, reflection& value);

/// The reflection with score, summary and recommendations. Points are given for what makes a spoken answer
/// good, and each that is missed becomes a recommendation:
///
/// | points | for |
/// |---|---|
/// | 30 | an answer at all; without one the score is 0 |
/// | 40 | taking up what was said: the share of the input's words of four letters and more that the output
/// has | | 20 | at most 60 words | | 10 | at most one question |
///
/// The summary is the output's first sentence, cut to 160 bytes between characters. Pure.
reflection scored(reflection about);

/// One user's reflections, by session.
class reflection_store {
public:
    reflection_store(database& db, const user_ref& user);

    /// Scores it and adds it; `conflict` when the id is taken.
    checked<record_write> add(const std::string& session, const std::string& id, reflection about) const;

    task<result<stored<reflection>>> load(const std::string& session, const std::string& id) const;

    /// A session's, by id; `after` is a page's `next`.
    task<result<page<reflection>>> list(const std::string& session, std::string after,
                                        std::size_t limit) const;

    record_write erase(const stored<reflection>& before) const;

private:
    records_of<reflection> reflections_;
};

} // namespace rejoinder::persistence
