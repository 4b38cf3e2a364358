#include "persistence/lifecycle/export_lines.hpp"

namespace rejoinder::persistence::lifecycle {
namespace {

constexpr int format = 1;

/// The text of a member; empty when there is none.
std::string text_of(const document& from, const char* name) {
    auto found = from.find(name);
    return found != from.end() && found->is_string() ? found->get<std::string>() : std::string();
}

export_item wrong(std::string what) {
    return export_item(std::in_place_type<std::string>, std::move(what));
}

std::int64_t number_of(const document& from, const char* name) {
    auto found = from.find(name);
    return found != from.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

} // namespace

std::string export_writer::hashed(const document& what) {
    auto line = to_line(what) + "\n";
    hash_.add(line);
    return line;
}

std::string export_writer::header(const export_header& about) {
    document made{{"rejoinder", "export"},    {"format", format},
                  {"store", about.store},     {"incarnation", about.incarnation},
                  {"version", about.version}, {"at", to_unix(about.at)}};
    if (!about.of.empty()) made["of"] = about.of;
    return hashed(made);
}

std::string export_writer::line(const record& one) {
    ++counts_.records;
    return hashed({{"record", to_document(one)}});
}

std::string export_writer::line(session_row one) {
    ++counts_.sessions;
    one.key = {};
    return hashed({{"session", to_document(one)}});
}

std::string export_writer::line(const log_entry& one) {
    ++counts_.entries;
    return hashed({{"entry", to_document(one)}});
}

std::string export_writer::end() {
    document counts{{"records", counts_.records},
                    {"sessions", counts_.sessions},
                    {"entries", counts_.entries},
                    {"sha256", hash_.finish_hex()}};
    return to_line({{"end", std::move(counts)}}) + "\n";
}

export_item export_reader::read(std::string_view line) {
    auto found = from_line(line);
    if (!found || !found->is_object() || found->empty()) return wrong("is no JSON object");
    if (ended_) return wrong("stands behind the last line of the export");
    if (begun_ && found->contains("end")) return read_end(*found);

    hash_.add(line);
    hash_.add("\n");
    if (!begun_) return read_header(*found);
    const auto& kind = found->begin().key();
    const auto& value = found->begin().value();
    if (found->size() != 1) return wrong("holds more than one thing");
    if (kind == "record") {
        ++counts_.records;
        if (auto one = to_record(value)) return std::move(*one);
        return wrong("holds no record as this program writes it");
    }
    if (kind == "session") {
        ++counts_.sessions;
        if (auto one = to_session_row(value)) return std::move(*one);
        return wrong("holds no session as this program writes it");
    }
    if (kind == "entry") {
        if (counts_.sessions == 0) return wrong("holds an entry of no session");
        ++counts_.entries;
        if (auto one = to_log_entry(value)) return std::move(*one);
        return wrong("holds no log entry as this program writes it");
    }
    return wrong("holds nothing that this program knows");
}

export_item export_reader::read_header(const document& from) {
    if (text_of(from, "rejoinder") != "export") return wrong("is not the first line of an export");
    if (number_of(from, "format") != format)
        return wrong("is of format " + std::to_string(number_of(from, "format")) +
                     ", and this program reads format " + std::to_string(format));
    begun_ = true;
    return export_header{text_of(from, "store"), text_of(from, "incarnation"), text_of(from, "version"),
                         from_unix(number_of(from, "at")), text_of(from, "of")};
}

export_item export_reader::read_end(const document& from) {
    ended_ = true;
    const auto& end = from["end"];
    if (!end.is_object()) return wrong("is no end of an export");
    auto is = [&](const char* name, std::uint64_t count) {
        return number_of(end, name) == static_cast<std::int64_t>(count);
    };
    if (!is("records", counts_.records) || !is("sessions", counts_.sessions) ||
        !is("entries", counts_.entries))
        return wrong("counts more or less than there is: lines are missing or were added");
    if (text_of(end, "sha256") != hash_.finish_hex())
        return wrong("has another hash than the lines in front of it");
    complete_ = true;
    return counts_;
}

} // namespace rejoinder::persistence::lifecycle
