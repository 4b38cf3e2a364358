#include "persistence/file/snapshot.hpp"

namespace rejoinder::persistence::file {
namespace {

constexpr std::size_t buffered = 1 << 20;

/// Writes each thing that the tables hold as a line.
class snapshot_writer final : public table_visitor {
public:
    explicit snapshot_writer(output& to) : to_(to) {}

    void header(const generation_header& of) { pending_ += header_line(part::snapshot, of); }
    void visit(const high_water& numbers) override {
        write({{"numbers",
                {{"erased", numbers.erased.value},
                 {"session", numbers.session.value},
                 {"feed", numbers.feed}}}});
    }
    void visit(const record& one) override { write({{"record", to_document(one)}}); }
    void visit(const session_row& one) override { write({{"session", to_document(one)}}); }
    void visit(session_key of, const log_entry& one) override {
        write({{"of", of.value}, {"entry", to_document(one)}});
    }
    void visit(const change& one) override { write({{"change", to_document(one)}}); }
    void end() {
        auto written = lines_;
        write({{"lines", written}});
        flush();
        to_.sync();
    }

private:
    void write(const document& what) {
        pending_ += seal(to_line(what));
        ++lines_;
        if (pending_.size() >= buffered) flush();
    }
    void flush() {
        to_.append(pending_);
        pending_.clear();
    }

    output& to_;
    std::string pending_;
    std::uint64_t lines_ = 0;
};

/// Puts what a line holds into the tables; false when it holds nothing that is known.
bool restore(const document& line, memory_tables& tables) {
    if (auto found = line.find("numbers"); found != line.end() && found->is_object())
        return tables.restore(high_water{{found->value("erased", std::uint64_t(0))},
                                         {found->value("session", std::int64_t(0))},
                                         found->value("feed", std::uint64_t(0))});
    if (auto found = line.find("record"); found != line.end()) {
        auto one = to_record(*found);
        return one && tables.restore(std::move(*one));
    }
    if (auto found = line.find("change"); found != line.end()) {
        auto one = to_change(*found);
        return one && tables.restore(std::move(*one));
    }
    if (auto found = line.find("session"); found != line.end()) {
        auto one = to_session_row(*found);
        return one && tables.restore(std::move(*one));
    }
    if (auto found = line.find("entry"); found != line.end()) {
        auto one = to_log_entry(*found);
        return one && tables.restore(session_key{line.value("of", std::int64_t(0))}, std::move(*one));
    }
    return false;
}

[[noreturn]] void damaged(const std::string& name, std::uint64_t line) {
    throw failure(errc::corrupt, name + " is damaged in line " + std::to_string(line));
}

std::string temporary_name(std::uint64_t generation) {
    return name_of(part::snapshot, generation) + std::string(unfinished);
}

void write_all(output& to, const generation_header& header, const memory_tables& tables) {
    snapshot_writer writer(to);
    writer.header(header);
    tables.visit(writer);
    writer.end();
}

} // namespace

void write_snapshot(disk& folder, const generation_header& header, const memory_tables& tables) {
    prepare_snapshot(folder, header, tables);
    publish_snapshot(folder, header.generation);
}

void prepare_snapshot(disk& folder, const generation_header& header, const memory_tables& tables) {
    auto name = temporary_name(header.generation);
    if (folder.exists(name)) folder.remove(name);
    try {
        write_all(*folder.create(name), header, tables);
    } catch (const std::exception&) {
        discard_snapshot(folder, header.generation);
        throw;
    }
}

void publish_snapshot(disk& folder, std::uint64_t generation) {
    folder.rename(temporary_name(generation), name_of(part::snapshot, generation));
    folder.sync_names();
}

/// What cannot be removed now is in the way of nobody.
void discard_snapshot(disk& folder, std::uint64_t generation) noexcept {
    try {
        auto name = temporary_name(generation);
        if (folder.exists(name)) folder.remove(name);
    } catch (const std::exception&) {
    }
}

snapshot read_snapshot(disk& folder, std::uint64_t generation) {
    auto name = name_of(part::snapshot, generation);
    line_reader lines(folder.read(name));
    snapshot read;
    read.header = read_header(part::snapshot, name, lines);
    if (read.header.generation != generation) damaged(name, 1);
    std::uint64_t restored = 0;
    while (auto line = lines.next()) {
        auto found = lines.is_whole() ? unseal(*line) : std::nullopt;
        if (!found || !found->is_object()) damaged(name, lines.number());
        if (found->contains("lines")) {
            if (found->value("lines", std::uint64_t(0)) != restored || lines.next())
                damaged(name, lines.number());
            return read;
        }
        if (!restore(*found, read.tables)) damaged(name, lines.number());
        ++restored;
    }
    throw failure(errc::corrupt, name + " ends too early");
}

} // namespace rejoinder::persistence::file
