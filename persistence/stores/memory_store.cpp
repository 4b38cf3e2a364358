#include "persistence/stores/memory_store.hpp"

#include "persistence/case_folding.hpp"
#include "persistence/stores/bounds.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>

namespace rejoinder::persistence {
namespace {

constexpr text_bounds subject{1, 300}; // folded it may grow by half, twice it still fits a key
constexpr std::size_t longest_list = 1000;

} // namespace

void describe(record_walk& walk, memory_profile& value) {
    walk.line("name", value.name, bounds::optional_name);
    walk.part("birthday", value.birthday);
}

void describe(record_walk& walk, memory_preference& value) {
    walk.line("category", value.category, subject);
    walk.text("value", value.value, bounds::needed_text);
}

void describe(record_walk& walk, important_date& value) {
    walk.line("label", value.label, subject);
    walk.part("date", value.date);
}

std::span<const std::string_view> names_of(feeling) noexcept {
    static constexpr std::array<std::string_view, 3> names{"like", "love", "dislike"};
    return names;
}

void describe(record_walk& walk, affinity& value) {
    walk.line("item", value.item, subject);
    walk.choice("feeling", value.feeling);
}

void describe(record_walk& walk, list_item& value) {
    walk.line("list", value.list, bounds::name);
    walk.line("item", value.item, subject);
    walk.number("position", value.position, 0, 1'000'000'000'000'000);
    walk.rule(value.list.find('/') == std::string::npos, "list", "must be without a slash");
}

std::string memory_preference::key() const {
    return fold_name(category);
}
std::string important_date::key() const {
    return fold_name(label);
}
std::string affinity::key() const {
    return fold_name(item);
}
std::string list_item::key() const {
    return fold_name(list) + "/" + fold_name(item);
}

memory_store::memory_store(database& db, const scope& about)
    : profiles_(db, about),
      preferences_(db, about),
      dates_(db, about),
      affinities_(db, about),
      items_(db, about) {}

task<result<stored<memory_profile>>> memory_store::load_profile() const {
    return profiles_.load(memory_profile::key());
}

checked<record_write> memory_store::save_profile(memory_profile profile, revision read) const {
    return profiles_.write(std::move(profile), read);
}

task<result<stored<memory_preference>>> memory_store::find_preference(std::string_view category) const {
    return preferences_.load(fold_name(category));
}

task<result<page<memory_preference>>> memory_store::list_preferences(std::string after,
                                                                     std::size_t limit) const {
    return preferences_.list("", std::move(after), limit);
}

checked<record_write> memory_store::prefer(memory_preference preference) const {
    return preferences_.write(std::move(preference), std::nullopt);
}

record_write memory_store::forget_preference(std::string_view category) const {
    return preferences_.erase(fold_name(category), std::nullopt);
}

task<result<stored<important_date>>> memory_store::find_date(std::string_view label) const {
    return dates_.load(fold_name(label));
}

task<result<page<important_date>>> memory_store::list_dates(std::string after, std::size_t limit) const {
    return dates_.list("", std::move(after), limit);
}

checked<record_write> memory_store::note_date(important_date date) const {
    return dates_.write(std::move(date), std::nullopt);
}

record_write memory_store::forget_date(std::string_view label) const {
    return dates_.erase(fold_name(label), std::nullopt);
}

task<result<stored<affinity>>> memory_store::find_affinity(std::string_view item) const {
    return affinities_.load(fold_name(item));
}

task<result<page<affinity>>> memory_store::list_affinities(std::string after, std::size_t limit) const {
    return affinities_.list("", std::move(after), limit);
}

checked<record_write> memory_store::feel(affinity about) const {
    return affinities_.write(std::move(about), std::nullopt);
}

record_write memory_store::forget_affinity(std::string_view item) const {
    return affinities_.erase(fold_name(item), std::nullopt);
}

task<result<std::vector<stored<list_item>>>> memory_store::load_list(std::string list) const {
    std::vector<stored<list_item>> items;
    auto prefix = fold_name(list) + "/";
    std::string after;
    do {
        auto listing = items_.list(prefix, std::move(after), longest_list - items.size());
        auto found = co_await std::move(listing);
        if (!found) co_return found.error();
        std::ranges::move(found->records, std::back_inserter(items));
        after = std::move(found->next);
    } while (!after.empty() && items.size() < longest_list);
    std::ranges::sort(items, {}, [](const auto& one) { return std::tie(one.value.position, one.key); });
    co_return items;
}

checked<record_write> memory_store::add_item(list_item item) const {
    return items_.write(std::move(item), revision{});
}

record_write memory_store::remove_item(std::string list, std::string item) const {
    return items_.erase(list_item{std::move(list), std::move(item), 0}.key(), std::nullopt);
}

} // namespace rejoinder::persistence
