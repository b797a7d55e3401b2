#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "trace/columns.hpp"
#include "trace/line_format.hpp"

namespace lbsim {

/// A value inside a JSON text: what it begins with ('"', '[', '{', or a sign, digit or letter), and
/// its text, for a string what is between the quotes.
struct JsonValue {
    char kind = 0;
    std::string_view text;
};

/// Walks over the members of one JSON object, or the elements of one array, without building
/// anything.  Values inside values are passed over by their brackets and not judged.
class JsonCursor {
public:
    explicit JsonCursor(std::string_view text) : text_{text} {}

    std::size_t column() const { return at_ + 1; }

    /// Eats `c`, after white space.
    bool take(char c) {
        skip_spaces();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    bool at_end() {
        skip_spaces();
        return at_ == text_.size();
    }

    std::optional<JsonValue> value() {
        skip_spaces();
        if (at_ >= text_.size()) return std::nullopt;
        const char kind = text_[at_];
        if (kind == '"') return string();
        if (kind == '{' || kind == '[') return nested(kind);
        const std::size_t end = std::min(text_.find_first_of(",]} \t\r\"[{:", at_), text_.size());
        if (end == at_) return std::nullopt;
        const JsonValue value{kind, text_.substr(at_, end - at_)};
        at_ = end;
        return value;
    }

private:
    void skip_spaces() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    }

    std::optional<JsonValue> string() {
        const std::size_t begin = ++at_;
        while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
        if (at_ >= text_.size()) {
            at_ = begin - 1;
            return std::nullopt;
        }
        return JsonValue{'"', text_.substr(begin, at_++ - begin)};
    }

    std::optional<JsonValue> nested(char kind) {
        const std::size_t begin = at_;
        std::size_t depth = 0;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"') {
                if (!string()) break;
                continue;
            }
            ++at_;
            depth += c == '{' || c == '[' ? 1 : 0;
            depth -= c == '}' || c == ']' ? 1 : 0;
            if (depth == 0) return JsonValue{kind, text_.substr(begin, at_ - begin)};
        }
        at_ = begin;
        return std::nullopt;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

/// One JSON object a line: Mooncake's traces, the JSON logs of Envoy, Traefik and Caddy, and what
/// jq writes.  The time is the arrival: a number, a date, or either in quotes.  Work may be in
/// quotes too; null, "-" and a missing field are no work.  A key may be an element of an array
/// (`hash_ids[1]` tells Mooncake's conversations apart, [0] being a prompt that most share).
///
/// A line with both `timestamp` and `output_length` is Mooncake's: its times are milliseconds.
/// Names and texts are compared and handed out as they are written, so an escape with u and four
/// digits stays one; but the escapes of a quote, a slash and a backslash are resolved.
class JsonLines final : public LineFormat {
public:
    JsonLines(const TraceColumns& names, TimeUnit unit) : asked_unit_{unit} {
        for (std::size_t c = 0; c < columns::count; ++c) {
            wanted_[c].name = *columns::asked_for(names)[c];
            split_index(wanted_[c]);
        }
        settled_ = false;
    }

    std::optional<Flaw> read(std::string_view line, LogLine& to) override {
        if (!settled_) settle(line);
        std::array<JsonValue, columns::count> values;
        JsonCursor cursor{line};
        const auto flaw = walk(cursor, [&](std::string_view name, const JsonValue& value) {
            for (std::size_t c = 0; c < columns::count; ++c)
                if (!wanted_[c].name.empty() && name == wanted_[c].name) values[c] = value;
        });
        if (flaw) return flaw;
        return fill(line, values, to);
    }

    std::string choices() const override {
        std::string list;
        for (std::size_t c = 0; settled_ && c < columns::count; ++c)
            if (!wanted_[c].name.empty())
                list += (list.empty() ? "" : ", ") + std::string{columns::kNames[c]} + " from " +
                        shortened(wanted_[c].name);
        return list;
    }

private:
    struct Wanted {
        std::string name;
        std::optional<std::size_t> element;
    };

    static void split_index(Wanted& wanted) {
        const std::size_t open = wanted.name.rfind('[');
        if (open == wanted.name.npos || !wanted.name.ends_with(']')) return;
        const std::string_view index{wanted.name.data() + open + 1, wanted.name.size() - open - 2};
        wanted.element = integer_of<std::size_t>(index);
        if (wanted.element) wanted.name.resize(open);
    }

    template <class Member>
    static std::optional<Flaw> walk(JsonCursor& cursor, Member member) {
        const auto flaw = [&](std::string_view expected) {
            return Flaw{cursor.column(), "expected " + std::string{expected}};
        };
        if (!cursor.take('{')) return flaw("an object in braces");
        if (cursor.take('}')) return std::nullopt;
        do {
            const auto name = cursor.value();
            if (!name || name->kind != '"') return flaw("a name in quotes");
            if (!cursor.take(':')) return flaw("a colon");
            const auto value = cursor.value();
            if (!value) return flaw("a value that is closed on its line");
            member(name->text, *value);
        } while (cursor.take(','));
        if (!cursor.take('}')) return flaw("a comma or a closing brace");
        if (!cursor.at_end()) return flaw("the end of the line");
        return std::nullopt;
    }

    /// Takes the names that were not asked for from the first line that has a time.
    void settle(std::string_view line) {
        auto wanted = wanted_;
        std::array<std::size_t, columns::count> best;
        best.fill(columns::kUsual[0].size());
        bool timestamp = false;
        bool output_length = false;
        JsonCursor cursor{line};
        const auto flaw = walk(cursor, [&](std::string_view name, const JsonValue&) {
            timestamp = timestamp || name == "timestamp";
            output_length = output_length || name == "output_length";
            for (std::size_t c = 0; c < columns::count; ++c) {
                const auto rank = columns::usual(static_cast<columns::Column>(c), name);
                if (!wanted_[c].name.empty() || !rank || *rank >= best[c]) continue;
                best[c] = *rank;
                wanted[c].name = name;
            }
        });
        if (flaw || wanted[columns::time].name.empty()) return;
        wanted_ = wanted;
        settled_ = true;
        const TimeUnit named = columns::unit_of(wanted_[columns::time].name).unit;
        const bool mooncake = timestamp && output_length;
        time_.set(asked_unit_ != TimeUnit::automatic ? asked_unit_
                  : mooncake                         ? TimeUnit::ms
                                                     : named);
        work_divisor_ = columns::work_divisor(wanted_[columns::work].name);
    }

    std::optional<Flaw> fill(std::string_view line,
                             const std::array<JsonValue, columns::count>& values, LogLine& to) {
        const auto flaw = [&](columns::Column column, std::string_view expected) {
            const std::string_view found = values[column].text;
            const std::size_t at = static_cast<std::size_t>(found.data() - line.data());
            return Flaw{at + 1, "expected " + std::string{expected} + ", found \"" +
                                    shortened(found, 24) + '"'};
        };
        if (values[columns::time].kind == 0)
            return Flaw{1, wanted_[columns::time].name.empty()
                               ? "no field for the time"
                               : "no field \"" + shortened(wanted_[columns::time].name) + '"'};
        const auto time = time_.read(values[columns::time].text);
        if (!time) return flaw(columns::time, "a time as a number or an ISO date");
        to.logged = time->nanos;
        to.whole_second = time->whole_second;
        if (const JsonValue& work = values[columns::work]; is_present(work)) {
            to.work = amount_of(work.text);
            if (!to.work) return flaw(columns::work, "an amount of work, 0 or more");
            *to.work /= work_divisor_;
        }
        if (const JsonValue& text = values[columns::status]; is_present(text)) {
            const auto status = integer_of<std::int32_t>(text.text);
            if (!status) return flaw(columns::status, "a status");
            to.status = *status;
        }
        to.key = text_of(columns::key, values);
        to.path = text_of(columns::path, values);
        to.method = text_of(columns::method, values);
        return std::nullopt;
    }

    static bool is_present(const JsonValue& value) {
        return value.kind != 0 && value.text != "null" && value.text != "-" && !value.text.empty();
    }

    std::string_view text_of(columns::Column column,
                             const std::array<JsonValue, columns::count>& values) {
        JsonValue value = values[column];
        if (wanted_[column].element) value = element(value, *wanted_[column].element);
        if (!is_present(value)) return {};
        if (value.kind != '"' || value.text.find('\\') == value.text.npos) return value.text;
        std::string& resolved = resolved_[column];
        resolved.clear();
        for (std::size_t i = 0; i < value.text.size(); ++i) {
            const bool escaped = value.text[i] == '\\' && i + 1 < value.text.size();
            const char next = escaped ? value.text[i + 1] : '\0';
            if (next == '"' || next == '\\' || next == '/') ++i;
            resolved += value.text[i];
        }
        return resolved;
    }

    static JsonValue element(const JsonValue& array, std::size_t index) {
        JsonCursor cursor{array.text};
        if (array.kind != '[' || !cursor.take('[')) return {};
        for (std::size_t i = 0;; ++i) {
            const auto value = cursor.value();
            if (!value) return {};
            if (i == index) return *value;
            if (!cursor.take(',')) return {};
        }
    }

    TimeUnit asked_unit_;
    std::array<Wanted, columns::count> wanted_;
    std::array<std::string, columns::count> resolved_;
    TimeColumn time_;
    double work_divisor_ = 1;
    bool settled_ = false;
};

}  // namespace lbsim
