#include "persistence/postgresql/addresses.hpp"

#include "persistence/mailbox.hpp"
#include "persistence/postgresql/failure.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <sstream>
#include <vector>

namespace rejoinder::persistence::postgresql {
namespace {

using resolver = boost::asio::ip::basic_resolver<boost::asio::ip::tcp, executor>;

/// One look-up. It may outlive who waits for it: a system's resolver cannot be stopped.
struct look_up {
    explicit look_up(executor ex) : names(ex), ended(ex) {}
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

/// The elements of one of libpq's lists, which are separated by commas.
std::vector<std::string> elements(std::string_view list) {
    std::vector<std::string> found;
    std::istringstream text{std::string(list)};
    for (std::string one; std::getline(text, one, ',');)
        found.push_back(one);
    return found;
}

void append(std::string& list, bool first, std::string_view element) {
    if (!first) list += ',';
    list += element;
}

} // namespace

task<settings> with_addresses(environment* env, settings given, milliseconds patience) {
    auto hosts = elements(given.get("host"));
    bool has_names = false;
    for (const auto& host : hosts)
        has_names = has_names || !host.starts_with('/');
    if (!has_names || !given.get("hostaddr").empty()) co_return given;

    auto ports = elements(given.get("port"));
    std::string host_list;
    std::string address_list;
    std::string port_list;
    bool first = true;
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        std::vector<std::string> addresses{""}; // of a socket's folder
        if (!hosts[i].starts_with('/')) addresses = co_await addresses_of(env, hosts[i], patience);
        for (const auto& address : addresses) {
            append(host_list, first, hosts[i]);
            append(address_list, first, address);
            if (!ports.empty()) append(port_list, first, ports.size() == 1 ? ports[0] : ports.at(i));
            first = false;
        }
    }
    if (first) throw failure(failure::connection_lost, "the server's name has no address");
    given.set("host", host_list);
    given.set("hostaddr", address_list);
    if (!port_list.empty()) given.set("port", port_list);
    co_return given;
}

} // namespace rejoinder::persistence::postgresql
