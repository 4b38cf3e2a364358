#include "persistence/lifecycle/export.hpp"
#include "persistence/lifecycle/export_file.hpp"
#include "persistence/lifecycle/import.hpp"
#include "tests/persistence/lifecycle/house.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

using lifecycle::subject;

/// An export held in memory, and read from there.
class text_input final : public file::input {
public:
    explicit text_input(std::string text) : text_(std::move(text)) {}
    std::size_t read(std::span<char> into) override {
        auto count = std::min(into.size(), text_.size() - at_);
        std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
        at_ += count;
        return count;
    }

private:
    std::string text_;
    std::size_t at_ = 0;
};

std::string export_of(lifecycle_house& house, database& of, std::optional<subject> only = std::nullopt) {
    std::string text;
    lifecycle::export_header about{"memory", of.incarnation(), "0.1.0", house.env.utc_now(), ""};
    auto counts = house.env.run(lifecycle::export_store(
        &of, about, std::move(only), [&text](std::string_view bytes) { text += bytes; }, {}));
    REQUIRE(counts);
    return text;
}

lifecycle::import_report import(lifecycle_house& house, database& into, const std::string& text,
                                lifecycle::import_options options = {}) {
    auto open = [&text] { return std::make_unique<text_input>(text); };
    auto report = house.env.run(lifecycle::import_store(&house.env, &into, open, options, {}));
    REQUIRE(report);
    return *report;
}

std::size_t lines_of(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

/// The text without its nth line.
std::string without_line(const std::string& text, std::size_t number) {
    std::size_t begin = 0;
    for (std::size_t i = 1; i < number; ++i)
        begin = text.find('\n', begin) + 1;
    auto end = text.find('\n', begin) + 1;
    return text.substr(0, begin) + text.substr(end);
}

} // namespace

TEST_CASE("what is exported from one kind of store and imported into another is the same") {
    lifecycle_house house;
    auto& from = house.open(EVERY_STORE, "from");
    auto& to = house.open(EVERY_STORE, "to");
    fill(house, from);
    auto text = export_of(house, from);
    auto report = import(house, to, text);
    CHECK(report.fault_count == 0);
    CHECK(report.counts.sessions == 2);
    CHECK(report.counts.entries == 8);
    CHECK(lines_of(text) == 2 + report.counts.records + report.counts.sessions + report.counts.entries);
    CHECK(report.from.incarnation == from.incarnation());
    CHECK(house.digest(from) == house.digest(to));

    auto again = import(house, to, text);
    CHECK(again.replaced == 0);
    CHECK(again.same == again.counts.records);
    CHECK(house.digest(from) == house.digest(to));
}

TEST_CASE("a dry run of an import counts and writes nothing") {
    lifecycle_house house;
    auto& from = house.open(database_type::memory, "from");
    auto& to = house.open(EVERY_STORE, "to");
    fill(house, from);
    house.put(to, {"loop", {"acme", "", "", ""}, "home"}, json{{"name", "Other"}});
    auto before = house.digest(to);
    lifecycle::import_options options;
    options.how = lifecycle::run_mode::dry;
    auto report = import(house, to, export_of(house, from), options);
    CHECK(report.replaced == 1);
    CHECK(house.digest(to) == before);
}

TEST_CASE("an export that was cut off or changed anywhere is refused whole, with the line") {
    lifecycle_house house;
    auto& from = house.open(database_type::memory, "from");
    auto& to = house.open(database_type::memory, "to");
    fill(house, from);
    auto good = export_of(house, from);
    auto lines = lines_of(good);
    auto refused = [&](const std::string& text) {
        auto report = import(house, to, text);
        CHECK(house.digest(to) == lifecycle::store_digest());
        return report;
    };
    for (std::size_t line = 1; line <= lines; ++line) {
        INFO(line);
        CHECK(refused(without_line(good, line)).fault_count > 0);
    }
    CHECK(refused(good.substr(0, good.size() - 5)).fault_count > 0);
    CHECK(refused("").fault_count == 1);
    CHECK(refused(good + "{}\n").faults.at(0).line == lines + 1);
    CHECK(refused("{\"rejoinder\":\"export\",\"format\":2}\n").faults.at(0).line == 1);

    auto changed = good;
    changed.replace(changed.find("likes tea"), 9, "likes TEA");
    CHECK(refused(changed).faults.at(0).line == lines);
    auto broken = good;
    broken.replace(broken.find("{\"session\""), 1, "[");
    auto report = refused(broken);
    CHECK(report.faults.at(0).line > 1);
    CHECK(report.faults.at(0).what.find("JSON") != std::string::npos);
}

TEST_CASE("a record that breaks its schema is refused with its line, but for a backup") {
    lifecycle_house house;
    auto& from = house.open(database_type::memory, "from");
    auto& to = house.open(database_type::memory, "to");
    house.put(from, {"loop", {"acme", "", "", ""}, "home"}, json{{"name", 7}});
    auto text = export_of(house, from);
    auto refused = import(house, to, text);
    REQUIRE(refused.fault_count == 1);
    CHECK(refused.faults[0].line == 2);
    CHECK(refused.faults[0].what.find("/name") != std::string::npos);
    lifecycle::import_options options;
    options.records = lifecycle::import_options::schemas::ignored;
    CHECK(import(house, to, text, options).fault_count == 0);
    CHECK(house.digest(to) == house.digest(from));
}

TEST_CASE("an export of one person holds that person's data and nobody else's") {
    lifecycle_house house;
    auto& from = house.open(EVERY_STORE, "from");
    fill(house, from);
    house.put(from, {"user_note", {"acme", "", "", "bob"}, "n1"}, json{{"note", "belongs to bob"}});
    house.put_session(from, session_of("s9", "acme", "bob"), 2, "said to bob");
    auto anns = export_of(house, from, subject{subject::kind::person, "acme", "ann"});
    CHECK(anns.find("likes tea") != std::string::npos);
    CHECK(anns.find("\"id\":\"s1\"") != std::string::npos);
    CHECK(anns.find("bob") == std::string::npos);
    CHECK(anns.find("\"type\":\"device\"") == std::string::npos);
    auto all = export_of(house, from, subject{subject::kind::account, "acme", ""});
    CHECK(all.find("belongs to bob") != std::string::npos);
    CHECK(all.find("\"type\":\"device\"") != std::string::npos);
    CHECK(all.find("update_manifest") == std::string::npos);
}

TEST_CASE("an import brings nothing back that was erased") {
    lifecycle_house house;
    auto& from = house.open(database_type::memory, "from");
    auto& to = house.open(EVERY_STORE, "to");
    fill(house, from);
    auto text = export_of(house, from);
    house.env.advance(milliseconds(10));
    subject ann{subject::kind::person, "acme", "ann"};
    house.erase(to, ann);
    auto report = import(house, to, text);
    CHECK(report.erased > 0);
    CHECK_FALSE(house.read(to, {"user_note", {"acme", "", "", "ann"}, "n1"}));
    CHECK_FALSE(house.env.run(to.read_session(session_id{"s1"})));
    CHECK(house.env.run(to.read_session(session_id{"s2"})));
    CHECK_FALSE(house.read(to, {"robot_session", {"acme", "", "robot-1", ""}, "chat"}));
}

TEST_CASE("an export file has its name when it is whole, and is nobody else's to read") {
    temporary_folder folder;
    auto path = folder.file("all.ndjson");
    {
        lifecycle::export_file file(path);
        file.append("one\n");
        CHECK_FALSE(std::filesystem::exists(path));
    }
    CHECK(std::filesystem::is_empty(folder.path()));
    {
        lifecycle::export_file file(path);
        file.append("one\n");
        file.finish();
    }
    CHECK(bytes_of(path) == "one\n");
    CHECK(std::filesystem::status(path).permissions() ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    CHECK_THROWS_AS(lifecycle::export_file(path), std::system_error);
    CHECK(bytes_of(path) == "one\n");
}
