#pragma once

#include "persistence/json.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rejoinder::context {

/// A machine's own data: a JSON object whose top-level members are kept as the bytes they were stored as,
/// parsed when they are first read and written back only when they were changed. Nobody gets a mutable
/// reference: reading is by JSON Pointer (RFC 6901), changing is by `set` and `erase`, so what changed is
/// always known. A value type for one thread; copying it copies bytes (a step works on a copy, a failed step
/// is thrown away).
class context_value {
public:
    /// An empty object.
    context_value() = default;

    /// Takes an object's members apart. Anything but an object gives an empty one.
    explicit context_value(const json& object);

    /// The object that `serialise` made. False when the text is none; the value is empty then.
    static bool parse(std::string_view text, context_value& out);

    /// The value at a pointer of at least one token, or null (JSON) when there is none; the whole is
    /// `to_json`. The reference lives until the next call of a non-const member.
    const json& at(std::string_view pointer) const;

    /// Whether there is a value, null included, at a pointer of at least one token.
    bool contains(std::string_view pointer) const;

    /// Puts a value at a pointer of at least one token, making objects on the way where there is nothing or
    /// null; a token `-` or an index equal to an array's size appends. False when the way leads through
    /// something that has no members, past an array's end, or is no pointer: nothing changed then.
    [[nodiscard]] bool set(std::string_view pointer, json value);

    /// Removes what is at the pointer; false when there was nothing.
    bool erase(std::string_view pointer);

    /// The object as one line of JSON, members in the order of their names.
    std::string serialise() const;
    void append_to(std::string& text) const;

    /// Bytes of `serialise()`. A session's context is bounded by `max_size`; the interpreter enforces it.
    std::size_t size() const;
    static constexpr std::size_t max_size = 256 * 1024;

    /// Whether `size()` is above `max_size`. Asked after every change, so what is far below is not written to
    /// be measured.
    bool is_too_large() const;

    json to_json() const;

    /// Lets go of every text, array and object that was parsed: what stays are the bytes, which is all that
    /// an idle session needs.
    void compact();

private:
    /// One top-level member. Of its two forms at least one is up to date, and each is made from the other
    /// when it is first needed; a copy takes the bytes, and only of a number, a boolean or null, which lie in
    /// no memory of their own, the value as it is.
    class member {
    public:
        member(std::string name, std::string bytes) : name_(std::move(name)), bytes_(std::move(bytes)) {}
        member(std::string name, json value)
            : name_(std::move(name)), value_(std::move(value)), parsed_(true) {}
        member(const member& other);
        member& operator=(const member& other);
        member(member&&) noexcept = default;
        member& operator=(member&&) noexcept = default;
        ~member() = default;

        const std::string& name() const noexcept { return name_; }
        const std::string& bytes() const;
        const json& value() const;
        json& change();
        void replace(json value);
        void compact();
        std::size_t most_bytes() const;

    private:
        bool is_small() const noexcept { return parsed_ && !value_.is_structured() && !value_.is_string(); }

        std::string name_;
        mutable std::string bytes_; // empty: to be made from the value (no JSON text is empty)
        mutable json value_;
        mutable bool parsed_ = false;
    };
    using members = std::vector<member>;

    members::const_iterator place_of(std::string_view name) const;
    const member* find_member(std::string_view name) const;
    member* find_member(std::string_view name);
    const json* find(std::string_view pointer) const;

    members members_; // in the order of their names; a copy of them is one block of memory
};

} // namespace rejoinder::context
