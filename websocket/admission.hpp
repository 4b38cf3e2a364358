#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace rejoinder::websocket {

/// Where a stream comes from.
struct origin {
    std::string address;
    bool loopback = false;
    bool is_proxy = false; ///< brings others, who are counted by their own addresses
};

/// Whether the process has descriptors to spare.
enum class supply { ample, scarce };

/// Counts the streams of a listener, or of several that share a port, in all and by address
/// (`counted_network`), and says who gets in. Being told why not takes a place as well, of which there are
/// few. Any thread; outlives its places.
class admission {
public:
    static constexpr std::size_t refusal_places = 64;

    enum class verdict { welcome, too_many, too_many_from_address };

    /// What one stream is counted as while it exists.
    class place {
    public:
        place(place&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)), how_(other.how_), address_(other.address_) {}
        place& operator=(place&&) = delete;
        ~place() {
            if (owner_) owner_->leave(*this);
        }
        admission::verdict how() const noexcept { return how_; }

    private:
        friend class admission;
        using counted = std::map<std::string, std::size_t>::iterator;

        place(admission& owner, admission::verdict how, counted address) noexcept
            : owner_(&owner), how_(how), address_(address) {}

        admission* owner_;
        admission::verdict how_;
        counted address_; ///< of one who is welcome
    };

    /// Whether this machine's own address has bounds as any other.
    enum class own_address { unbounded, bounded };

    /// At most so many in all, and from one address.
    admission(std::size_t in_all, std::size_t per_address, own_address own = own_address::unbounded)
        : in_all_(in_all), per_address_(per_address), own_(own) {}
    admission(const admission&) = delete;
    admission& operator=(const admission&) = delete;

    /// Nothing when there is not even a place to be turned away in.
    std::optional<place> enter(const origin& from, supply descriptors);

    /// From now on the place of one who is welcome is counted by this address; false, and nothing changes,
    /// when that has as many as it may.
    [[nodiscard]] bool recount(place& of, const origin& by);

    /// All that have a place.
    std::size_t streams() const noexcept;

private:
    verdict judge(const origin& from, supply descriptors) const;
    bool is_full(const origin& from) const;
    void uncount(place::counted address) noexcept;
    void leave(const place& left) noexcept;

    mutable std::mutex mutex_; ///< taken when somebody comes or goes
    std::size_t in_all_;
    std::size_t per_address_;
    own_address own_;
    std::size_t welcome_ = 0;
    std::size_t refused_ = 0;
    std::map<std::string, std::size_t> by_address_; ///< as `counted_network` has them
};

} // namespace rejoinder::websocket
