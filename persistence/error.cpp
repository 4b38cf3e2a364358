#include "persistence/error.hpp"

#include <string>

namespace rejoinder::persistence {
namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "rejoinder.persistence"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
        case errc::not_found:
            return "no such record";
        case errc::conflict:
            return "the record was changed by somebody else";
        case errc::fenced:
            return "another owner has the session";
        case errc::duplicate_turn:
            return "the turn is recorded already";
        case errc::unavailable:
            return "the database cannot do this now";
        case errc::unknown_outcome:
            return "whether the change was written is not known";
        case errc::closed:
            return "the database is closed";
        case errc::too_large:
            return "the value is larger than 1 MiB";
        case errc::corrupt:
            return "the stored data is corrupt";
        case errc::bad_record:
            return "the record breaks the schema of its type";
        case errc::missing_key:
            return "the stored data is encrypted with a key that was not given";
        case errc::newer_schema:
            return "the database was written by a newer version of rejoinder";
        case errc::unwritable:
            return "the database cannot be opened for writing";
        case errc::trimmed:
            return "what followed that position is gone; begin anew with everything";
        case errc::bad_url:
            return "not a database URL (memory:, file:DIR, sqlite:PATH, postgresql://...)";
        case errc::unsupported:
            return "this kind of database cannot do that";
        }
        return "unknown error";
    }
};

} // namespace

const boost::system::error_category& error_category() noexcept {
    static const category instance;
    return instance;
}

} // namespace rejoinder::persistence
