#include "statemachine/coach/script_lines.hpp"

#include "statemachine/coach/script_texts.hpp"

#include <map>
#include <vector>

namespace rejoinder::statemachine::coach {

std::span<const std::string_view> lines_of(std::string_view key) {
    static const auto lines = [] {
        std::map<std::string_view, std::vector<std::string_view>> all;
        for (auto texts : {texts_of_beginning(), texts_of_middle(), texts_of_end()})
            for (const auto& one : texts)
                all[one.key].push_back(one.text);
        return all;
    }();
    auto found = lines.find(key);
    if (found == lines.end()) return {};
    return found->second;
}

} // namespace rejoinder::statemachine::coach
