#include "persistence/ids.hpp"

#include <algorithm>
#include <array>

namespace rejoinder {

std::string make_ulid(environment& env) {
    static constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    std::array<std::byte, 10> random{};
    env.fill_random(random);

    std::string text(26, '0');
    auto time = static_cast<std::uint64_t>(to_unix(env.utc_now()));
    for (std::size_t i = 10; i-- > 0; time >>= 5)
        text[i] = alphabet[time & 31];

    // 80 random bits are 16 characters: two groups of 40 bits, eight characters each.
    for (std::size_t group = 0; group < 2; ++group) {
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < 5; ++i)
            bits = bits << 8 | std::to_integer<std::uint64_t>(random[group * 5 + i]);
        for (std::size_t i = 8; i-- > 0; bits >>= 5)
            text[10 + group * 8 + i] = alphabet[bits & 31];
    }
    return text;
}

bool is_client_id(std::string_view text) noexcept {
    auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_' || c == '.' || c == ':';
    };
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, allowed);
}

} // namespace rejoinder
