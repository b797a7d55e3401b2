#include "cli/cli.hpp"

int main(int argc, char** argv) { return lbsim::cli(argc, argv, lb::builtin_policies()); }
