// W(N) under p2c in SimGrid: an actor for each backend, which sleeps for each service.
// with_simgrid BACKENDS REQUESTS
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <random>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

namespace sg = simgrid::s4u;

int main(int argc, char** argv) {
    sg::Engine engine(&argc, argv);
    const unsigned backends = static_cast<unsigned>(std::atoi(argv[1]));
    const long requests = std::atol(argv[2]);
    std::mt19937_64 rng{1};
    std::exponential_distribution<double> service{1.0}, gap{0.8 * backends};
    std::vector<std::deque<double>> waiting(backends);
    std::vector<sg::SemaphorePtr> work;
    double total = 0;

    auto* zone = sg::create_full_zone("zone");
    auto* host = zone->create_host("host", 1e9);
    zone->seal();
    for (unsigned b = 0; b != backends; ++b) {
        work.push_back(sg::Semaphore::create(0));
        sg::Actor::create("backend", host, [&, b] {
            for (;;) {
                work[b]->acquire();
                sg::this_actor::sleep_for(service(rng));
                total += sg::Engine::get_clock() - waiting[b].front();
                waiting[b].pop_front();
            }
        })->daemonize();
    }
    sg::Actor::create("clients", host, [&] {
        for (long i = 0; i != requests; ++i) {
            sg::this_actor::sleep_for(gap(rng));
            const auto one = rng() % backends;
            auto other = rng() % (backends - 1);
            if (other >= one) ++other;
            const auto to = waiting[other].size() < waiting[one].size() ? other : one;
            waiting[to].push_back(sg::Engine::get_clock());
            work[to]->release();
        }
        sg::this_actor::sleep_for(100);  // Until all are served.
    });
    engine.run();
    std::printf("mean %.4f\n", total / static_cast<double>(requests));
}
