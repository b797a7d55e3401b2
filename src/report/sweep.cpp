#include "report/sweep.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "report/csv.hpp"
#include "report/document_reader.hpp"
#include "report/json.hpp"
#include "report/json_writer.hpp"
#include "report/markdown.hpp"
#include "report/text.hpp"

namespace lbsim {
namespace {

using SweepLayout = JsonWriter::Layout;

constexpr std::string_view kSweepSchema = "lbsim.sweep/1";

// ---- Writing

void write_strings(JsonWriter& out, std::string_view key, const std::vector<std::string>& all) {
    out.key(key);
    out.begin_array(SweepLayout::Line);
    for (const auto& s : all) out.value(s);
    out.end();
}

void write_head(JsonWriter& out, const Sweep& sweep) {
    out.member("schema", kSweepSchema);
    out.member("lbsim", sweep.lbsim);
    out.member("scenario", sweep.scenario);
    out.member("fingerprint", sweep.fingerprint);
    out.key("vary");
    out.begin_array();
    for (const auto& v : sweep.vary) {
        out.begin_object(SweepLayout::Line);
        out.member("path", v.path);
        write_strings(out, "values", v.values);
        out.end();
    }
    out.end();
    if (!sweep.shard) return;
    out.key("shard");
    out.begin_object(SweepLayout::Line);
    out.member("number", sweep.shard->number);
    out.member("of", sweep.shard->of);
    out.end();
}

void write_cell(JsonWriter& out, const SweepCell& cell) {
    out.begin_object(SweepLayout::Line);
    out.member("cell", cell.number);
    write_strings(out, "values", cell.values);
    out.key("runs");
    out.begin_array();
    for (const auto& run : cell.runs) {
        out.begin_object();
        out.member("variant", run.variant);
        out.member("digest", run.digest);
        out.member("replications", run.replications);
        out.key("spans");
        out.begin_array();
        for (const auto& span : run.spans) {
            out.begin_object();
            out.member("window", span.window);
            for (const auto& [name, value] : span.figures) write(out, name, value);
            out.end();
        }
        out.end();
        out.end();
    }
    out.end();
    out.end();
}

// ---- Reading

class SweepReader : public DocumentReader {
public:
    explicit SweepReader(const Document& document) : DocumentReader{document, "lbsim sweep"} {}

    Sweep head(const Value& root) {
        if (text(root, "", "schema") != kSweepSchema)
            fail("/schema", "no result of lbsim sweep", "lbsim sweep ... --format json writes one");
        Sweep out;
        out.lbsim = text(root, "", "lbsim");
        out.scenario = text(root, "", "scenario");
        out.fingerprint = text(root, "", "fingerprint");
        const auto& vary = member(root, "", "vary", Value::Kind::Array);
        for (std::size_t i = 0; i != vary.elements().size(); ++i) {
            const auto where = child("/vary", i);
            const auto& one = vary.elements()[i];
            out.vary.push_back({text(one, where, "path"), strings(one, where, "values")});
            if (out.vary.back().values.empty()) fail(where, "nothing varies");
        }
        if (const auto* shard = root.find("shard")) {
            out.shard = Shard{count(*shard, "/shard", "number"), count(*shard, "/shard", "of")};
            if (out.shard->number < 1 || out.shard->number > out.shard->of ||
                out.shard->of > kMostCells)
                fail("/shard", "there is no such shard");
        }
        return out;
    }

    SweepCell cell(const Value& value, const std::string& where, const Sweep& of) {
        SweepCell out;
        out.number = count(value, where, "cell");
        if (out.number >= of.size()) fail(where + "/cell", "there is no such cell");
        out.values = strings(value, where, "values");
        if (out.values != of.values_of(out.number)) fail(where + "/values", "not what varies here");
        const auto& runs = member(value, where, "runs", Value::Kind::Array);
        for (std::size_t i = 0; i != runs.elements().size(); ++i)
            out.runs.push_back(run(runs.elements()[i], child(where + "/runs", i)));
        return out;
    }

private:
    std::vector<std::string> strings(const Value& of, const std::string& where,
                                     std::string_view key) {
        std::vector<std::string> out;
        for (const auto& v : member(of, where, key, Value::Kind::Array).elements()) {
            if (!v.is(Value::Kind::String)) fail(where, "expected texts");
            out.push_back(v.string());
        }
        return out;
    }
    std::optional<double> number(const Value& of, std::string_view key) {
        const auto* v = of.find(key);
        const bool is = v != nullptr && (v->is(Value::Kind::Number) || v->is(Value::Kind::Integer));
        return is ? std::optional{v->number()} : std::nullopt;
    }
    bool truth(const Value& of, std::string_view key) {
        const auto* v = of.find(key);
        return v != nullptr && v->is(Value::Kind::Bool) && v->boolean();
    }
    SweepRun run(const Value& value, const std::string& where) {
        SweepRun out{text(value, where, "variant"),
                     text(value, where, "digest"),
                     count(value, where, "replications"),
                     {}};
        const auto& spans = member(value, where, "spans", Value::Kind::Array);
        for (const auto& span : spans.elements()) {
            auto& to = out.spans.emplace_back();
            for (const auto& [key, v] : span.members()) {
                if (key == "window" && v.is(Value::Kind::String)) {
                    to.window = v.string();
                    continue;
                }
                if (!v.is(Value::Kind::Object)) fail(where, "expected numbers with intervals");
                Figure f;
                f.beyond = truth(v, "beyond");
                f.thin = truth(v, "thin");
                f.low = number(v, "low");
                f.high = number(v, "high");
                f.value = f.beyond ? std::numeric_limits<double>::infinity()
                                   : number(v, "value").value_or(0);
                to.figures.emplace_back(key, f);
            }
        }
        return out;
    }
};

// ---- For people

std::string last_part(const std::string& path) { return path.substr(path.rfind('.') + 1); }

std::string rate_with_width(const Figure& f) {
    if (f.absent) return "–";
    const auto half = half_width(f);
    return short_number(f.value) + (half && *half > 0 ? " ±" + short_number(*half) : "");
}

std::string share_of_all(const Figure& f) {
    if (f.absent) return "–";
    const auto half = half_width(f);
    return percent(f.value) + (half && *half > 0 ? " ±" + percent(*half) : "");
}

std::string latency_cell(const Figure& f) {
    const auto half = half_width(f);
    const bool wide = half && !f.beyond && !f.absent && f.value > 0 && *half > 0;
    return time_cell(f) + (wide ? " ±" + percent(*half / f.value) + "%" : "");
}

struct SweepLines {
    std::vector<std::string> head;
    std::vector<std::vector<std::string>> rows;
    std::size_t named = 0;  // Columns of text.
};

// The last part of a path names its column, unless two end alike.
SweepLines lines_of(const Sweep& sweep) {
    SweepLines out;
    for (const auto& v : sweep.vary) {
        const auto name = last_part(v.path);
        const auto alike =
            std::count_if(sweep.vary.begin(), sweep.vary.end(),
                          [&](const Vary& other) { return last_part(other.path) == name; });
        out.head.push_back(alike > 1 ? v.path : name);
    }
    const bool compared = std::any_of(sweep.cells.begin(), sweep.cells.end(),
                                      [](const auto& c) { return c.runs.size() > 1; });
    const bool slo = std::any_of(sweep.cells.begin(), sweep.cells.end(), [](const auto& c) {
        return !c.runs.front().spans.front().of("good").absent;
    });
    if (compared) out.head.emplace_back("variant");
    out.named = out.head.size();
    if (slo) out.head.emplace_back("good %");
    for (const char* h : {"p50", "p99", "err %", "good/s"}) out.head.emplace_back(h);
    for (const auto& cell : sweep.cells)
        for (const auto& run : cell.runs) {
            auto row = cell.values;
            const auto& whole = run.spans.front();
            if (compared) row.push_back(run.variant);
            if (slo) row.push_back(share_of_all(whole.of("good")));
            row.push_back(latency_cell(whole.of("p50_s")));
            row.push_back(latency_cell(whole.of("p99_s")));
            row.push_back(share_of_all(whole.of("error_rate")));
            row.push_back(rate_with_width(whole.of("goodput_per_s")));
            out.rows.push_back(std::move(row));
        }
    return out;
}

}  // namespace

std::string sweep_table(const Sweep& sweep, const TableOptions& options) {
    const auto lines = lines_of(sweep);
    std::vector<Grid::Column> head;
    for (std::size_t i = 0; i != lines.head.size(); ++i)
        head.push_back(
            {clean(lines.head[i]), i < lines.named ? Grid::Align::Left : Grid::Align::Right, 0});
    Grid grid{std::move(head)};
    for (const auto& row : lines.rows) {
        auto cells = row;
        for (auto& cell : cells) cell = clean(cell);
        grid.row(std::move(cells));
    }
    const auto cells = std::to_string(sweep.cells.size());
    const auto all = sweep.size();
    auto title = clean(sweep.scenario) + ": " + cells;
    if (sweep.cells.size() != all) title += " of " + std::to_string(all);
    title += all == 1 ? " cell" : " cells";
    if (sweep.shard)
        title += ", shard " + std::to_string(sweep.shard->number) + " of " +
                 std::to_string(sweep.shard->of);
    return wrap(title, options.width) + "\n" + grid.text(options.width, options.color) + "\n" +
           wrap(
               "± 95 % interval, of latencies in parts of them; ~ fewer than 100 requests beyond "
               "it",
               options.width, " ");
}

std::string sweep_markdown(const Sweep& sweep) {
    const auto lines = lines_of(sweep);
    std::vector<std::string> head, rule;
    for (std::size_t i = 0; i != lines.head.size(); ++i) {
        head.push_back(escaped_markdown(lines.head[i]));
        rule.emplace_back(i < lines.named ? "---" : "--:");
    }
    auto out = markdown_row(head) + markdown_row(rule);
    for (auto row : lines.rows) {
        for (auto& cell : row) cell = escaped_markdown(cell);
        out += markdown_row(row);
    }
    return out;
}

std::string sweep_csv(const Sweep& sweep) {
    std::string out;
    for (const auto& v : sweep.vary) out += csv_cell(v.path) + ",";
    out += "variant,window,metric,value,low,high\n";
    for (const auto& cell : sweep.cells) {
        std::string where;
        for (const auto& value : cell.values) where += csv_cell(value) + ",";
        for (const auto& run : cell.runs)
            for (const auto& span : run.spans)
                for (const auto& [name, f] : span.figures)
                    out +=
                        concat(where, csv_cell(run.variant), ",", csv_cell(span.window), ",", name,
                               ",", csv_number(f.value), ",", f.low ? csv_number(*f.low) : "", ",",
                               f.high ? csv_number(*f.high) : "", "\n");
    }
    return out;
}

std::string sweep_json(const Sweep& sweep) {
    JsonWriter out;
    out.begin_object();
    write_head(out, sweep);
    out.key("cells");
    out.begin_array();
    for (const auto& cell : sweep.cells) write_cell(out, cell);
    out.end();
    out.end();
    return std::move(out).text();
}

Sweep read_sweep(const Document& document) {
    SweepReader reader{document};
    const auto& root = document.root();
    auto out = reader.head(root);
    const auto& cells = reader.member(root, "", "cells", Value::Kind::Array);
    for (std::size_t i = 0; i != cells.elements().size(); ++i)
        out.cells.push_back(reader.cell(cells.elements()[i], child("/cells", i), out));
    return out;
}

std::string sweep_header_line(const Sweep& sweep) {
    JsonWriter out;
    out.begin_object(SweepLayout::Line);
    write_head(out, sweep);
    out.end();
    return std::move(out).text();
}

std::string sweep_cell_line(const SweepCell& cell) {
    JsonWriter out;
    write_cell(out, cell);
    return std::move(out).text();
}

Sweep read_sweep_lines(const std::string& name, const std::string& text) {
    Sweep out;
    std::size_t from = 0, number = 1;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', from)) {
        const auto document = Document::parse(name, text.substr(from, end - from), number);
        SweepReader reader{document};
        if (number == 1)
            out = reader.head(document.root());
        else
            out.cells.push_back(reader.cell(document.root(), "", out));
        from = end + 1;
        ++number;
    }
    if (number == 1) Document::parse(name, text);  // Says what is wrong with it.
    return out;
}

}  // namespace lbsim
