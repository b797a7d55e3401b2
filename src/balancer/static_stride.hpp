#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace lb {

/// Weighted round robin without state but a counter, so that threads can share it: sequence number
/// v asks backend v mod n, which takes w of every 65535 of its chances, evenly spread; if it does
/// not take this one, the next number is tried.
///
/// Over 65535 n sequence numbers each is picked exactly as often as its weight says, the greatest
/// weight being 65535.  A pick costs O(greatest / mean weight) on average.
///
/// Source: gRFC A58; grpc-go, balancer/weightedroundrobin/scheduler.go (edfScheduler), and grpc
/// C++, static_stride_scheduler.cc.
class StaticStride {
public:
    /// Go's rule takes weights as they are; C++'s lets none be above 10 times the mean or below a
    /// hundredth of it, so that no pick tries more than a few hundred numbers.
    enum class Rule : std::uint8_t { Go, Cpp };

    /// From weights of which 0 stands for not known: that counts as the mean of the known.
    /// Nothing if they say nothing, and plain turns do as well: fewer than two backends, fewer than
    /// two known weights (Cpp: none), or all the same (Go).
    static std::optional<StaticStride> make(std::span<const double> weights, Rule rule);

    /// The place picked from the sequence number `v` on; v moves past the numbers that were used.
    std::size_t pick(std::uint32_t& v) const {
        while (!takes(v)) ++v;
        return v++ % scaled_.size();
    }
    std::span<const std::uint16_t> scaled() const { return scaled_; }

private:
    static constexpr std::uint32_t kMost = 65535;

    bool takes(std::uint32_t v) const {
        const auto n = static_cast<std::uint32_t>(scaled_.size());
        const std::uint64_t place = v % n, generation = v / n, weight = scaled_[place];
        return (weight * generation + kMost / 2 * place) % kMost >= kMost - weight;
    }

    std::vector<std::uint16_t> scaled_;
};

}  // namespace lb
