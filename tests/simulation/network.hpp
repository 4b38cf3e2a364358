#pragma once

#include "persistence/task_group.hpp"
#include "service/admin/command_link.hpp"
#include "service/client/session_client.hpp"
#include "tests/simulation/chance.hpp"
#include "tests/simulation/trace.hpp"
#include "tests/simulation/weather.hpp"
#include "websocket/pipe.hpp"

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace rejoinder::tests::simulation {

/// The network between devices and nodes: wires that carry bytes in order, each chunk with a delay of its
/// own, so that what happens on two of them has any order. A wire may be cut, or carry nothing any more
/// without either end being told.
class network {
public:
    network(environment& env, chance& luck, const weather& now, trace& log);
    ~network();

    /// From now on the node takes connections; nothing: no new ones.
    void put_up(const std::string& node, websocket::pipe_listener* listener);

    /// Cuts every wire of the node, and takes it off the network.
    void take_down(const std::string& node);

    /// The host of URLs that lead to one of the nodes that are up, each time to any.
    static constexpr std::string_view anywhere = "simulated";

    /// Connects a device to the node that is the URL's host, or to any.
    service::dialer dialer_of(const std::string& device);

    /// Connects commands to a node from its own machine.
    service::admin::command_dialer dialer_to(const std::string& node);

    void cut_one();
    /// Cuts a wire when so many chunks more have been sent on all of them; the last one does not arrive.
    void cut_after(std::uint64_t chunks) noexcept { cut_at_ = chunks_ + chunks; }
    std::uint64_t chunks() const noexcept { return chunks_; }
    /// Chunks have at most so many bytes, 4,096 at most.
    void carry_at_most(std::size_t bytes) noexcept { piece_ = bytes; }
    void silence_one();
    /// Silent wires would keep their ends waiting for a heartbeat.
    void cut_silent();

    /// Waits until no wire is left.
    task<> close();

private:
    struct wire {
        std::string name;
        std::string node;
        websocket::pipe_stream near; ///< towards the device or command
        websocket::pipe_stream far;  ///< towards the node
        bool silent = false;
        bool cut = false;
        int pumps = 2;
    };
    using wires = std::list<wire>;
    using nodes = std::map<std::string, websocket::pipe_listener*>;
    using dialled = result<std::unique_ptr<websocket::client>>;

    task<dialled> dial_any(std::string device, websocket::client_options options);
    task<dialled> dial_one(std::string node, websocket::client_options options, unsigned* http_status);
    task<dialled> connect(nodes::iterator to, std::string from, std::string address,
                          websocket::client_options options, unsigned* http_status);
    task<> pump(wires::iterator on, websocket::pipe_stream* from, websocket::pipe_stream* to);
    void cut(wire& one);
    wire* any();

    environment& env_;
    chance& luck_;
    const weather& weather_;
    trace& trace_;
    nodes nodes_;
    wires wires_;
    std::uint64_t last_wire_ = 0;
    std::uint64_t chunks_ = 0;
    std::size_t piece_ = 4096;
    std::uint64_t cut_at_ = 0; ///< chunks; 0: never
    task_group tasks_;
};

} // namespace rejoinder::tests::simulation
