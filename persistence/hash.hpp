#pragma once

#include "persistence/environment.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace rejoinder {

/// SHA-256 (FIPS 180-4) of the bytes, as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

/// The same of bytes that come one after the other.
class sha256_stream {
public:
    sha256_stream();
    ~sha256_stream();
    sha256_stream(const sha256_stream&) = delete;
    sha256_stream& operator=(const sha256_stream&) = delete;

    /// Forgets what was added.
    void begin();
    void add(std::string_view bytes);

    /// Of all that was added since it began; once.
    std::string finish_hex();

private:
    struct context;
    std::unique_ptr<context> context_;
};

/// XXH3, 64 bits (github.com/Cyan4973/xxHash, doc/xxhash_spec.md), as 16 lower-case hexadecimal digits. It
/// finds what a disk has damaged, a dozen times as fast as SHA-256; whoever wants two texts to have the same
/// can do it.
std::string xxh3_hex(std::string_view bytes);
std::uint64_t xxh3(std::string_view bytes) noexcept;

/// The same digits of a number that is one already, or is made of several.
std::string to_hex(std::uint64_t number);

/// Two lower-case hexadecimal digits a byte.
std::string to_hex(std::string_view bytes);

/// A secret of 256 random bits as 43 characters of base64url (RFC 4648, section 5, without padding).
std::string make_secret(environment& env);

/// Whether two texts are equal, in a time that does not depend on where they differ.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

} // namespace rejoinder
