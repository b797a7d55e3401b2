#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/request.hpp"
#include "model/sampler.hpp"
#include "scenario/scenario.hpp"

namespace lbsim {

/// The classes of requests of a group, as a balancer at layer 7 reads them.
///
/// What does not depend on the request's key is written once; the rest when it is asked for, into
/// buffers that the next asking reuses.
class RequestClasses {
public:
    explicit RequestClasses(const std::vector<RequestClass>& classes);
    RequestClasses(const RequestClasses&) = delete;
    RequestClasses& operator=(const RequestClasses&) = delete;

    std::size_t size() const { return classes_.size(); }
    /// The class at this point of [0, 1), by shares.  O(log classes).
    std::size_t at(double unit) const;
    const Sampler& work(std::size_t place) const { return classes_[place].work; }

    /// What the balancer reads; holds until the next call.
    const lb::Http& http(std::size_t place, std::string_view key);
    /// Whether some class writes the key into its requests.
    bool use_keys() const { return use_keys_; }

private:
    struct Class {
        const RequestClass* of;
        double up_to;  // The sum of the shares to here.
        Sampler work;
        bool uses_key;
        std::string path;
        std::vector<std::string> values;  // Of headers, and last of the Cookie header.
        std::vector<lb::Header> headers;
        lb::Http http;
    };
    static void write(Class& c, std::string_view key);

    std::vector<Class> classes_;
    bool use_keys_ = false;
};

}  // namespace lbsim
