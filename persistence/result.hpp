#pragma once

#include <boost/system/result.hpp>

namespace rejoinder {

/// A value or the reason why there is none; for outcomes that a caller is expected to handle.
template <class T>
using result = boost::system::result<T>;

using boost::system::error_code;

} // namespace rejoinder
