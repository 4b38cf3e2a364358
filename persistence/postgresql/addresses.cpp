#include "persistence/postgresql/addresses.hpp"

#include "persistence/mailbox.hpp"
#include "persistence/postgresql/failure.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <memory>
#include <vector>

namespace rejoinder::persistence::postgresql {
namespace {

using resolver = boost::asio::ip::basic_resolver<boost::asio::ip::tcp, executor>;

/// One look-up. It may outlive who waits for it: a system's resolver cannot be stopped.
struct look_up {
    explicit look_up(executor ex) : names(ex) {}
    resolver names;
    signal ended;
    std::vector<std::string> addresses;
};

task<std::vector<std::string>> addresses_of(environment* env, std::string name, milliseconds patience) {
    auto asked = std::make_shared<look_up>(env->get_executor());
    auto take = [asked](const error_code&, const resolver::results_type& found) {
        for (const auto& entry : found)
            asked->addresses.push_back(entry.endpoint().address().to_string());
        asked->ended.notify();
    };
    asked->names.async_resolve(name, "", std::move(take));
    timer deadline(*env);
    deadline.arm_after(patience, [asked] { asked->ended.notify(); });
    co_await asked->ended.wait();
    co_return asked->addresses;
}

/// The elements of one of libpq's lists, which are separated by commas and may be empty.
std::vector<std::string> elements(std::string_view list) {
    std::vector<std::string> found;
    for (;;) {
        auto end = std::min(list.find(','), list.size());
        found.emplace_back(list.substr(0, end));
        if (end == list.size()) return found;
        list.remove_prefix(end + 1);
    }
}

/// Whether libpq takes it for the place of a Unix socket: a folder, one in no folder, or the usual one.
bool is_socket(const std::string& host) {
    return host.empty() || host.starts_with('/') || host.starts_with('@');
}

void append(std::string& list, bool first, std::string_view element) {
    if (!first) list += ',';
    list += element;
}

} // namespace

task<settings> with_addresses(environment* env, settings given, milliseconds patience) {
    auto hosts = elements(given.get("host"));
    auto ports = elements(given.get("port"));
    if (std::ranges::all_of(hosts, is_socket) || !given.get("hostaddr").empty()) co_return given;
    if (ports.size() != 1 && ports.size() != hosts.size()) co_return given; // libpq says what is wrong

    std::string host_list;
    std::string address_list;
    std::string port_list;
    bool first = true;
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        std::vector<std::string> addresses{""}; // of a socket
        if (!is_socket(hosts[i])) addresses = co_await addresses_of(env, hosts[i], patience);
        for (const auto& address : addresses) {
            append(host_list, first, hosts[i]);
            append(address_list, first, address);
            append(port_list, first, ports[ports.size() == 1 ? 0 : i]);
            first = false;
        }
    }
    if (first) throw failure(failure::connection_lost, "the server's name has no address");
    given.set("host", host_list);
    given.set("hostaddr", address_list);
    if (!given.get("port").empty()) given.set("port", port_list);
    co_return given;
}

} // namespace rejoinder::persistence::postgresql
