#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::service::credentials {

/// What is wrong with an origin that pages may come from; empty when it is `scheme://host` or
/// `scheme://host:port` (RFC 6454, section 6.2), in lower case, as browsers write it.
std::string problem_of_origin(std::string_view origin);

/// Whether a page of this origin may connect: one that is listed, letter by letter. `null`, which is the
/// origin of pages that have none, never is.
bool is_listed_origin(const std::vector<std::string>& listed, std::string_view origin);

} // namespace rejoinder::service::credentials
