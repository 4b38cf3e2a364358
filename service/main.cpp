#include "service/program.hpp"

int main(int argc, char** argv) {
    return rejoinder::service::run_program(argc, argv);
}
