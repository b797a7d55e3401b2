#include "model/simulate.hpp"

#include "model/world.hpp"

namespace lbsim {

Replication simulate(const Scenario& scenario, std::uint64_t replication, Control* control) {
    World world{scenario, replication};
    // Looking at what other threads write is not free: once in a while is soon enough.
    constexpr std::uint64_t kBetweenLooks = 8192;
    std::uint64_t steps = 0, told = 0;
    const auto look = [&] {
        if (control->stop.load(std::memory_order_relaxed)) throw Interrupted{};
        control->done.fetch_add(world.measured() - told, std::memory_order_relaxed);
        told = world.measured();
    };
    run(world, [&](Instant) {
        if (++steps % kBetweenLooks == 0 && control != nullptr) look();
    });
    if (control != nullptr) look();
    return world.result();
}

}  // namespace lbsim
