#pragma once

#include "persistence/encryption/pseudonyms.hpp"
#include "persistence/encryption/sealer.hpp"
#include "persistence/record.hpp"
#include "persistence/result.hpp"
#include "persistence/session_record.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rejoinder::persistence::encryption {

/// Whether a text that is not sealed may stand in the store: while it was begun without keys and not
/// everything was sealed since.
enum class plain_texts { accepted, refused };

/// Whether records of a type have keys that hold personal text.
using personal_key_types = bool (*)(std::string_view type);

/// Turns records, rows and entries into what is stored and back.
///
/// Sealed are a record's value, a row's state, devices and metadata, an entry's input, outcome, events and
/// messages. A row's or entry's text that is empty or `[]` says nothing and stays as it is: backends look for
/// it, and write it where they let events go. Everything else is what a store finds things by.
class vault {
public:
    vault(sealer texts, secret index_key, personal_key_types personal, plain_texts plain)
        : texts_(std::move(texts)), names_(std::move(index_key)), personal_(personal), plain_(plain) {}

    const sealer& texts() const noexcept { return texts_; }
    void refuse_plain_texts() noexcept { plain_ = plain_texts::refused; }

    bool has_personal_key(std::string_view type) const { return personal_(type); }

    /// The id under which a record stands in the store.
    record_id stored_id(record_id id) const;

    void seal(record& one) const;
    void seal(record_write& write) const;
    void seal(session_row& row) const;

    /// The entry has its revision already.
    void seal(log_entry& entry, const session_id& of) const;

    /// No error, `corrupt` with the place in the log, or `missing_key`; what was given is of no use then.
    error_code open(record& stored) const;
    error_code open(session_row& stored) const;

    /// Whether a record's value is sealed, and opens; asks without a word in the log.
    bool opens(const record& stored) const;

    /// Whose entry it is, as far as that is sealed in it, or the same errors.
    result<std::optional<session_id>> open(log_entry& stored) const;

    /// Whether everything that is to be sealed is, under the current key.
    bool is_current(const record& stored) const noexcept;
    bool is_current(const session_row& stored) const noexcept;
    bool is_current(const log_entry& stored) const noexcept;

private:
    result<unsealed> open_text(std::string_view place, std::string text) const;

    sealer texts_;
    pseudonyms names_;
    personal_key_types personal_;
    plain_texts plain_;
};

} // namespace rejoinder::persistence::encryption
