#pragma once

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace rejoinder {

/// Bytes that nobody may see: they are wiped when their last owner ends, and shown as `***`. Copies share the
/// bytes, which never change, so that there is one place to wipe. It turns into a text only by `bytes`, so no
/// log line and no error takes one by mistake.
class secret {
public:
    secret() = default;

    /// Takes a copy; the original is the caller's to wipe.
    explicit secret(std::string_view bytes);

    /// One of `size` bytes that `fill(std::span<std::byte>)` writes.
    template <class Fill>
    static secret made(std::size_t size, Fill fill) {
        auto bytes = make_bytes(size);
        fill(std::as_writable_bytes(std::span(*bytes)));
        secret one;
        one.bytes_ = std::move(bytes);
        return one;
    }

    std::string_view bytes() const noexcept;
    bool empty() const noexcept { return bytes().empty(); }

private:
    static std::shared_ptr<std::vector<char>> make_bytes(std::size_t size);

    std::shared_ptr<const std::vector<char>> bytes_;
};

std::ostream& operator<<(std::ostream& to, const secret& hidden);

} // namespace rejoinder
