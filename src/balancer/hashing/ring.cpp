#include "balancer/hashing/ring.hpp"

#include <algorithm>
#include <string>

#include "base/expects.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace lb {

std::uint64_t hash_of(std::string_view bytes, std::uint64_t seed) {
    return XXH64(bytes.data(), bytes.size(), seed);
}

void Ring::add(std::string_view name, BackendId backend, std::size_t points) {
    std::string text{name};
    text += '-';
    const auto stem = text.size();
    for (std::size_t i = 0; i != points; ++i) {
        text.resize(stem);
        text += std::to_string(i);
        points_.push_back({hash_of(text), backend});
    }
}

void Ring::seal() {
    std::sort(points_.begin(), points_.end(), [](const Point& a, const Point& b) {
        return a.hash != b.hash ? a.hash < b.hash : a.backend < b.backend;
    });
    shift_ = 63;
    while (shift_ > 32 && (points_.size() >> (64 - shift_)) > 1) --shift_;
    starts_.assign(std::size_t{1} << (64 - shift_), 0);
    std::uint32_t place = 0;
    for (std::uint64_t lead = 0; lead != starts_.size(); ++lead) {
        while (place != points_.size() && points_[place].hash >> shift_ < lead) ++place;
        starts_[lead] = place;
    }
}

std::size_t Ring::find(std::uint64_t hash) const {
    expects(!points_.empty());
    std::size_t place = starts_[hash >> shift_];
    while (place != points_.size() && points_[place].hash < hash) ++place;
    return place == points_.size() ? 0 : place;
}

std::vector<RingPoint> Ring::on_circle() const {
    std::vector<RingPoint> out;
    out.reserve(points_.size());
    for (const auto& point : points_)
        out.push_back({static_cast<double>(point.hash) * 0x1p-64, point.backend});
    return out;
}

}  // namespace lb
