#pragma once

#include "persistence/sqlite/connection.hpp"

#include <string>

namespace rejoinder::persistence::sqlite {

/// Views for people who look at a store with a SQL shell: one for each type of records, named as the type,
/// and `sessions`, `turns`, `events` and `messages`. Times are as people read them, in UTC.
///
/// They follow from the program and hold no data, so they are no part of the schema's steps: a start whose
/// views are others than the store's replaces them. Views that somebody else has made stay. What is in the
/// way of them is logged and keeps no store from being opened.
void refresh_views(connection& on, const std::string& path);

} // namespace rejoinder::persistence::sqlite
