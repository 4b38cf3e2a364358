#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <istream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace rejoinder::tests {

/// An HTTP server on loopback that answers one request after the other with what was recorded, whatever is
/// asked, and keeps what it was asked. An answer that says so is followed by silence until the client goes.
class recorded_endpoint {
public:
    struct answer {
        std::string bytes;
        enum class then { close, silence } after = then::close;
    };

    explicit recorded_endpoint(std::vector<answer> answers)
        : answers_(std::move(answers)), acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}) {
        port_ = acceptor_.local_endpoint().port();
        thread_ = std::thread([this] { serve(); });
    }
    recorded_endpoint(const recorded_endpoint&) = delete;
    recorded_endpoint& operator=(const recorded_endpoint&) = delete;
    ~recorded_endpoint() {
        over_ = true;
        boost::system::error_code ignored;
        tcp::socket waker(context_);
        waker.connect({boost::asio::ip::address_v4::loopback(), port_}, ignored);
        waker.close(ignored);
        thread_.join();
    }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }

    /// Heads and bodies of the requests so far.
    std::vector<std::string> asked() {
        std::lock_guard lock(mutex_);
        return asked_;
    }

    static answer stream(const std::string& body, answer::then after = answer::then::close) {
        return {"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + body,
                after};
    }
    static answer refusal(const std::string& status, const std::string& more = "") {
        return {"HTTP/1.1 " + status + "\r\n" + more + "Content-Length: 0\r\nConnection: close\r\n\r\n"};
    }

private:
    using tcp = boost::asio::ip::tcp;

    void serve() {
        for (const auto& one : answers_) {
            tcp::socket peer(context_);
            boost::system::error_code problem;
            acceptor_.accept(peer, problem);
            if (over_ || problem) return;
            read_request(peer);
            boost::asio::write(peer, boost::asio::buffer(one.bytes), problem);
            if (one.after == answer::then::silence) {
                char byte = 0;
                boost::asio::read(peer, boost::asio::buffer(&byte, 1), problem); // until the client goes
            }
        }
        while (!over_) {
            tcp::socket peer(context_);
            boost::system::error_code problem;
            acceptor_.accept(peer, problem);
        }
    }

    void read_request(tcp::socket& peer) {
        boost::asio::streambuf buffer;
        boost::system::error_code problem;
        auto head = boost::asio::read_until(peer, buffer, "\r\n\r\n", problem);
        std::string text(head, '\0');
        std::istream(&buffer).read(text.data(), static_cast<std::streamsize>(head));
        auto at = text.find("Content-Length: ");
        std::size_t length = at == std::string::npos ? 0 : std::stoul(text.substr(at + 16));
        if (length > buffer.size())
            boost::asio::read(peer, buffer, boost::asio::transfer_exactly(length - buffer.size()), problem);
        std::string body(std::min(length, buffer.size()), '\0');
        std::istream(&buffer).read(body.data(), static_cast<std::streamsize>(body.size()));
        std::lock_guard lock(mutex_);
        asked_.push_back(text + body);
    }

    std::vector<answer> answers_;
    boost::asio::io_context context_;
    tcp::acceptor acceptor_;
    unsigned short port_ = 0;
    std::atomic<bool> over_ = false;
    std::mutex mutex_;
    std::vector<std::string> asked_; // under the mutex
    std::thread thread_;
};

} // namespace rejoinder::tests
