#!/usr/bin/env python3
"""Writes llm-sessions.csv.gz: requests to a service of language models, made up.

When each arrived, the prefix that its prompt shares with earlier ones (a key), and how long its
answer takes, relative to the mean.  Arrivals are Poisson; a few prefixes are asked for by many, and
every ten seconds a twentieth of them gives way to new ones; answers have a long tail.
"""
import gzip
import math
import pathlib
import random

RATE, SECONDS, PREFIXES, SKEW = 36, 120, 300, 1.1

draw = random.Random(1)
weights = [(rank + 1) ** -SKEW for rank in range(PREFIXES)]
names = list(range(PREFIXES))
fresh = PREFIXES
now, turn = 0.0, 10
rows = ["time,key,work"]
while (now := now + draw.expovariate(RATE)) < SECONDS:
    while now >= turn:
        for _ in range(PREFIXES // 20):
            names[draw.randrange(PREFIXES)] = fresh
            fresh += 1
        turn += 10
    key = draw.choices(names, weights)[0]
    work = math.exp(draw.gauss(-0.32, 0.8))
    rows.append(f"{now:.4f},p{key},{work:.3f}")
out = pathlib.Path(__file__).with_name("llm-sessions.csv.gz")
with gzip.GzipFile(out, "wb", mtime=0) as file:
    file.write(("\n".join(rows) + "\n").encode())
