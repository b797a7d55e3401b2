#pragma once

#include <algorithm>
#include <optional>
#include <set>
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
    return lb::duration_of(number.get<double>() / 1e3);
}
inline double in_milliseconds(lb::Duration d) { return static_cast<double>(d.count()) / 1e6; }
inline lb::Instant instant(const Json& step) { return lb::Instant{milliseconds(step.at("t_ms"))}; }

/// To be thrown: the case wants something else than what would run.
inline Json::exception unknown(const std::string& what) {
    return Json::other_error::create(501, "unknown: \"" + what + '"', nullptr);
}

/// Reads a configuration as vector files spell it: durations are milliseconds, "interval_ms" is the
/// field "interval".  What is not there, or null, keeps its default.
class JsonFields final : public lb::Fields {
public:
    /// Some files say more than a configuration has, such as "never" for the first of the modes.
    enum class Unknown : std::uint8_t { Refused, Ignored };

    /// `parts` are the keys that others read.
    JsonFields(const Json& object, Unknown words, std::set<std::string> parts = {})
        : object_{object}, words_{words}, seen_{std::move(parts)} {}
    /// Throws if a key is left that nobody asked for.
    void finish() const {
        for (const auto& [key, value] : object_.items())
            if (seen_.count(key) == 0) throw unknown(key);
    }

    void field(std::string_view name, bool& to, std::string_view) override { get(name, to); }
    void field(std::string_view name, std::int64_t& to, std::string_view, lb::Range) override {
        get(name, to);
    }
    void field(std::string_view name, double& to, std::string_view, lb::Range, lb::Unit) override {
        get(name, to);
    }
    void field(std::string_view name, lb::Duration& to, std::string_view, lb::Range) override {
        if (const auto* value = find(std::string{name} + "_ms")) to = milliseconds(*value);
    }
    void field(std::string_view name, std::vector<lb::Duration>& to, std::string_view,
               lb::Range) override {
        const auto* values = find(std::string{name} + "_ms");
        if (values == nullptr) return;
        to.clear();
        for (const auto& value : *values) to.push_back(milliseconds(value));
    }
    void field(std::string_view name, std::string& to, std::string_view) override { get(name, to); }
    void field(std::string_view name, lb::Limit& to, std::string_view, std::string_view,
               lb::Range) override {
        get(name, to.value);
    }
    void word(std::string_view name, std::size_t& index, std::span<const std::string_view> words,
              std::string_view) override {
        const auto* value = find(std::string{name});
        if (value == nullptr) return;
        for (std::size_t i = 0; i != words.size(); ++i)
            if (*value == words[i]) {
                index = i;
                return;
            }
        if (words_ == Unknown::Refused) throw unknown(value->dump());
    }
    void problem(std::string_view name, std::string message, std::string) override {
        if (words_ == Unknown::Refused)
            throw Json::other_error::create(501, std::string{name} + ": " + message, nullptr);
    }

private:
    /// Null if it is not there.
    const Json* find(const std::string& name) {
        seen_.insert(name);
        const auto found = object_.find(name);
        return found == object_.end() || found->is_null() ? nullptr : &*found;
    }
    template <class T>
    void get(std::string_view name, T& to) {
        if (const auto* value = find(std::string{name})) to = value->get<T>();
    }

    const Json& object_;
    Unknown words_;
    std::set<std::string> seen_;
};

/// Lets a configuration read itself, and returns it.  What it does not know is an error.
template <class Config>
Config read(const Json& object, Config config, std::set<std::string> parts = {}) {
    JsonFields fields{object, JsonFields::Unknown::Refused, std::move(parts)};
    config.describe(fields);
    fields.finish();
    return config;
}
/// The same of a member, if it is there and not null.
template <class Config>
Config read_member(const Json& object, const char* name, Config config,
                   std::set<std::string> parts = {}) {
    const auto found = object.find(name);
    if (found == object.end() || found->is_null()) return config;
    return read(*found, std::move(config), std::move(parts));
}

/// Lets a configuration read itself.  What it does not know is not looked at.
template <class Config>
void read_into(Config& config, const Json& object) {
    JsonFields fields{object, JsonFields::Unknown::Ignored};
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

/// Runs a case; if it cannot be read it fails alone, and not the file.
inline void guarded(void (*run)(const Json&, Report&), const Json& c, Report& report) {
    try {
        run(c, report);
    } catch (const Json::exception& error) {
        report.holds(c.value("id", "a case"), false, "a case that can be read", error.what());
    }
}

}  // namespace conformance
