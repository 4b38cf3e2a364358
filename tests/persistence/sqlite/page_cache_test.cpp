#include "persistence/sqlite/page_cache.hpp"

#include <catch2/catch.hpp>

using rejoinder::persistence::sqlite::highest_page;

TEST_CASE("page cache: no page is looked for above the highest that was fetched") {
    highest_page pages;
    CHECK_FALSE(pages.reaches(1));
    pages.fetched(7);
    pages.fetched(3);
    CHECK(pages.reaches(7));
    CHECK_FALSE(pages.reaches(8));
}

TEST_CASE("page cache: a page that is numbered far away for a moment does not count afterwards") {
    constexpr highest_page::number far = 262145;
    highest_page pages;
    pages.fetched(7);
    pages.renumbered(5, far);
    CHECK(pages.reaches(far)); // while it is away it would have to be dropped
    pages.renumbered(7, 5);
    pages.renumbered(far, 7);
    CHECK_FALSE(pages.reaches(8));
    CHECK(pages.reaches(7));
}

TEST_CASE("page cache: pages that are dropped are looked for no more, those below are") {
    highest_page pages;
    pages.fetched(20);
    pages.renumbered(19, 30);
    pages.renumbered(18, 25);
    CHECK(pages.reaches(30));
    pages.truncated(26);
    CHECK_FALSE(pages.reaches(26));
    CHECK(pages.reaches(25));
    pages.truncated(10);
    CHECK_FALSE(pages.reaches(10));
    CHECK(pages.reaches(9));
    pages.truncated(0);
    CHECK(pages.reaches(0)); // everything is above nothing
    CHECK_FALSE(pages.reaches(1));
}
