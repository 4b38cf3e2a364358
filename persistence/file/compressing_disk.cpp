#include "persistence/file/compressing_disk.hpp"

#include "persistence/error.hpp"
#include "persistence/file/snapshot.hpp"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace rejoinder::persistence::file {
namespace {

// Twice as fast as the default level, and of JSON nearly as small.
constexpr int level = 1;

constexpr std::string_view frame_magic = "\x28\xb5\x2f\xfd"; // RFC 8878, section 3.1.1

struct freer {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

template <class Context>
std::unique_ptr<Context, freer> made(Context* context) {
    if (!context) throw std::bad_alloc();
    return std::unique_ptr<Context, freer>(context);
}

class compressed_output final : public output {
public:
    explicit compressed_output(std::unique_ptr<output> to)
        : to_(std::move(to)), context_(made(ZSTD_createCCtx())) {
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
    }
    void append(std::string_view bytes) override { put(bytes, ZSTD_e_continue); }
    void sync() override {
        put({}, ZSTD_e_end);
        to_->sync();
    }
    void truncate(std::uint64_t size) override { to_->truncate(size); }

private:
    void put(std::string_view bytes, ZSTD_EndDirective how) {
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        std::size_t left = 0;
        do {
            ZSTD_outBuffer out{buffer_.data(), buffer_.size(), 0};
            left = ZSTD_compressStream2(context_.get(), &out, &in, how);
            if (ZSTD_isError(left)) throw std::bad_alloc(); // nothing else is wrong with bytes as such
            if (out.pos > 0) to_->append({buffer_.data(), out.pos});
        } while (how == ZSTD_e_end ? left > 0 : in.pos < in.size);
    }

    std::unique_ptr<output> to_;
    std::unique_ptr<ZSTD_CCtx, freer> context_;
    std::array<char, 1 << 16> buffer_{};
};

/// What is no frame from its first byte on is given as it is.
class either_input final : public input {
public:
    either_input(std::unique_ptr<input> from, std::string name)
        : from_(std::move(from)), name_(std::move(name)) {
        while (in_.size < frame_magic.size() && fill()) {
        }
        if (in_.size >= frame_magic.size() &&
            std::string_view(buffer_.data(), frame_magic.size()) == frame_magic)
            context_ = made(ZSTD_createDCtx());
    }

    std::size_t read(std::span<char> into) override {
        if (!context_) return copy(into);
        ZSTD_outBuffer out{into.data(), into.size(), 0};
        while (out.pos == 0) {
            if (in_.pos == in_.size && !fill()) {
                if (open_) damaged();
                return 0;
            }
            auto wanted = ZSTD_decompressStream(context_.get(), &out, &in_);
            if (ZSTD_isError(wanted)) damaged();
            open_ = wanted > 0;
        }
        return out.pos;
    }

private:
    std::size_t copy(std::span<char> into) {
        if (in_.pos == in_.size) return from_->read(into);
        auto count = std::min(into.size(), in_.size - in_.pos);
        std::copy_n(buffer_.data() + in_.pos, count, into.data());
        in_.pos += count;
        return count;
    }
    /// Adds to what is in the buffer while nothing of it was used; false at the end.
    bool fill() {
        if (in_.pos == in_.size) in_ = {buffer_.data(), 0, 0};
        auto count = from_->read(std::span(buffer_).subspan(in_.size));
        in_.size += count;
        return count > 0;
    }
    [[noreturn]] void damaged() const { throw failure(errc::corrupt, name_ + " is damaged"); }

    std::unique_ptr<input> from_;
    std::string name_;
    std::array<char, 1 << 16> buffer_{};
    ZSTD_inBuffer in_{buffer_.data(), 0, 0};
    std::unique_ptr<ZSTD_DCtx, freer> context_;
    bool open_ = false; // a frame has begun and not ended
};

class compressing_disk final : public disk {
public:
    compressing_disk(std::shared_ptr<disk> inner, bool compresses)
        : inner_(std::move(inner)), compresses_(compresses) {}

    std::vector<std::string> list() override { return inner_->list(); }
    bool exists(const std::string& name) override { return inner_->exists(name); }
    std::unique_ptr<output> create(const std::string& name) override {
        auto made = inner_->create(name);
        if (!compresses_ || !is_snapshot(name)) return made;
        return std::make_unique<compressed_output>(std::move(made));
    }
    std::unique_ptr<output> open(const std::string& name) override { return inner_->open(name); }
    std::unique_ptr<input> read(const std::string& name) override {
        auto found = inner_->read(name);
        if (!is_snapshot(name)) return found;
        return std::make_unique<either_input>(std::move(found), name);
    }
    std::uint64_t size(const std::string& name) override { return inner_->size(name); }
    void rename(const std::string& from, const std::string& to) override { inner_->rename(from, to); }
    void remove(const std::string& name) override { inner_->remove(name); }
    void sync_names() override { inner_->sync_names(); }

private:
    static bool is_snapshot(std::string_view name) {
        if (name.ends_with(unfinished)) name.remove_suffix(unfinished.size());
        return generation_of(part::snapshot, name).has_value();
    }

    std::shared_ptr<disk> inner_;
    bool compresses_;
};

} // namespace

std::unique_ptr<disk> make_compressing_disk(std::shared_ptr<disk> inner, bool compresses) {
    return std::make_unique<compressing_disk>(std::move(inner), compresses);
}

} // namespace rejoinder::persistence::file
