// Records what hdr-histogram-js reads from histograms of reproducible values.
//
//     npm install hdr-histogram-js@3.0.1
//     node hdr-histogram-js.mjs > hdr-histogram-js.json
//
// Values come from a linear congruential generator (Knuth's MMIX constants).  Two steps make a
// value: the top 45 bits of the first, shifted right by the top bits of the second modulo `spread`.
// They stay below 2^45, where the doubles of the package are exact.
import { createRequire } from "node:module";
import { join } from "node:path";
const require = createRequire(join(process.cwd(), "package.json"));
const { build } = require("hdr-histogram-js");
const { version } = require("hdr-histogram-js/package.json");

const MASK = (1n << 64n) - 1n;
function* values(seed, size, spread) {
    let state = BigInt(seed);
    const step = () => (state = (state * 6364136223846793005n + 1442695040888963407n) & MASK);
    for (let i = 0; i < size; ++i) {
        const base = step() >> 19n;
        yield Number(base >> ((step() >> 33n) % BigInt(spread)));
    }
}

const PERCENTILES = [
    0, 0.1, 1, 5, 7, 10, 14, 25, 28, 29, 33.3, 50, 55, 56, 57, 58, 66.6, 75, 90, 95, 97.5, 99, 99.5,
    99.9, 99.95, 99.99, 99.999, 100,
];

function record(digits, seed, size, spread) {
    const histogram = build({
        bitBucketSize: 64,
        autoResize: true,
        lowestDiscernibleValue: 1,
        highestTrackableValue: 2 ** 46,
        numberOfSignificantValueDigits: digits,
    });
    for (const value of values(seed, size, spread)) histogram.recordValue(value);
    const buckets = [];
    for (let i = 0; size <= 100 && i < histogram.countsArrayLength; ++i) {
        const count = histogram.getCountAtIndex(i);
        const value = histogram.valueFromIndex(i);
        if (count > 0)
            buckets.push([
                histogram.lowestEquivalentValue(value),
                histogram.highestEquivalentValue(value),
                count,
            ]);
    }
    return {
        digits, seed, size, spread,
        count: histogram.totalCount,
        max: histogram.maxValue,
        min_non_zero: histogram.minNonZeroValue,
        percentiles: PERCENTILES.map((p) => [p, histogram.getValueAtPercentile(p)]),
        buckets,
    };
}

const SHAPES = [[1, 20], [2, 40], [10, 8], [100, 45], [100, 30], [1000, 46], [12345, 16]];

const cases = [];
let seed = 1;
for (const digits of [1, 2, 3, 4, 5])
    for (const [size, spread] of SHAPES)
        cases.push(record(digits, seed++, size, spread));

const lines = cases.map((c) => "    " + JSON.stringify(c)).join(",\n");
const provenance = {
    package: "hdr-histogram-js (npm), JavaScript implementation, Float64 counts",
    version,
    licence: "BSD-2-Clause",
    node: process.version,
    command: "node hdr-histogram-js.mjs > hdr-histogram-js.json",
    script: "hdr-histogram-js.mjs, beside this file",
    note: "percentiles: [percentile, value], not clamped to max; "
        + "buckets: [lowest, highest, count], for sizes up to 100",
};
const head = JSON.stringify(provenance, null, 4).replace(/\n}/, "\n  }");
console.log(`{\n  "provenance": ${head},\n  "cases": [\n${lines}\n  ]\n}`);
