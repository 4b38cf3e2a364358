#include "persistence/stores/record_types.hpp"
#include "tests/persistence/stores/rivals.hpp"
#include "tests/persistence/stores/samples.hpp"
#include "tests/support/seed.hpp"

#include <algorithm>
#include <random>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// Makes small and large mistakes in a value, anywhere in it.
class spoiler {
public:
    explicit spoiler(std::uint32_t seed) : random_(seed) {}

    json spoil(json value) {
        auto mistakes = 1 + random_() % 3;
        for (std::size_t i = 0; i < mistakes; ++i)
            spoil_one(somewhere_in(value));
        return value;
    }

private:
    json& somewhere_in(json& value) {
        json* at = &value;
        while (at->is_structured() && !at->empty() && random_() % 4 != 0) {
            auto chosen = at->begin();
            std::advance(chosen, static_cast<long>(random_() % at->size()));
            at = &*chosen;
        }
        return *at;
    }

    void spoil_one(json& at) {
        switch (random_() % 9) {
        case 0:
            at = nullptr;
            return;
        case 1:
            at = random_() % 2 == 0 ? json(-1) : json(1e300);
            return;
        case 2:
            at = std::string(random_() % 2 == 0 ? 0 : 70000, 'x');
            return;
        case 3:
            at = json::array({at, at});
            return;
        case 4:
            if (at.is_object()) at["unknown~/"] = 1;
            return;
        case 5:
            if (at.is_object() && !at.empty()) at.erase(at.begin());
            return;
        case 6:
            if (at.is_number_integer()) at = static_cast<double>(at.get<std::int64_t>());
            return;
        case 7:
            if (at.is_string()) at = " " + at.get<std::string>() + "\t";
            return;
        default:
            if (at.is_array() && !at.empty()) at = json(at.front());
            return;
        }
    }

    std::mt19937 random_;
};

const record_type& type_of(const sample& one) {
    const auto* type = find_record_type(one.id.type);
    REQUIRE(type);
    return *type;
}

} // namespace

TEST_CASE("keys that hold what somebody said are known by their types") {
    std::vector<std::string_view> personal;
    for (const auto& type : record_types())
        if (has_personal_key(type.shape.type)) personal.push_back(type.shape.type);
    CHECK(personal == std::vector<std::string_view>{"affinity", "constraint_set", "identity_name",
                                                    "important_date", "list_item", "memory_preference",
                                                    "user_data"});
    CHECK_FALSE(has_personal_key("nothing"));
}

TEST_CASE("every record type has a sample, and every sample is valid") {
    for (const auto& type : record_types()) {
        INFO(type.shape.type);
        CHECK(
            std::ranges::any_of(samples(), [&](const auto& one) { return one.id.type == type.shape.type; }));
    }
    for (const auto& one : samples()) {
        INFO(one.id.type << " " << one.value.dump());
        auto problems = type_of(one).validate(one.id, one.value);
        for (const auto& problem : problems)
            UNSCOPED_INFO(problem.pointer << " " << problem.message);
        CHECK(problems.empty());
    }
    CHECK_FALSE(find_record_type("note"));
}

TEST_CASE("sanitising changes no valid record, and what it returns is valid") {
    auto seed = test_seed();
    INFO("REJOINDER_SEED=" << seed);
    spoiler mistakes(seed);
    std::size_t valid = 0;
    std::size_t mended = 0;
    std::size_t refused = 0;
    for (const auto& one : samples()) {
        const auto& type = type_of(one);
        for (int i = 0; i < 300; ++i) {
            auto value = i == 0 ? one.value : mistakes.spoil(one.value);
            INFO(one.id.type << " " << value.dump().substr(0, 2000));
            auto problems = type.validate(one.id, value);
            auto result = type.sanitise(one.id, value);
            if (problems.empty()) {
                ++valid;
                REQUIRE(result);
                REQUIRE(result->mended.empty());
                REQUIRE(result->value.dump() == value.dump());
            } else if (result) {
                ++mended;
                REQUIRE_FALSE(result->mended.empty());
                REQUIRE(type.validate(one.id, result->value).empty());
            } else {
                ++refused;
                REQUIRE(result.error().cure == record_problem::remedy::none);
            }
        }
    }
    CHECK(valid >= samples().size());
    CHECK(mended > 0);
    CHECK(refused > 0);
}

TEST_CASE("sanitising mends what has one meaning and names each place") {
    const auto* type = find_record_type("identity");
    REQUIRE(type);
    record_id id{"identity", {"acme", "", "", "ann"}, "i1"};
    auto value = parse_json(R"({"name":" Painter ","category":"Maker of Money","state":"accepted",
        "notes":"one","sort_order":3.0,"parent":null,"mood":"good"})")
                     .value;
    auto result = type->sanitise(id, value);
    REQUIRE(result);
    CHECK(result->value == parse_json(R"({"name":"Painter","category":"maker_of_money","state":"accepted",
        "notes":["one"],"sort_order":3})")
                               .value);
    std::vector<std::string> places;
    for (const auto& problem : result->mended)
        places.push_back(problem.pointer);
    CHECK(places ==
          std::vector<std::string>{"/name", "/category", "/notes", "/sort_order", "/parent", "/mood"});

    value["description"] = std::string(5000, 'x');
    auto refused = type->sanitise(id, value);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().pointer == "/description");
}

TEST_CASE("a record under a key or owner that its type does not allow is refused as a whole") {
    const auto* type = find_record_type("identity_name");
    REQUIRE(type);
    json value{{"name", "Painter"}, {"identity", "i1"}};
    record_id good{"identity_name", {"acme", "", "", "ann"}, "painter"};
    CHECK(type->validate(good, value).empty());
    for (auto spoil : std::vector<void (*)(record_id&)>{
             [](record_id& id) { id.key = "Painter"; }, [](record_id& id) { id.key = ""; },
             [](record_id& id) { id.scope.account = ""; }, [](record_id& id) { id.scope.loop = "home"; },
             [](record_id& id) { id.scope.person = "line\nbreak"; }}) {
        auto bad = good;
        spoil(bad);
        auto problems = type->validate(bad, value);
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].pointer.empty());
        CHECK_FALSE(type->sanitise(bad, value));
    }
}
