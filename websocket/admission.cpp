#include "websocket/admission.hpp"

namespace rejoinder::websocket {

std::optional<admission::place> admission::enter(const origin& from, supply descriptors) {
    auto how = judge(from, descriptors);
    if (how == verdict::welcome) {
        auto counted = by_address_.try_emplace(from.address).first;
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
    if (from.loopback) return verdict::welcome;
    auto counted = by_address_.find(from.address);
    bool full = counted != by_address_.end() && counted->second >= per_address_;
    return full ? verdict::too_many_from_address : verdict::welcome;
}

void admission::leave(const place& left) noexcept {
    if (left.how_ != verdict::welcome) {
        --refused_;
        return;
    }
    --welcome_;
    if (--left.address_->second == 0) by_address_.erase(left.address_);
}

} // namespace rejoinder::websocket
