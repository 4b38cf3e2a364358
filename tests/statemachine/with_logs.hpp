#pragma once

#include "tests/statemachine/running_machine.hpp"

namespace rejoinder::tests {

/// Writes {log: "x"} for every text "log x", so that documents in tests stay readable.
inline std::string with_logs(std::string_view document) {
    auto expand = [](auto& self, ordered_json& value) -> void {
        if (value.is_string()) {
            auto text = value.get<std::string>();
            if (text.starts_with("log "))
                value = ordered_json{{"type", "log"}, {"params", {{"text", text.substr(4)}}}};
        } else if (value.is_structured()) {
            for (auto& part : value)
                self(self, part);
        }
    };
    auto parsed = ordered_json::parse(document);
    expand(expand, parsed);
    return parsed.dump();
}

inline running_machine run(std::string_view document) {
    return running_machine(with_logs(document));
}

} // namespace rejoinder::tests
