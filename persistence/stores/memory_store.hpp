#pragma once

#include "persistence/stores/calendar_day.hpp"
#include "persistence/stores/typed_record.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::persistence {

struct memory_profile {
    static constexpr record_shape shape{"memory_profile", 1, scope_parts::anybody};

    std::string name;
    std::optional<calendar_day> birthday;
    static std::string key() { return "profile"; }
};
void describe(record_walk& walk, memory_profile& value);

/// What is preferred of a category: colour, music, food.
struct memory_preference {
    static constexpr record_shape shape{"memory_preference", 1, scope_parts::anybody, key_text::personal};

    std::string category;
    std::string value;
    std::string key() const;
};
void describe(record_walk& walk, memory_preference& value);

struct important_date {
    static constexpr record_shape shape{"important_date", 1, scope_parts::anybody, key_text::personal};

    std::string label;
    calendar_day date;
    std::string key() const;
};
void describe(record_walk& walk, important_date& value);

enum class feeling { like, love, dislike };
std::span<const std::string_view> names_of(feeling) noexcept;

struct affinity {
    static constexpr record_shape shape{"affinity", 1, scope_parts::anybody, key_text::personal};

    std::string item;
    persistence::feeling feeling = persistence::feeling::like;
    std::string key() const;
};
void describe(record_walk& walk, affinity& value);

/// Something on a list: shopping, todo or one with a name of its own. The key is list and item, folded, so
/// that an item is on a list once, in whatever case it is said.
struct list_item {
    static constexpr record_shape shape{"list_item", 1, scope_parts::anybody, key_text::personal};

    std::string list; ///< without a slash
    std::string item;
    std::uint64_t position = 0;
    std::string key() const;
};
void describe(record_walk& walk, list_item& value);

/// What is remembered about somebody: a person, a household, a device or an account. A fact is found by its
/// subject without regard to case, and a new one takes the place of the old.
class memory_store {
public:
    /// The scope has an account; its other parts say whom the facts are about.
    memory_store(database& db, const scope& about);

    task<result<stored<memory_profile>>> load_profile() const;

    /// Over what was read (revision 0: nothing), as name and birthday are learned apart from each other.
    checked<record_write> save_profile(memory_profile profile, revision read) const;

    task<result<stored<memory_preference>>> find_preference(std::string_view category) const;
    task<result<page<memory_preference>>> list_preferences(std::string after, std::size_t limit) const;
    checked<record_write> prefer(memory_preference preference) const;
    record_write forget_preference(std::string_view category) const;

    task<result<stored<important_date>>> find_date(std::string_view label) const;
    task<result<page<important_date>>> list_dates(std::string after, std::size_t limit) const;
    checked<record_write> note_date(important_date date) const;
    record_write forget_date(std::string_view label) const;

    task<result<stored<affinity>>> find_affinity(std::string_view item) const;
    task<result<page<affinity>>> list_affinities(std::string after, std::size_t limit) const;
    checked<record_write> feel(affinity about) const;
    record_write forget_affinity(std::string_view item) const;

    /// A list's items by position, then by key; the first 1000 by key.
    task<result<std::vector<stored<list_item>>>> load_list(std::string list) const;

    /// Puts an item on a list. `conflict` when it is there already, whoever put it there and in whatever
    /// case.
    checked<record_write> add_item(list_item item) const;

    /// Takes it off, also when it is not there.
    record_write remove_item(std::string list, std::string item) const;

private:
    records_of<memory_profile> profiles_;
    records_of<memory_preference> preferences_;
    records_of<important_date> dates_;
    records_of<affinity> affinities_;
    records_of<list_item> items_;
};

} // namespace rejoinder::persistence
