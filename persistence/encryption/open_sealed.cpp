#include "persistence/encryption/open_sealed.hpp"

#include "persistence/encryption/admission.hpp"
#include "persistence/encryption/cipher.hpp"
#include "persistence/encryption/encrypted_database.hpp"
#include "persistence/encryption/index_key.hpp"
#include "persistence/encryption/marker.hpp"
#include "persistence/run_to_end.hpp"

#include <stdexcept>

namespace rejoinder::persistence::encryption {
namespace {

using opened = result<std::unique_ptr<database>>;

task<int> close(database* db) {
    co_await db->close();
    co_return 0;
}

/// Why a store does not open, for a person.
struct refusal {
    error_code error;
    std::string reason; ///< the end of a sentence
};

refusal unreadable(error_code why) {
    if (why == errc::corrupt)
        return {why, "has a damaged record of the keys that it was encrypted with; restore a backup"};
    return {why, "does not say whether it is encrypted (" + why.message() + ")"};
}

refusal unwritable(error_code why) {
    return {why, "cannot note the keys that it is encrypted with (" + why.message() + "); start it again"};
}

enum class contents { none, some };

task<result<contents>> look_into(database* store) {
    auto walking = store->walk_records(std::nullopt, 1);
    auto records = co_await std::move(walking);
    if (!records) co_return records.error();
    if (!records->empty()) co_return contents::some;
    auto going = store->walk_sessions({}, 1);
    auto sessions = co_await std::move(going);
    if (!sessions) co_return sessions.error();
    co_return sessions->empty() ? contents::none : contents::some;
}

/// Brings the marker up to the keys that were given, and the store to where it can be served.
task<refusal> begin(environment* env, database* store, const sealer* texts, personal_key_types personal,
                    std::optional<vault>* into) {
    auto loading = load_marker(store);
    auto standing = co_await std::move(loading);
    if (!standing) co_return unreadable(standing.error());
    auto known = std::move(standing->stored);
    secret index_key;
    if (known) {
        if (auto objection = objection_to(texts->keys(), *known); !objection.empty())
            co_return refusal{errc::missing_key, std::move(objection)};
        auto found = open_index_key(*texts, known->index_key);
        if (!found) co_return unreadable(found.error());
        index_key = std::move(*found);
    } else {
        auto looking = look_into(store);
        auto found = co_await std::move(looking);
        if (!found) co_return unreadable(found.error());
        known.emplace();
        known->progress = *found == contents::none ? progress::sealed : progress::admitting;
        index_key = make_index_key(*env);
    }

    auto revision = standing->revision;
    const auto& current = texts->keys().current();
    if (!known->keys.contains(current.id)) {
        known->keys[current.id] = check_of(current);
        known->index_key = seal_index_key(*texts, index_key);
        auto saving = save_marker(store, *known, revision, env->utc_now());
        if (auto problem = co_await std::move(saving)) co_return unwritable(problem);
        revision = revision.next();
    }
    auto plain = known->progress == progress::sealed ? plain_texts::refused : plain_texts::accepted;
    into->emplace(*texts, index_key, personal, plain);
    if (known->progress != progress::admitting) co_return refusal();

    auto admitting = admit(store, &**into, env->utc_now());
    if (auto problem = co_await std::move(admitting))
        co_return refusal{problem, "cannot be encrypted (" + problem.message() + "); start it again"};
    known->progress = progress::mixed;
    auto saving = save_marker(store, std::move(*known), revision, env->utc_now());
    if (auto problem = co_await std::move(saving)) co_return unwritable(problem);
    co_return refusal();
}

opened refuse(environment& env, database& store, const std::string& name, refusal what, std::string& why) {
    run_to_end(env, close(&store));
    why = "the database " + name + " " + what.reason;
    return what.error;
}

std::string listed(const marker& stored) {
    std::string text;
    for (const auto& [id, check] : stored.keys)
        text += (text.empty() ? "'" : ", '") + id + "'";
    return text;
}

} // namespace

opened open_sealed(environment& env, std::unique_ptr<database> inner, const keyring& keys,
                   personal_key_types personal, const std::string& name, std::string& why) {
    sealer texts(env, keys);
    std::optional<vault> sealing;
    auto outcome = run_to_end(env, begin(&env, inner.get(), &texts, personal, &sealing));
    if (outcome.error) return refuse(env, *inner, name, std::move(outcome), why);
    if (!sealing) throw std::logic_error("a store has been opened without its keys");
    return std::unique_ptr<database>(
        std::make_unique<encrypted_database>(std::move(inner), std::move(*sealing)));
}

opened open_plain(environment& env, std::unique_ptr<database> inner, const std::string& name,
                  std::string& why) {
    auto standing = run_to_end(env, load_marker(inner.get()));
    if (!standing) return refuse(env, *inner, name, unreadable(standing.error()), why);
    const auto& noted = standing->stored;
    if (!noted) return inner;
    refusal needs_keys{errc::missing_key, "is encrypted; give its keys (" + listed(*noted) +
                                              ") with encryption.key-file or encryption.key"};
    return refuse(env, *inner, name, std::move(needs_keys), why);
}

} // namespace rejoinder::persistence::encryption
