// What a balancer itself spends at layer 4 and at layer 7: the figures behind the defaults of a
// scenario's "cost".

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "balancer/hash_on.hpp"
#include "balancer/hashing/request_hash.hpp"
#include "balancer/http_head.hpp"
#include "balancer/routes.hpp"

namespace {

/// A request as a browser sends it.
const std::string kText =
    "GET /api/v1/users/42/orders?since=2026-01-01&limit=20 HTTP/1.1\r\n"
    "Host: www.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: application/json, text/plain, */*\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: https://www.example.com/users/42\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: theme=dark; _ga=GA1.1.1234567890.1700000000; session=0123456789abcdef; lang=en\r\n"
    "Sec-Fetch-Dest: empty\r\n"
    "Sec-Fetch-Mode: cors\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "\r\n";

/// Twenty routes, of which the request matches the last but one.
lb::Routes routes() {
    std::vector<lb::Route> all;
    for (int i = 0; i != 18; ++i) {
        lb::Route route;
        route.host = "*.example.com";
        route.path_prefix = "/service" + std::to_string(i);
        route.pool = "p";
        all.push_back(std::move(route));
    }
    lb::Route api;
    api.host = "*.example.com";
    api.path_prefix = "/api/v1";
    api.cookies = {{"session", ""}};
    all.push_back(api);
    all.emplace_back();
    return {std::move(all), lb::Routes::Wins::First};
}

void flow_hash(benchmark::State& state) {
    const lb::ByFlow flow{{}};
    std::uint32_t client = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(flow.hash({.client = lb::Address::v4(++client, 4242)}));
}
BENCHMARK(flow_hash)->Name("layer4/flow_hash");

void head(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(lb::HttpHead::parse(kText)->size());
}
BENCHMARK(head)->Name("layer7/head");

void match(benchmark::State& state) {
    const auto table = routes();
    const auto parsed = lb::HttpHead::parse(kText);
    const auto http = parsed->http();
    for (auto _ : state) benchmark::DoNotOptimize(table.find(http));
}
BENCHMARK(match)->Name("layer7/routes_20");

void find_cookie(benchmark::State& state) {
    const auto parsed = lb::HttpHead::parse(kText);
    const auto http = parsed->http();
    for (auto _ : state) benchmark::DoNotOptimize(lb::cookie(http, "session"));
}
BENCHMARK(find_cookie)->Name("layer7/cookie");

void all_of_it(benchmark::State& state) {
    const auto table = routes();
    for (auto _ : state) {
        const auto parsed = lb::HttpHead::parse(kText);
        const auto http = parsed->http();
        benchmark::DoNotOptimize(table.find(http));
        benchmark::DoNotOptimize(lb::cookie(http, "session"));
    }
}
BENCHMARK(all_of_it)->Name("layer7/request");

}  // namespace
