#!/usr/bin/env python3
"""How fast whole runs are: CPU time held against a loop written by hand, and against each other.

    tests/bench/ratios.py [--build DIR] [--rounds N] [--only WORD] [--requests N]

Each row is the median over the rounds of a ratio of two runs that stand side by side in time, one
core each, so that a machine that changes its clock changes both.  Everything is on in a run of
ours: the real balancer, histograms overall and by backend, the result written as JSON.  Prints a
Markdown table; the workload W(N) is Poisson arrivals at a load of 0.8 to N backends of one worker
each, with exponential service.
"""
import argparse
import gzip
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--build", type=Path, default=Path(__file__).parents[2] / "build")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--only", default="", help="rows whose name contains this")
parser.add_argument("--requests", type=float, default=2e6)
parser.add_argument("--full", action="store_true", help="also what takes minutes")
options = parser.parse_args()
REQUESTS = int(options.requests)
folder = Path(tempfile.mkdtemp(prefix="lbsim-ratios-"))


def measured(command, **more):
    """CPU seconds, wall seconds and the largest memory in MiB of a command."""
    begin = time.monotonic()
    child = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, **more)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    wall = time.monotonic() - begin
    return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "memory": usage.ru_maxrss / 1024}


def workload(n, policy="p2c", mean=1.0, requests=None, clients=None, **more):
    balancers = {"policy": policy, **more.pop("balancers", {})}
    return {
        "warmup": "0s", "requests": requests or REQUESTS, "replications": 1,
        "clients": [{"arrivals": {"poisson": {"rate": f"{0.8 * n / mean:g}/s"}}, **(clients or {})}],
        "backends": [{"name": "b", "count": n,
                      "service": {"exponential": {"mean": f"{1000 * mean:g}ms"}}}],
        "balancers": balancers, **more}


def run(scenario, *arguments, jobs=1):
    path = folder / "scenario.json"
    path.write_text(json.dumps(scenario))
    return measured([options.build / "lbsim", "run", path, "--jobs", jobs, "--format", "json",
                     "--out", folder / "result.json", "--quiet", *arguments])


def floor(n, policy):
    return measured([options.build / "lbsim_floor", policy, n, REQUESTS])


rows = []


def row(name, goal, measure, unit="", most=False):
    """`measure` gives one ratio; the goal is the least it may be, or the most."""
    if options.only not in name:
        return
    values = [measure() for _ in range(options.rounds)]
    value = statistics.median(values)
    holds = value <= goal if most else value >= goal
    rows.append((name, f"{'at most' if most else 'at least'} {goal:g}{unit}", f"{value:.3g}{unit}",
                 "yes" if holds else "no"))
    print(f"{name}: {value:.3g}{unit}", file=sys.stderr)


def speed(scenario, other):
    """How many times as fast the first is as the second."""
    return run(other)["cpu"] / run(scenario)["cpu"]


for n, policies, goal in ((10, ("random", "round_robin", "p2c"), 1.0), (1000, ("p2c",), 1.0),
                          (10000, ("p2c",), 0.9)):
    for policy in policies:
        row(f"W({n}) {policy}, of the loop", goal,
            lambda: floor(n, policy)["cpu"] / run(workload(n, policy))["cpu"])
for n in (1000, 10000):
    row(f"W({n}) least_connections, of p2c", 0.5,
        lambda: speed(workload(n, "least_connections"), workload(n)))
ANSWERS = {"health_check": {"interval": "1s"}, "circuit_breaker": "default",
           "outlier_ejection": "envoy"}
for n in (10, 1000):
    row(f"W({n}), 10 ms: time-out, checks, breaker, ejection, of none", 0.6,
        lambda: speed(workload(n, mean=0.01, clients={"timeout": "1s"}, balancers=ANSWERS),
                      workload(n, mean=0.01)))
row("100 balancers x 1000 backends, of one balancer", 0.5,
    lambda: speed(workload(1000, balancers={"count": 100}), workload(1000)))
ZIPF = {"keys": {"zipf": {"count": 100000, "s": 1.0}}}


def lightly(policy, **clients):
    """The hottest key alone is a twelfth of the requests, which its backend has to bear."""
    scenario = workload(1000, policy, clients=clients)
    scenario["backends"][0]["service"]["exponential"]["mean"] = "10ms"
    return scenario


for policy in ("ring_hash", "maglev"):
    row(f"W(1000) {policy}, Zipf keys, at a hundredth of the load, of p2c", 0.5,
        lambda: speed(lightly(policy, **ZIPF), lightly("p2c")))


def replay(lines):
    path = folder / f"trace-{lines}.csv.gz"
    if not path.exists():
        rng = random.Random(1)
        at = 0.0
        with gzip.open(path, "wt", compresslevel=1) as file:
            file.write("time,work\n")
            for _ in range(lines):
                at += rng.expovariate(8)
                file.write(f"{at:.6f},{rng.expovariate(1):.6f}\n")
    scenario = workload(10)
    del scenario["requests"]
    scenario["clients"] = [{"arrivals": {"trace": {
        "file": str(path), "format": "csv", "time_unit": "s"}}}]
    scenario["duration"] = f"{lines}s"
    scenario["backends"][0]["service"] = "1s"
    return scenario


def memory_ratio(more, fewer):
    return run(more)["memory"] / run(fewer)["memory"]


LINES = 10**7 if options.full else 10**6
row(f"replay of {LINES:,} lines of gzipped CSV", 2,
    lambda: LINES / 1e6 / run(replay(LINES))["cpu"], unit=" M/s")
row("the same, memory of a tenth of them", 1.1,
    lambda: memory_ratio(replay(LINES), replay(LINES // 10)), most=True)


def two_cores():
    scenario = workload(1000)
    scenario["replications"] = 8
    one = run(scenario, jobs=1)["wall"]
    alone = (folder / "result.json").read_bytes()
    two = run(scenario, jobs=2)["wall"]
    if (folder / "result.json").read_bytes() != alone:
        sys.exit("two jobs give other bytes than one")
    return one / two


row("8 replications on two cores, of one", 1.9, two_cores)
row("start to result of a run of 10 ms", 20,
    lambda: 1000 * run(workload(10) | {"requests": None, "duration": "10ms"})["wall"],
    unit=" ms", most=True)
row("10^8 requests, memory of 10^6" if options.full else "10^7 requests, memory of 10^6", 1.1,
    lambda: memory_ratio(workload(10, requests=10**8 if options.full else 10**7),
                         workload(10, requests=10**6)), most=True)
row("100 balancers x 10,000 backends, bytes a pair", 64,
    lambda: (run(workload(10000, requests=1000, balancers={"count": 100}))["memory"]
             - run(workload(10000, requests=1000, balancers={"count": 1}))["memory"])
    * 2**20 / (99 * 10000), unit=" B", most=True)

PEERS = Path(__file__).parent / "peers"


def built(name, *flags):
    """A peer's program, or nothing if it does not build: its library is not there."""
    program = folder / name
    made = subprocess.run(["g++", "-O3", PEERS / f"{name}.cpp", "-o", program, *flags],
                          capture_output=True, check=False)
    return [program] if made.returncode == 0 else None


def with_simpy():
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import simpy"], capture_output=True,
                          check=False).returncode == 0:
            return [python, PEERS / "with_simpy.py"]
    return None


# Debian: python3-simpy3, libns3-dev, libsimgrid-dev.
peers = [("ns-3", lambda: built("with_ns3", "-std=c++17", "-lns3-core"), 3),
         ("SimGrid", lambda: built("with_simgrid", "-std=c++20", "-lsimgrid"), 5),
         ("SimPy", with_simpy, 30)]
for peer, program, goal in peers:
    if options.only not in f"W(10) p2c, speed in times of {peer}":
        continue
    command = program()
    for n in (10, 1000) if command else ():
        few = REQUESTS // 10
        row(f"W({n}) p2c, speed in times of {peer}", goal,
            lambda: measured([*command, n, few])["cpu"] / few * REQUESTS
            / run(workload(n))["cpu"])

print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
      f"medians of {options.rounds} rounds, {REQUESTS:,} requests\n")
print("| what | goal | measured | holds |\n| --- | --- | --- | --- |")
for line in rows:
    print("| " + " | ".join(line) + " |")
