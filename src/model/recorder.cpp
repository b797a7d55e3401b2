#include "model/recorder.hpp"

namespace lbsim {

void Recorder::next_steps(Instant now, std::uint64_t in_flight,
                          const std::vector<Condition>& conditions) {
    while (now >= step_end_) {
        series_.steps.back().in_flight = in_flight;
        series_.steps.back().conditions = conditions;
        if (step_end_ == series_end_) {  // Nothing is to come for a step after that.
            step_end_ = Instant::max();
            return;
        }
        if (series_.steps.size() == kMostSteps) {
            series_.coarsen();
            ++doublings_;
        }
        series_.steps.emplace_back();
        step_end_ += series_.step;
    }
}

void Recorder::end_series(std::uint64_t in_flight, std::vector<Condition> conditions) {
    if (step_end_ == Instant::max()) return;
    series_.steps.back().in_flight = in_flight;
    series_.steps.back().conditions = std::move(conditions);
    step_end_ = Instant::max();
}

}  // namespace lbsim
