#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/request.hpp"
#include "model/sampler.hpp"
#include "scenario/scenario.hpp"

namespace lbsim {

/// The kinds of requests of a group, as a balancer at layer 7 reads them.
///
/// What does not depend on the request's key is written once; the rest when it is asked for, into
/// buffers that the next asking reuses.
class RequestKinds {
public:
    explicit RequestKinds(const std::vector<RequestClass>& classes);
    RequestKinds(const RequestKinds&) = delete;
    RequestKinds& operator=(const RequestKinds&) = delete;

    std::size_t size() const { return kinds_.size(); }
    /// The kind at this point of [0, 1), by shares.  O(log kinds).
    std::size_t at(double unit) const;
    const Sampler& work(std::size_t kind) const { return kinds_[kind].work; }

    /// What the balancer reads; holds until the next call.
    const lb::Http& http(std::size_t kind, std::string_view key);
    /// Whether some kind writes the key into its requests.
    bool use_keys() const { return use_keys_; }

private:
    struct Kind {
        const RequestClass* of;
        double up_to;  // The sum of the shares to here.
        Sampler work;
        bool uses_key;
        std::string path;
        std::vector<std::string> values;  // Of headers, and last of the Cookie header.
        std::vector<lb::Header> headers;
        lb::Http http;
    };
    static void write(Kind& kind, std::string_view key);

    std::vector<Kind> kinds_;
    bool use_keys_ = false;
};

}  // namespace lbsim
