// What the scripted speaker understands of plain English.

#include "statemachine/coach/english.hpp"
#include "tests/support/catch.hpp"

#include <initializer_list>
#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::statemachine::coach;

using texts = std::vector<std::string>;

namespace {

const utc_time a_wednesday = from_unix(1'700'049'600'000); // 15 November 2023, noon

std::optional<long> minutes_in(const std::string& text) {
    auto found = time_in(text, a_wednesday);
    if (!found) return std::nullopt;
    return found->count();
}

} // namespace

TEST_CASE("a yes and a no are understood in many forms") {
    for (const auto* text : {"yes",
                             "Yes, please!",
                             "yeah",
                             "OK",
                             "okay then",
                             "of course",
                             "Sure, go ahead",
                             "I am ready",
                             "I'm ready",
                             "absolutely",
                             "No problem",
                             "why not?",
                             "I do",
                             "that sounds good",
                             "yes, that is who I have been for as long as I can remember",
                             "I am fully committed",
                             "I commit to it",
                             "I am happy to",
                             "great, let's go",
                             "I will. I have waited long enough for this"}) {
        CAPTURE(text);
        CHECK(yes_or_no(text) == answer::yes);
    }
    for (const auto* text :
         {"no", "Nope.", "not yet", "I don't think so", "no, thank you", "nothing", "rather not",
          "I'm not ready", "never", "I haven't", "no, I have been thinking about it and it is not me"}) {
        CAPTURE(text);
        CHECK(yes_or_no(text) == answer::no);
    }
    for (const auto* text :
         {"hm", "bananas", "", "I grew up where nobody ever said yes to anything new", "my sister would know",
          "I am worried", "good question", "I have doubts", "right now it is too much for me to say"}) {
        CAPTURE(text);
        CHECK(yes_or_no(text) == answer::unclear);
    }
}

TEST_CASE("wishes are heard when they are the whole of what is said") {
    using expectation = std::pair<const char*, wish>;
    for (const auto& [text, expected] : {expectation{"help", wish::help},
                                         {"Help me, please!", wish::help},
                                         {"what do you mean?", wish::help},
                                         {"skip", wish::skip},
                                         {"Can we skip this one?", wish::skip},
                                         {"I'd rather not say.", wish::skip},
                                         {"I don't know", wish::skip},
                                         {"no more questions, please", wish::decline_all},
                                         {"go back", wish::back},
                                         {"Let's go back", wish::back},
                                         {"next", wish::next},
                                         {"ok, let's continue", wish::next},
                                         {"I need a break", wish::rest},
                                         {"let's take a break", wish::rest},
                                         {"Could we have a break now?", wish::rest},
                                         {"stop", wish::stop},
                                         {"Goodbye!", wish::stop},
                                         {"Hello", wish::greeting},
                                         {"Hi, I'm back", wish::greeting},
                                         {"say that again, please", wish::repeat},
                                         {"where are we?", wish::progress},
                                         {"What did I tell you?", wish::summary},
                                         {"my identities", wish::identities},
                                         {"what's my plan?", wish::plan},
                                         {"show me my notes", wish::notes},
                                         {"let it go", wish::drop}}) {
        CAPTURE(text);
        CHECK(wish_of(text) == expected);
    }
    for (const auto* text : {"I help people who need a break", "my brother would stop at nothing",
                             "the next big thing", "I went back to school when I was forty", ""}) {
        CAPTURE(text);
        CHECK(wish_of(text) == wish::none);
    }
}

TEST_CASE("names are found, and stories are none") {
    using expectation = std::pair<const char*, const char*>;
    for (const auto& [text, name] : {expectation{"Ada", "Ada"},
                                     {"my name is ada", "Ada"},
                                     {"Well, call me Bob.", "Bob"},
                                     {"I'm Ada Lovelace", "Ada Lovelace"},
                                     {"you can call me Countess, if you like", "Countess"},
                                     {"it's \u00e9mile and I live here", "\u00c9mile"}}) {
        CAPTURE(text);
        CHECK(name_in(text) == std::string(name));
    }
    for (const auto* text :
         {"no", "why?", "hello", "", "...", "the weather is quite nice here today", "room 101"}) {
        CAPTURE(text);
        CHECK(name_in(text) == std::nullopt);
    }
}

TEST_CASE("lists are taken apart, and what stands before the things falls away") {
    CHECK(list_in("a painter, a father and I love the sea") == texts{"painter", "father", "the sea"});
    CHECK(list_in("Singer; gardener\nnight owl.") == texts{"Singer", "gardener", "night owl"});
    CHECK(list_in("I want to be calm and also brave") == texts{"calm", "brave"});
    CHECK(list_in("Singer, singer, SINGER") == texts{"Singer"});
    CHECK(list_in("someone who laughs") == texts{"laughs"});
    CHECK(list_in("a clockmaker") == texts{"clockmaker"});
    CHECK(list_in("brandy") == texts{"brandy"});
    CHECK(list_in("painter that's all") == texts{"painter"});
    CHECK(list_in("Yes, an only child") == texts{"only child"});
    CHECK(list_in("yes").empty());
    CHECK(list_in("singer and that's all") == texts{"singer"});
    CHECK(list_in(", and , ") == texts{});
    CHECK(list_in("").empty());
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += "thing" + std::to_string(i) + ", ";
    CHECK(list_in(many).size() == 20);
    CHECK(list_in(std::string(1000, 'x')).at(0).size() == 120);
}

TEST_CASE("the end of a list is heard") {
    for (const auto* text : {"no", "that's all", "That is it.", "done", "nothing else", "nothing is missing",
                             "next", "no, that's everything", "I'm done", "no that's all of them",
                             "no, that's everybody", "nothing for this one"})
        CHECK(is_end_of_list(text));
    for (const auto* text : {"a painter", "yes", "calm", "no-nonsense mother", "not grey any more", "",
                             "a painter, that's all", "someone who gets things done", "no, just a dancer"})
        CHECK_FALSE(is_end_of_list(text));
    CHECK(is_plain_no("No, thank you."));
    CHECK_FALSE(is_plain_no("Not grey any more."));
    CHECK_FALSE(is_plain_no("no brothers or sisters"));
}

TEST_CASE("times are understood from now on") {
    constexpr long day = 24L * 60;
    CHECK(minutes_in("tomorrow") == day);
    CHECK(minutes_in("in three days") == 3 * day);
    CHECK(minutes_in("maybe in 5 minutes?") == 5);
    CHECK(minutes_in("in an hour") == 60);
    CHECK(minutes_in("within 2 weeks") == 14 * day);
    CHECK(minutes_in("on Friday") == 2 * day);
    CHECK(minutes_in("wednesday") == 7 * day);
    CHECK(minutes_in("next week") == 7 * day);
    CHECK(minutes_in("at the weekend") == 3 * day);
    CHECK(minutes_in("the day after tomorrow") == 2 * day);
    CHECK(minutes_in("no date") == std::nullopt);
    CHECK(minutes_in("in a while") == std::nullopt);
    CHECK(minutes_in("in 0 days") == std::nullopt);
    CHECK(minutes_in("") == std::nullopt);
}

TEST_CASE("a statement begins with I am") {
    CHECK(i_am("I am a clear voice") == "I am a clear voice.");
    CHECK(i_am("i'm the one who waits!") == "I am the one who waits.");
    CHECK(i_am("a gardener") == "I am a gardener.");
    CHECK(i_am("I sing in the morning") == "I sing in the morning.");
}

TEST_CASE("orders name what they are about") {
    using kind = order::kind;
    auto rename = order_in("Rename the Painter to \"Artist\".");
    REQUIRE(rename);
    CHECK(rename->what == kind::rename);
    CHECK(rename->first == "Painter");
    CHECK(rename->second == "Artist");
    CHECK(order_in("combine fixer and planner")->second == "planner");
    CHECK(order_in("merge fixer with planner")->what == kind::combine);
    CHECK(order_in("put Singer under Artist")->what == kind::nest);
    CHECK(order_in("drop the swimmer")->first == "swimmer");
    CHECK(order_in("note on Singer: alto")->second == "alto");
    CHECK(order_in("please remember that I am allergic to nuts")->first == "I am allergic to nuts");
    CHECK(order_in("forget note 2")->first == "2");
    CHECK(order_in("change note 1 to no nuts")->second == "no nuts");
    CHECK(order_in("add storyteller")->what == kind::add);
    for (const auto* text : {"I paint", "renaming", "combine them", "drop", "note", ""})
        CHECK_FALSE(order_in(text));
}
