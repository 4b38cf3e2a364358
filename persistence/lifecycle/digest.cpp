#include "persistence/lifecycle/digest.hpp"

#include "persistence/columns.hpp"
#include "persistence/hash.hpp"
#include "persistence/lifecycle/pages.hpp"
#include "persistence/stores/tombstone.hpp"

#include <charconv>
#include <type_traits>

namespace rejoinder::persistence::lifecycle {
namespace {

/// Members one after the other, each so that no two lists of members give the same bytes.
class member_bytes {
public:
    explicit member_bytes(std::string_view kind) : bytes_(kind) {}

    void add(const std::string& text) {
        add(text.size());
        bytes_ += text;
    }
    template <class Number>
        requires std::is_integral_v<Number>
    void add(Number number) {
        bytes_ += std::to_string(number);
        bytes_ += ',';
    }
    void add(utc_time at) { add(to_unix(at)); }
    void add(const std::optional<utc_time>& at) {
        if (at)
            add(*at);
        else
            bytes_ += "-,";
    }
    template <class Record>
    void add_all(const Record& from) {
        std::apply([this](const auto&... members) { (this->add(members), ...); }, fields(from));
    }

    const std::string& bytes() const noexcept { return bytes_; }

private:
    std::string bytes_;
};

task<error_code> digest_log(database* of, session_id session, session_key key, store_digest* into) {
    cursor<log_pages> log{log_pages(*of, key)};
    for (;; log.step()) {
        if (auto error = co_await log.fill()) co_return error;
        const auto* entry = log.current();
        if (!entry) co_return error_code();
        into->add(session, *entry);
    }
}

} // namespace

void store_digest::add(const record& one) {
    member_bytes members("record,");
    members.add_all(one);
    add(members.bytes());
    ++records;
}

void store_digest::add(const session_row& one) {
    member_bytes members("session,");
    members.add(one.id.text);
    members.add_all(one);
    add(members.bytes());
    ++sessions;
}

void store_digest::add(const session_id& of, const log_entry& one) {
    member_bytes members("entry,");
    members.add(of.text);
    members.add_all(one);
    add(members.bytes());
    ++entries;
}

void store_digest::add(const std::string& bytes) {
    constexpr std::size_t digits = 16;
    auto hash = sha256_hex(bytes);
    for (std::size_t i = 0; i < sum_.size(); ++i) {
        std::uint64_t part = 0;
        const auto* begin = hash.data() + i * digits;
        std::from_chars(begin, begin + digits, part, 16);
        sum_[i] += part;
    }
}

std::string store_digest::text() const {
    std::string bytes;
    for (auto part : sum_)
        for (int shift = 56; shift >= 0; shift -= 8)
            bytes += static_cast<char>(part >> shift & 0xff);
    return to_hex(bytes);
}

task<result<store_digest>> digest_store(database* of, erasures without, on_progress listener) {
    store_digest digest;
    cursor<record_pages> records{record_pages(*of)};
    for (;; records.step()) {
        if (auto error = co_await records.fill()) co_return error;
        auto* one = records.current();
        if (!one) break;
        if (auto mended = without.mended_value(*one)) one->value = std::move(*mended);
        if (one->id.type != tombstone_record::shape.type && !without.cover(*one)) digest.add(*one);
        tell(listener, {.done = digest.records});
    }
    cursor<session_pages> sessions{session_pages(*of)};
    for (;; sessions.step()) {
        if (auto error = co_await sessions.fill()) co_return error;
        const auto* row = sessions.current();
        if (!row) break;
        if (without.cover(*row)) continue;
        digest.add(*row);
        auto reading = digest_log(of, row->id, row->key, &digest);
        if (auto error = co_await std::move(reading)) co_return error;
        tell(listener, {.done = digest.records + digest.sessions});
    }
    co_return digest;
}

} // namespace rejoinder::persistence::lifecycle
