#include "service/admin/serving_note.hpp"

#include "persistence/json.hpp"
#include "persistence/log.hpp"
#include "service/private_file.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace rejoinder::service::admin {
namespace {

namespace fs = std::filesystem;
using persistence::database_type;

/// The same for every way to the store; empty where there is no note.
std::string file_of(const persistence::database_options& store) {
    std::error_code error;
    auto place = fs::canonical(store.location, error);
    if (error) return "";
    if (store.type == database_type::sqlite) return place.string() + ".serving";
    if (store.type == database_type::file) return (place / "store.serving").string();
    return "";
}

} // namespace

serving_note::serving_note(const persistence::database_options& store, const serving_place& here)
    : file_(file_of(store)) {
    if (file_.empty()) return;
    auto text = to_text({{"url", here.url}, {"token", here.token}}) + "\n";
    if (!write_private_file(file_, text)) log::warning("serving_note_failed", {{"file", file_}});
}

serving_note::~serving_note() {
    std::error_code ignored;
    if (!file_.empty()) fs::remove(file_, ignored);
}

std::optional<serving_place> read_serving_note(const persistence::database_options& store) {
    std::ifstream in(file_of(store), std::ios::binary);
    if (!in) return std::nullopt;
    std::string text(std::istreambuf_iterator<char>(in), {});
    auto parsed = parse_json(text);
    if (!parsed || !parsed.value.is_object()) return std::nullopt;
    serving_place place{parsed.value.value("url", ""), parsed.value.value("token", "")};
    if (place.url.empty() || place.token.empty()) return std::nullopt;
    return place;
}

} // namespace rejoinder::service::admin
