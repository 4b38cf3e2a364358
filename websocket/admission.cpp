#include "websocket/admission.hpp"

#include "websocket/counted_network.hpp"

namespace rejoinder::websocket {

std::optional<admission::place> admission::enter(const origin& from, supply descriptors) {
    std::lock_guard lock(mutex_);
    auto how = judge(from, descriptors);
    if (how == verdict::welcome) {
        // Whom a proxy brings is nobody's until his address is known.
        auto counted = by_address_.try_emplace(from.is_proxy ? "" : counted_network(from.address)).first;
        ++counted->second;
        ++welcome_;
        return place(*this, how, counted);
    }
    if (refused_ == refusal_places) return std::nullopt;
    ++refused_;
    return place(*this, how, by_address_.end());
}

admission::verdict admission::judge(const origin& from, supply descriptors) const {
    if (descriptors == supply::scarce || welcome_ >= in_all_) return verdict::too_many;
    return is_full(from) ? verdict::too_many_from_address : verdict::welcome;
}

bool admission::is_full(const origin& from) const {
    if (from.is_proxy || (from.loopback && own_ == own_address::unbounded)) return false;
    auto counted = by_address_.find(counted_network(from.address));
    return counted != by_address_.end() && counted->second >= per_address_;
}

bool admission::recount(place& of, const origin& by) {
    std::lock_guard lock(mutex_);
    auto former = of.address_;
    --former->second; // it is not in its own way
    bool full = is_full(by);
    ++former->second;
    if (full) return false;
    of.address_ = by_address_.try_emplace(counted_network(by.address)).first;
    ++of.address_->second;
    uncount(former);
    return true;
}

std::size_t admission::streams() const noexcept {
    std::lock_guard lock(mutex_);
    return welcome_ + refused_;
}

void admission::uncount(place::counted address) noexcept {
    if (--address->second == 0) by_address_.erase(address);
}

void admission::leave(const place& left) noexcept {
    std::lock_guard lock(mutex_);
    if (left.how_ != verdict::welcome) {
        --refused_;
        return;
    }
    --welcome_;
    uncount(left.address_);
}

} // namespace rejoinder::websocket
