#include "persistence/factory.hpp"
#include "service/replay/retake.hpp"
#include "tests/service/worker_machine.hpp"
#include "tests/support/catch_result.hpp"
#include "tests/support/every_backend.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {
