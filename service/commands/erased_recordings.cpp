#include "service/commands/erased_recordings.hpp"

#include "service/admin/recordings.hpp"
#include "service/commands/commands.hpp"
#include "service/commands/database_output.hpp"

#include <filesystem>
#include <iterator>
#include <utility>

namespace rejoinder::service::commands {
namespace {

namespace fs = std::filesystem;
using persistence::lifecycle::run_mode;

/// The same for every way to it.
std::string canonical(const std::string& folder) {
    std::error_code ignored;
    auto place = fs::weakly_canonical(fs::absolute(folder, ignored), ignored);
    return place.empty() ? folder : place.string();
}

} // namespace

erased_recordings::erased_recordings(command_loop& loop, persistence::database_options store,
                                     const std::string& folder)
    : loop_(loop), store_(std::move(store)) {
    if (!folder.empty()) folders_.insert(canonical(folder));
}

bool erased_recordings::settle() {
    auto server = admin::read_serving_note(store_);
    if (!server) return true;
    std::string why;
    auto folder = loop_.run(admin::ask_for_recordings(&loop_.env(), std::move(*server), &why));
    if (folder && !folder->empty()) folders_.insert(canonical(*folder));
    if (why.empty()) return true;
    complain("the server that has the store open can't be asked for its recordings: " + why +
             "; do it again, or end it and name their folder with --record");
    return false;
}

void erased_recordings::erase(const std::function<found_recordings(const std::string& folder)>& find,
                              run_mode how) {
    for (const auto& folder : folders_) {
        auto found = find(folder);
        std::ranges::move(found.unclear, std::back_inserter(unclear_));
        for (auto& file : found.files) {
            std::error_code error;
            if (how == run_mode::real) fs::remove(file, error);
            if (error)
                left_.push_back(std::move(file));
            else
                ++count_;
        }
    }
}

bool erased_recordings::complain_of_rest() const {
    if (!left_.empty())
        complain("erase: these recordings could not be removed, remove them by hand: " + joined(left_));
    if (!unclear_.empty())
        complain("erase: whose these recordings are can't be read, look at them: " + joined(unclear_));
    return !left_.empty() || !unclear_.empty();
}

} // namespace rejoinder::service::commands
