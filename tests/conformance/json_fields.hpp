#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fields.hpp"
#include "conformance/report.hpp"

namespace conformance {

/// A number of milliseconds.
inline lb::Duration milliseconds(const Json& number) {
    return lb::duration_of(number.get<double>() / 1000);
}
inline double in_milliseconds(lb::Duration d) { return static_cast<double>(d.count()) / 1e6; }
inline lb::Instant instant(const Json& step) { return lb::Instant{milliseconds(step.at("t_ms"))}; }

/// Reads a configuration as vector files spell it: "interval_ms" is the field "interval".  What is
/// not there keeps its default, and so does what is null.
class JsonFields final : public lb::Fields {
public:
    explicit JsonFields(const Json& object) : object_{object} {}

    void field(std::string_view name, bool& to, std::string_view) override { read(name, to); }
    void field(std::string_view name, std::int64_t& to, std::string_view, lb::Range) override {
        read(name, to);
    }
    void field(std::string_view name, double& to, std::string_view, lb::Range, lb::Unit) override {
        read(name, to);
    }
    void field(std::string_view name, lb::Duration& to, std::string_view, lb::Range) override {
        std::string key{name};
        key += "_ms";
        if (const auto* value = find(key)) to = milliseconds(*value);
    }
    void field(std::string_view name, std::vector<lb::Duration>& to, std::string_view,
               lb::Range) override {
        std::string key{name};
        key += "_ms";
        const auto* values = find(key);
        if (values == nullptr) return;
        to.clear();
        for (const auto& value : *values) to.push_back(milliseconds(value));
    }
    void field(std::string_view name, std::string& to, std::string_view) override {
        const auto* value = find(name);
        if (value != nullptr && value->is_string()) to = value->get<std::string>();
    }
    void field(std::string_view name, lb::Limit& to, std::string_view, std::string_view,
               lb::Range) override {
        read(name, to.value);
    }
    /// A word that is none of these is not looked at: files say "never" for the first of hard_fail.
    void word(std::string_view name, std::size_t& index, std::span<const std::string_view> words,
              std::string_view) override {
        const auto* value = find(name);
        for (std::size_t i = 0; value != nullptr && i != words.size(); ++i)
            if (*value == words[i]) index = i;
    }
    void problem(std::string_view, std::string, std::string) override {}

private:
    /// Null if it is not there.
    const Json* find(std::string_view name) const {
        const auto found = object_.find(std::string{name});
        return found == object_.end() || found->is_null() ? nullptr : &*found;
    }
    template <class T>
    void read(std::string_view name, T& to) const {
        if (const auto* value = find(name)) to = value->get<T>();
    }

    const Json& object_;
};

/// Lets a configuration read itself.
template <class Config>
void read_into(Config& config, const Json& object) {
    JsonFields fields{object};
    config.describe(fields);
}

/// A part of a configuration that may be missing (its default) or null (nothing).
template <class Config>
void read_part(std::optional<Config>& part, const Json& object, const char* name) {
    if (!object.contains(name)) return;
    if (object[name].is_null()) return part.reset();
    part = Config{};
    read_into(*part, object[name]);
}

}  // namespace conformance
