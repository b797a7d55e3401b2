// The same balancer under real time.  Nothing of the simulator is linked here, only lb: it has no
// clock, thread or socket of its own, so a program hands it the time and reports what happened.
//
// Three backends, one of them ten times slower.  They are threads that sleep; yours would be
// connections.  Prints how many requests each one got, in about half a second.

#include <array>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "balancer/balancer.hpp"
#include "balancer/policies/power_of_choices.hpp"

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

lb::Instant now() { return lb::Instant{Clock::now().time_since_epoch()}; }

/// A balancer that several threads share: it serves one at a time.
class Proxy {
public:
    lb::BackendId add(const char* name) {
        return fleet_.add(std::make_shared<const lb::Backend>(lb::Backend{name}), 1, now());
    }
    lb::Ticket pick() {
        const std::lock_guard lock{mutex_};
        return std::get<lb::Ticket>(balancer_.pick({}, now()));  // Someone is always eligible.
    }
    void done(const lb::Ticket& ticket) {
        const std::lock_guard lock{mutex_};
        const auto at = now();
        balancer_.done(ticket, {.latency = at - ticket.sent}, at);
    }

private:
    std::mutex mutex_;
    lb::Fleet fleet_;
    lb::Balancer balancer_{fleet_, std::make_unique<lb::P2c>(lb::P2c::Config{}), lb::Rng{1}, now()};
};

}  // namespace

int main() {
    constexpr std::array kNames{"fast", "also fast", "slow"};
    constexpr std::array<lb::Duration, 3> kTakes{2ms, 2ms, 20ms};
    Proxy proxy;
    for (const char* name : kNames) proxy.add(name);

    constexpr std::size_t kClients = 6;
    std::array<std::array<int, 3>, kClients> sent{};  // Each client counts its own.
    std::vector<std::thread> clients;
    const auto end = Clock::now() + 500ms;
    for (auto& mine : sent)
        clients.emplace_back([&proxy, &mine, &kTakes, end] {
            while (Clock::now() < end) {
                const auto ticket = proxy.pick();
                std::this_thread::sleep_for(kTakes[index(ticket.backend)]);
                proxy.done(ticket);
                ++mine[index(ticket.backend)];
            }
        });
    for (auto& client : clients) client.join();

    for (std::size_t b = 0; b != kNames.size(); ++b) {
        int total = 0;
        for (const auto& mine : sent) total += mine[b];
        std::printf("%-9s %5d requests\n", kNames[b], total);
    }
}
