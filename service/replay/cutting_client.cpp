#include "service/replay/cutting_client.hpp"

#include <memory>
#include <utility>

namespace rejoinder::service {
namespace {

class cutting_client final : public websocket::client {
public:
    cutting_client(std::shared_ptr<websocket::client> inner, cut_plan& plan, task_group& tasks)
        : inner_(std::move(inner)), plan_(plan), tasks_(tasks) {}

    task<std::optional<std::string>> receive(milliseconds patience) override {
        auto text = co_await inner_->receive(patience);
        if (text) passed();
        co_return text;
    }
    void send(std::string text) override {
        inner_->send(std::move(text));
        passed();
    }
    void send_binary(std::string bytes) override { inner_->send_binary(std::move(bytes)); }
    task<> close(websocket::close_code code) override {
        auto connection = begin_end();
        if (connection) co_await connection->close(code);
    }
    task<> cut() override {
        auto connection = begin_end();
        if (connection) co_await connection->cut();
    }
    const std::optional<websocket::closed>& closed_with() const noexcept override {
        return inner_->closed_with();
    }

private:
    void passed() {
        if (++plan_.passed != plan_.after) return;
        if (auto connection = begin_end()) tasks_.spawn(cut_off(std::move(connection)));
    }

    /// Who ends the connection gets it; nobody else, as only one can wait for its end.
    std::shared_ptr<websocket::client> begin_end() { return std::exchange(ending_, true) ? nullptr : inner_; }

    static task<> cut_off(std::shared_ptr<websocket::client> connection) { co_await connection->cut(); }

    std::shared_ptr<websocket::client> inner_;
    cut_plan& plan_;
    task_group& tasks_;
    bool ending_ = false;
};

task<result<std::unique_ptr<websocket::client>>> dial(environment* env, websocket::client_options options,
                                                      cut_plan* plan, task_group* tasks) {
    auto connecting = websocket::connect(*env, std::move(options));
    auto connected = co_await std::move(connecting);
    if (!connected) co_return connected.error();
    std::unique_ptr<websocket::client> cutting =
        std::make_unique<cutting_client>(std::move(*connected), *plan, *tasks);
    co_return cutting;
}

} // namespace

dialer dial_and_cut(environment& env, cut_plan& plan, task_group& tasks) {
    return [&env, &plan, &tasks](websocket::client_options options) {
        return dial(&env, std::move(options), &plan, &tasks);
    };
}

} // namespace rejoinder::service
