#include "service/chat_memory.hpp"

#include "persistence/hash.hpp"
#include "service/private_file.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace rejoinder::service {
namespace {

namespace fs = std::filesystem;

fs::path state_folder() {
    if (const char* state = std::getenv("XDG_STATE_HOME"); state && *state)
        return fs::path(state) / "rejoinder";
    const char* home = std::getenv("HOME");
    return fs::path(home && *home ? home : ".") / ".local/state/rejoinder";
}

} // namespace

chat_memory::chat_memory(const std::string& server, const std::string& machine) {
    auto name = "chat-" + sha256_hex(server + "\n" + machine).substr(0, 16) + ".json";
    file_ = state_folder() / name;
}

bool chat_memory::load(client_memory& out) const {
    std::ifstream in(file_, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    auto parsed = parse_json(text.str());
    return in && parsed && restore(parsed.value, out);
}

bool chat_memory::save(const client_memory& memory) const {
    std::error_code error;
    fs::create_directories(fs::path(file_).parent_path(), error);
    return write_private_file(file_, to_text(to_json(memory)) + "\n");
}

} // namespace rejoinder::service
