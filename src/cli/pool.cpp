#include "cli/pool.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace lbsim {

void in_parallel(std::size_t threads, std::size_t n, const std::function<void(std::size_t)>& task) {
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    std::exception_ptr first;
    std::size_t first_at = n;
    const auto work = [&] {
        for (std::size_t i; (i = next.fetch_add(1)) < n;) {
            try {
                task(i);
            } catch (...) {
                const std::lock_guard lock{mutex};
                if (i < first_at) first = std::current_exception(), first_at = i;
                next = n;
            }
        }
    };
    std::vector<std::thread> pool;
    for (std::size_t i = 1; i < std::min(threads, n); ++i) pool.emplace_back(work);
    work();
    for (auto& t : pool) t.join();
    if (first) std::rethrow_exception(first);
}

}  // namespace lbsim
