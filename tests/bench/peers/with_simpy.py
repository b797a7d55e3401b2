"""W(N) under p2c in SimPy, as its manual has it: a process for each request, a Resource for each
backend.  with_simpy.py BACKENDS REQUESTS"""
import random
import sys

import simpy

backends, requests = int(sys.argv[1]), int(sys.argv[2])
rng = random.Random(1)
env = simpy.Environment()
stations = [simpy.Resource(env) for _ in range(backends)]
total = 0.0


def in_flight(number):
    return stations[number].count + len(stations[number].queue)


def request(station):
    global total
    arrived = env.now
    with station.request() as turn:
        yield turn
        yield env.timeout(rng.expovariate(1))
    total += env.now - arrived


def clients():
    for _ in range(requests):
        yield env.timeout(rng.expovariate(0.8 * backends))
        one, other = rng.sample(range(backends), 2)
        least = other if in_flight(other) < in_flight(one) else one
        env.process(request(stations[least]))


env.process(clients())
env.run()
print(f"mean {total / requests:.4f}")
