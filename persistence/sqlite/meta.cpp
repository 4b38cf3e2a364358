#include "persistence/sqlite/meta.hpp"

namespace rejoinder::persistence::sqlite {

std::string meta(connection& on, std::string_view key, std::string otherwise) {
    statement query(on, "select value from meta where key = ?1");
    auto rows = query.run(key);
    if (rows.next()) rows.read(otherwise);
    return otherwise;
}

void set_meta(connection& on, std::string_view key, std::string_view value) {
    statement write(on, "insert into meta (key, value) values (?1, ?2) "
                        "on conflict (key) do update set value = excluded.value");
    write.execute(key, value);
}

} // namespace rejoinder::persistence::sqlite
