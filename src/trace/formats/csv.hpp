#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trace/columns.hpp"
#include "trace/line_format.hpp"
#include "trace/line_source.hpp"

namespace lbsim {

/// A table whose first row names its columns, in any order: `time,work,key,path,method,status`, of
/// which only time is needed.  Commas, semicolons or tabs, whichever the first row has first;
/// fields may be quoted, with "" for a quote, but must end on their line.
///
/// The time is the arrival, as a number or an ISO date.  An empty work is none; without a work
/// column no request has any.
class Csv final : public LineFormat {
public:
    /// Throws TraceError at `line` if the header has no time, or lacks a column that was asked for.
    Csv(std::string_view header, std::uint64_t line, const TraceColumns& names, TimeUnit unit) {
        const std::size_t separator = header.find_first_of(",;\t");
        if (separator != header.npos) separator_ = header[separator];
        std::vector<std::string> found;
        for (std::size_t at = 0; at <= header.size();) {
            std::string unquoted;
            const std::string_view name = field(header, at, unquoted);
            found.emplace_back(trimmed(name));
        }
        where_.fill(kNowhere);
        for (std::size_t c = 0; c < columns::count; ++c)
            if (!place(static_cast<columns::Column>(c), *columns::asked_for(names)[c], found))
                throw TraceError{line, 1,
                                 "no column \"" + shortened(*columns::asked_for(names)[c]) + '"',
                                 "the columns are: " + listed(found), excerpt_of(header, 1)};
        if (where_[columns::time] == kNowhere)
            throw TraceError{line, 1, "no column for the time; there are: " + listed(found),
                             "begin the file with a row such as time,work,key,path, or say which "
                             "column is the time",
                             excerpt_of(header, 1)};
        settle_units(found, unit);
        for (const std::size_t column : where_)
            if (column != kNowhere) columns_ = std::max(columns_, column + 1);
        slot_.assign(columns_, columns::count);
        for (std::size_t c = 0; c < columns::count; ++c)
            if (where_[c] != kNowhere) slot_[where_[c]] = c;
    }

    std::optional<Flaw> read(std::string_view line, LogLine& to) override {
        std::array<std::string_view, columns::count> values;
        std::array<std::size_t, columns::count> begins{};
        std::size_t at = 0;
        for (std::size_t column = 0; column < columns_; ++column) {
            if (at > line.size())
                return Flaw{line.size() + 1, "expected " + std::to_string(columns_) +
                                                 " fields or more, found " +
                                                 std::to_string(column)};
            const std::size_t begin = at;
            const std::size_t slot = slot_[column];
            std::string& unquoted = unquoted_[std::min(slot, columns::count - std::size_t{1})];
            const std::string_view value = field(line, at, unquoted);
            if (at == kUnclosed) return Flaw{begin + 1, "a quoted field is not closed on its line"};
            if (slot == columns::count) continue;
            values[slot] = value;
            begins[slot] = begin;
        }
        return fill(values, begins, to);
    }

    std::string choices() const override { return choices_; }

private:
    static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
    static constexpr std::size_t kUnclosed = static_cast<std::size_t>(-1);

    std::optional<Flaw> fill(const std::array<std::string_view, columns::count>& values,
                             const std::array<std::size_t, columns::count>& begins, LogLine& to) {
        using columns::Column;
        const auto flaw = [&](Column column, std::string_view expected) {
            return Flaw{begins[column] + 1, "expected " + std::string{expected} + ", found \"" +
                                                shortened(values[column], 24) + '"'};
        };
        const auto time = time_.read(trimmed(values[columns::time]));
        if (!time) return flaw(columns::time, "a time as a number or an ISO date");
        to.logged = time->nanos;
        to.whole_second = time->whole_second;
        if (const std::string_view work = trimmed(values[columns::work]); !work.empty()) {
            to.work = amount_of(work);
            if (!to.work) return flaw(columns::work, "an amount of work, 0 or more");
            *to.work /= work_divisor_;
        }
        if (const std::string_view text = trimmed(values[columns::status]); !text.empty()) {
            const auto status = integer_of<std::int32_t>(text);
            if (!status) return flaw(columns::status, "a status");
            to.status = *status;
        }
        to.key = values[columns::key];
        to.path = values[columns::path];
        to.method = values[columns::method];
        return std::nullopt;
    }

    /// The field at `at`, which moves behind the next separator (beyond the end after the last).
    std::string_view field(std::string_view line, std::size_t& at, std::string& unquoted) const {
        if (at < line.size() && line[at] == '"') return quoted_field(line, at, unquoted);
        const std::size_t begin = at;
        const std::size_t end = std::min(line.find(separator_, at), line.size());
        at = end + 1;
        return line.substr(begin, end - begin);
    }

    std::string_view quoted_field(std::string_view line, std::size_t& at,
                                  std::string& unquoted) const {
        const std::size_t begin = ++at;
        unquoted.clear();
        for (std::size_t from = begin;;) {
            const std::size_t quote = line.find('"', from);
            if (quote == line.npos) {
                at = kUnclosed;
                return {};
            }
            unquoted.append(line, from, quote - from);
            from = quote + 1;
            if (from >= line.size() || line[from] != '"') {
                at = std::min(line.find(separator_, from), line.size()) + 1;
                return unquoted;
            }
            unquoted += '"';
            ++from;
        }
    }

    static constexpr std::string_view trimmed(std::string_view text) {
        while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
        while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
        return text;
    }

    static std::string listed(const std::vector<std::string>& names) {
        std::string list;
        for (const std::string& name : names) {
            if (list.size() > 160) return list + ", ...";
            list += (list.empty() ? "" : ", ") + shortened(name);
        }
        return list;
    }

    /// Returns false if a column was asked for that is not there.
    bool place(columns::Column column, const std::string& asked,
               const std::vector<std::string>& found) {
        std::size_t best = kNowhere;
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (!asked.empty() && found[i] == asked) where_[column] = std::min(where_[column], i);
            const auto rank = columns::usual(column, found[i]);
            if (!asked.empty() || !rank || *rank >= best) continue;
            best = *rank;
            where_[column] = i;
        }
        if (where_[column] == kNowhere) return asked.empty();
        choices_ += (choices_.empty() ? "" : ", ") + std::string{columns::kNames[column]} +
                    " from " + shortened(found[where_[column]]);
        return true;
    }

    void settle_units(const std::vector<std::string>& found, TimeUnit unit) {
        const TimeUnit named = columns::unit_of(found[where_[columns::time]]).unit;
        time_.set(unit == TimeUnit::automatic ? named : unit);
        if (where_[columns::work] != kNowhere)
            work_divisor_ = columns::work_divisor(found[where_[columns::work]]);
    }

    char separator_ = ',';
    std::size_t columns_ = 0;  // How many of a row must be read.
    std::array<std::size_t, columns::count> where_{};
    std::vector<std::size_t> slot_;  // For each column of the file: which of ours, or count.
    std::array<std::string, columns::count> unquoted_;
    TimeColumn time_;
    double work_divisor_ = 1;
    std::string choices_;
};

}  // namespace lbsim
