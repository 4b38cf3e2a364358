#include "service/replay/opus_page.hpp"

#include <cstdint>
#include <string_view>

namespace rejoinder::service {
namespace {

constexpr std::size_t header_page_size = 47;
constexpr std::size_t checksum_offset = 22;

void put(std::string& page, std::size_t bytes, std::uint64_t value) {
    for (std::size_t i = 0; i < bytes; ++i)
        page += static_cast<char>(value >> (8 * i) & 0xff);
}

/// Ogg's CRC: polynomial 0x04c11db7, not reflected, begins and ends without inversion.
std::uint32_t checksum(std::string_view page) {
    std::uint32_t crc = 0;
    for (char c : page) {
        crc ^= static_cast<std::uint32_t>(static_cast<unsigned char>(c)) << 24;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc << 1) ^ ((crc & 0x80000000u) ? 0x04c11db7u : 0u);
    }
    return crc;
}

std::string header_page() {
    std::string page = "OggS";
    put(page, 1, 0);  // version
    put(page, 1, 2);  // first page of its stream
    put(page, 8, 0);  // position
    put(page, 4, 1);  // stream
    put(page, 4, 0);  // number of the page
    put(page, 4, 0);  // checksum, below
    put(page, 1, 1);  // one segment
    put(page, 1, 19); // of 19 bytes
    page += "OpusHead";
    put(page, 1, 1);     // version
    put(page, 1, 1);     // channels
    put(page, 2, 0);     // samples to skip
    put(page, 4, 16000); // rate
    put(page, 2, 0);     // gain
    put(page, 1, 0);     // mapping
    std::string crc;
    put(crc, 4, checksum(page));
    return page.replace(checksum_offset, crc.size(), crc);
}

} // namespace

std::string audio_of(std::size_t bytes) {
    return bytes == header_page_size ? header_page() : std::string(bytes, '\0');
}

} // namespace rejoinder::service
