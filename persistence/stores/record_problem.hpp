#pragma once

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace rejoinder::persistence {

/// What is wrong with a record, for whoever wrote it: the place and one sentence, without its values.
struct record_problem {
    /// Whether `sanitise` knows what was meant.
    enum class remedy { none, mended };

    std::string pointer; ///< JSON Pointer into the record's value; empty: the record as a whole
    std::string message;
    remedy cure = remedy::none;
    friend bool operator==(const record_problem&, const record_problem&) = default;
};

/// Something that is within its record's schema, or the first thing that is not.
template <class T>
using checked = boost::system::result<T, record_problem>;

/// What `value()` throws where the caller was sure.
[[noreturn]] inline void throw_exception_from_error(const record_problem& problem,
                                                    const boost::source_location&) {
    throw std::invalid_argument(problem.pointer + " " + problem.message);
}

} // namespace rejoinder::persistence
