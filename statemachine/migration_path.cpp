#include "statemachine/migration_path.hpp"

#include <algorithm>

namespace rejoinder::statemachine {
namespace {

using paths = std::map<std::string, std::string, std::less<>>;

/// The longest of the paths that is this one or leads to what is around it.
paths::const_iterator find_around(const paths& among, std::string_view path) {
    for (auto end = path.size();; end = path.rfind('.', end - 1)) {
        if (end == std::string_view::npos) return among.end();
        auto found = among.find(path.substr(0, end));
        if (found != among.end() || end == 0) return found;
    }
}

void take(const migration_step& step, followed_path& one) {
    auto renamed = find_around(step.renamed, one.path);
    auto dropped = find_around(step.dropped, one.path);
    bool is_renamed = renamed != step.renamed.end();
    bool is_dropped = dropped != step.dropped.end();
    if (is_dropped && (!is_renamed || dropped->first.size() > renamed->first.size())) {
        one.path = dropped->second;
        one.what = followed_path::fate::ends;
    } else if (is_renamed) {
        one.path = renamed->second + one.path.substr(renamed->first.size());
    }
}

} // namespace

migration_steps migration_chain(const compiled_machine& machine, std::int64_t from) {
    migration_steps chain;
    // Each step leads to a later version, so this ends.
    while (from < machine.version) {
        auto next = std::ranges::find(machine.migrations, from, &migration_step::from);
        if (next == machine.migrations.end() || next->to <= from) return {};
        chain.push_back(&*next);
        from = next->to;
    }
    return chain;
}

followed_path follow(const migration_steps& steps, std::string_view path) {
    followed_path one{std::string(path)};
    for (const auto* step : steps)
        take(*step, one);
    return one;
}

} // namespace rejoinder::statemachine
