// W(N) under p2c on ns-3's event kernel, without its networks.  with_ns3 BACKENDS REQUESTS
#include <ns3/core-module.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <vector>

namespace {

struct Model {
    std::vector<std::deque<double>> waiting;
    long left;
    double total = 0;
    ns3::Ptr<ns3::ExponentialRandomVariable>
        gap = ns3::CreateObject<ns3::ExponentialRandomVariable>(),
        service = ns3::CreateObject<ns3::ExponentialRandomVariable>();
    ns3::Ptr<ns3::UniformRandomVariable> uniform = ns3::CreateObject<ns3::UniformRandomVariable>();

    void arrive() {
        const auto last = static_cast<std::uint32_t>(waiting.size()) - 1;
        const auto one = uniform->GetInteger(0, last);
        auto other = uniform->GetInteger(0, last - 1);
        if (other >= one) ++other;
        const auto to = waiting[other].size() < waiting[one].size() ? other : one;
        waiting[to].push_back(ns3::Simulator::Now().GetSeconds());
        if (waiting[to].size() == 1) begin(to);
        if (--left != 0)
            ns3::Simulator::Schedule(ns3::Seconds(gap->GetValue()), &Model::arrive, this);
    }
    void begin(std::uint32_t backend) {
        ns3::Simulator::Schedule(ns3::Seconds(service->GetValue()), &Model::end, this, backend);
    }
    void end(std::uint32_t backend) {
        auto& queue = waiting[backend];
        total += ns3::Simulator::Now().GetSeconds() - queue.front();
        queue.pop_front();
        if (!queue.empty()) begin(backend);
    }
};

}  // namespace

int main(int, char** argv) {
    const auto backends = static_cast<std::size_t>(std::atoi(argv[1]));
    const long requests = std::atol(argv[2]);
    Model model{std::vector<std::deque<double>>(backends), requests};
    model.gap->SetAttribute("Mean", ns3::DoubleValue(1 / (0.8 * static_cast<double>(backends))));
    model.service->SetAttribute("Mean", ns3::DoubleValue(1));
    ns3::Simulator::Schedule(ns3::Seconds(0), &Model::arrive, &model);
    ns3::Simulator::Run();
    std::printf("mean %.4f\n", model.total / static_cast<double>(requests));
    ns3::Simulator::Destroy();
}
