#include "service/recording/recordings.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <filesystem>
#include <fstream>

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;

namespace fs = std::filesystem;
using persistence::lifecycle::subject;

namespace {

/// A recording, as far as its head tells whose it is.
std::string head(const recorded_owner& owner) {
    recording_head made{"s", "m", 1, "h", std::nullopt, true, owner};
    return to_line(made, nullptr);
}

std::vector<std::string> names(const std::vector<std::string>& files) {
    std::vector<std::string> found;
    for (const auto& file : files)
        found.push_back(fs::path(file).filename().string());
    return found;
}

} // namespace

TEST_CASE("recordings are found by whom any part of them belongs to") {
    temporary_folder folder;
    auto put = [&](const std::string& name, const std::string& text) {
        std::ofstream(folder.file(name), std::ios::binary) << text;
    };
    put("a.ndjson", to_gap_line(2) + head({"acme", "acme", ""}) + to_end_line(0, ""));
    put("b.ndjson", head({"other", "other", ""}) + to_end_line(0, "") + head({"other", "other", "ann"}));
    put("c.ndjson", head({"other", "ann", ""}));
    put("notes.txt", head({"acme", "acme", ""}));
    auto found_of = [&](const subject& who) {
        auto found = find_recordings(folder.path().string(),
                                     [&](const recorded_owner& owner) { return belongs_to(owner, who); });
        CHECK(found.unclear.empty());
        return names(found.files);
    };
    using list = std::vector<std::string>;
    CHECK(found_of({subject::kind::account, "acme", ""}) == list{"a.ndjson"});
    CHECK(found_of({subject::kind::account, "other", ""}) == list{"b.ndjson", "c.ndjson"});
    CHECK(found_of({subject::kind::person, "other", "ann"}) == list{"b.ndjson", "c.ndjson"});
    CHECK(found_of({subject::kind::user, "other", "other"}) == list{"b.ndjson"});
    CHECK(found_of({subject::kind::person, "acme", "ann"}).empty());
}

TEST_CASE("a recording that does not tell whose it is, is named") {
    temporary_folder folder;
    std::ofstream(folder.file("cut.ndjson")) << head({"acme", "acme", ""}).substr(0, 60);
    std::ofstream(folder.file("old.ndjson")) << head({});
    auto found = find_recordings(folder.path().string(), [](const recorded_owner&) { return false; });
    CHECK(found.files.empty());
    CHECK(names(found.unclear) == std::vector<std::string>{"cut.ndjson", "old.ndjson"});
    CHECK(find_recordings(folder.file("nothing"), [](const recorded_owner&) { return true; }).files.empty());
}

TEST_CASE("an id that could lead out of the folder names no recording") {
    CHECK(names_recording("01J9ZK5T3S8WQ4M7N2X6Y1B0CD"));
    CHECK_FALSE(names_recording("../store"));
    CHECK_FALSE(names_recording(""));
    CHECK_FALSE(names_recording(std::string(200, 'a')));
}
