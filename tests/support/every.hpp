#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/expects.hpp"

namespace lbtest {

/// Makes a loop body run once for every sequence of choices that it can make:
///
///     for (Every e; e.next();) { int a = e.below(3), b = e.below(2); ... }   // 6 times
///
/// How many choices there are, and among how many, may depend on the choices before:
/// `for (int length = e.below(4); length != 0; --length) use(e.below(10));` tries all sequences of
/// up to three.  Small cases tried completely need no luck to find a bug; large ones are for random
/// tests.
///
/// An odometer over the choices: the last that can still grow grows, and those after it are made
/// afresh.  (After Kladov, "Generate All the Things", 2021, and TigerBeetle's exhaustigen.)
class Every {
public:
    /// Whether the body has to run (once more).  Call before each run.
    bool next() {
        if (!started_) return started_ = true;
        lb::expects(made_ == choices_.size());  // The body must depend on its choices only.
        while (!choices_.empty() && ++choices_.back().value == choices_.back().bound)
            choices_.pop_back();
        made_ = 0;
        return !choices_.empty();
    }

    /// A choice among 0 ... n - 1.  Requires n > 0, and the same n after the same choices.
    template <std::integral Number>
    Number below(Number n) {
        lb::expects(n > 0);
        const auto bound = static_cast<std::uint64_t>(n);
        if (made_ == choices_.size()) choices_.push_back({0, bound});
        lb::expects(choices_[made_].bound == bound);
        return static_cast<Number>(choices_[made_++].value);
    }

private:
    struct Choice {
        std::uint64_t value, bound;
    };
    std::vector<Choice> choices_;
    std::size_t made_ = 0;
    bool started_ = false;
};

}  // namespace lbtest
