#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rejoinder::service {

/// One figure of a server for its operator.
struct metric {
    enum class kind : std::uint8_t {
        gauge,  ///< how much there is now
        counter ///< how often since the server began
    };
    std::string_view name; ///< in Prometheus' form: prefix, what, unit
    kind what = kind::gauge;
    std::string_view help; ///< one line
    double value = 0;
};

/// What `/metrics` answers: the text format of Prometheus, version 0.0.4.
std::string to_prometheus(std::span<const metric> metrics);

inline constexpr std::string_view prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

} // namespace rejoinder::service
