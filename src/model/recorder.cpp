#include "model/recorder.hpp"

namespace lbsim {

void Recorder::next_steps(Instant now, std::uint64_t in_flight,
                          const std::vector<Condition>& conditions) {
    while (now >= step_end_) {
        series_.steps.back().in_flight = in_flight;
        series_.steps.back().conditions = conditions;
        if (series_.steps.size() == kMostSteps) {
            series_.coarsen();
            ++doublings_;
        }
        series_.steps.emplace_back();
        step_end_ += series_.step;
    }
}

}  // namespace lbsim
