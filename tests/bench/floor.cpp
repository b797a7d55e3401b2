#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

/// A workload of ours as a loop written by hand, with nothing that is not needed: what runs are
/// held against (tests/bench/ratios.py).  Poisson arrivals at a load of 0.8 to n backends of one
/// worker each, a mean service of 1; the next arrival stands beside a heap of four children a node,
/// which holds the ends of services; response times go to one histogram of 1/128 relative error.
class Floor {
public:
    enum class Policy { Random, RoundRobin, PowerOfTwo };

    Floor(Policy policy, std::uint32_t n) : policy_{policy}, n_{n}, waiting_(n) {}

    /// Serves so many requests, and returns the mean response time.
    double run(std::uint64_t requests) {
        const double gap = 1 / (0.8 * n_);
        double arrival = gap * exponential(), sum = 0;
        for (std::uint64_t arrived = 0, left = requests; left != 0;) {
            if (arrived != requests && (heap_.empty() || arrival <= heap_.front().at)) {
                const auto to = pick();
                waiting_[to].push(arrival);
                if (waiting_[to].size() == 1) push({arrival + exponential(), to});
                arrival += gap * exponential();
                ++arrived;
                continue;
            }
            const End end = pop();
            auto& queue = waiting_[end.backend];
            const double took = end.at - queue.pop();
            sum += took;
            record(took);
            if (queue.size() != 0) push({end.at + exponential(), end.backend});
            --left;
        }
        return sum / static_cast<double>(requests);
    }

private:
    struct End {
        double at;
        std::uint32_t backend;
    };
    /// A ring buffer of arrival times, whose size is a power of two.
    class Fifo {
    public:
        std::uint32_t size() const { return last_ - first_; }
        void push(double at) {
            if (size() == ring_.size()) grow();
            ring_[last_++ & (ring_.size() - 1)] = at;
        }
        double pop() { return ring_[first_++ & (ring_.size() - 1)]; }

    private:
        void grow() {
            std::vector<double> larger(2 * ring_.size());
            for (std::uint32_t i = 0; i != size(); ++i)
                larger[i] = ring_[(first_ + i) & (ring_.size() - 1)];
            last_ = size();
            first_ = 0;
            ring_.swap(larger);
        }
        std::vector<double> ring_ = std::vector<double>(16);
        std::uint32_t first_ = 0, last_ = 0;
    };

    /// xoshiro256++ (Blackman and Vigna).
    std::uint64_t next() {
        const auto turned = [](std::uint64_t x, int by) { return x << by | x >> (64 - by); };
        const std::uint64_t out = turned(state_[0] + state_[3], 23) + state_[0];
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = turned(state_[3], 45);
        return out;
    }
    double exponential() { return -std::log((static_cast<double>(next() >> 11) + 1) * 0x1p-53); }
    std::uint32_t below(std::uint32_t n) {
        return static_cast<std::uint32_t>((next() >> 32) * n >> 32);
    }

    std::uint32_t pick() {
        switch (policy_) {
            case Policy::Random: return below(n_);
            case Policy::RoundRobin: return turn_ = turn_ + 1 == n_ ? 0 : turn_ + 1;
            case Policy::PowerOfTwo: break;
        }
        const auto one = below(n_);
        auto other = below(n_ - 1);
        if (other >= one) ++other;
        return waiting_[other].size() < waiting_[one].size() ? other : one;
    }

    void push(End end) {
        std::size_t place = heap_.size();
        heap_.push_back(end);
        while (place != 0) {
            const std::size_t parent = (place - 1) / 4;
            if (heap_[parent].at <= end.at) break;
            heap_[place] = heap_[parent];
            place = parent;
        }
        heap_[place] = end;
    }
    End pop() {
        const End first = heap_.front(), last = heap_.back();
        heap_.pop_back();
        const std::size_t n = heap_.size();
        std::size_t place = 0;
        for (std::size_t child = 1; child < n; child = 4 * place + 1) {
            std::size_t least = child;
            for (std::size_t i = child + 1; i != child + 4 && i < n; ++i)
                if (heap_[i].at < heap_[least].at) least = i;
            if (heap_[least].at >= last.at) break;
            heap_[place] = heap_[least];
            place = least;
        }
        if (n != 0) heap_[place] = last;
        return first;
    }
    void record(double took) {
        std::int64_t bits = 0;
        std::memcpy(&bits, &took, sizeof bits);
        const std::int64_t bucket = (bits >> 45) - ((1023 - 20) * 128);
        const auto most = static_cast<std::int64_t>(counts_.size()) - 1;
        ++counts_[static_cast<std::size_t>(bucket < 0 ? 0 : bucket > most ? most : bucket)];
    }

    Policy policy_;
    std::uint32_t n_, turn_ = 0;
    std::uint64_t state_[4] = {1, 2, 3, 4};
    std::vector<Fifo> waiting_;
    std::vector<End> heap_;
    std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(40 * 128 + 2);
};

}  // namespace

// lbsim_floor random|round_robin|p2c BACKENDS REQUESTS
int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const std::string_view name = argv[1];
    const auto policy = name == "random"        ? Floor::Policy::Random
                        : name == "round_robin" ? Floor::Policy::RoundRobin
                                                : Floor::Policy::PowerOfTwo;
    Floor floor{policy, static_cast<std::uint32_t>(std::atoi(argv[2]))};
    std::printf("mean %.4f\n", floor.run(static_cast<std::uint64_t>(std::atof(argv[3]))));
}
