#pragma once

// Catch2 2.13 (Debian 12) has one header, 3.x has many: tests include this one.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
