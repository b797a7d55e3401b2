#pragma once

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.hpp"
#include "conformance/report.hpp"

namespace conformance {

/// Reads a configuration from a vector's object, in which durations are whole milliseconds under
/// names that end in "_ms", and null stands for none.  A key that nobody asked for, and a word that
/// is not known, is an error: the case wants something else than what would run.
class Milliseconds final : public lb::Fields {
public:
    /// `parts` are the keys that others read.
    explicit Milliseconds(const Json& object, std::set<std::string> parts = {})
        : object_{object}, seen_{std::move(parts)} {}
    /// Throws if a key is left that nobody asked for.
    void finish() const {
        for (const auto& [key, value] : object_.items())
            if (seen_.count(key) == 0) throw unknown(key);
    }

    /// Reads a struct, and returns it.
    template <class Config>
    static Config read(const Json& object, Config config, std::set<std::string> parts = {}) {
        Milliseconds fields{object, std::move(parts)};
        config.describe(fields);
        fields.finish();
        return config;
    }
    /// The same of a member, if it is there and not null.
    template <class Config>
    static Config part(const Json& object, const char* name, Config config,
                       std::set<std::string> parts = {}) {
        const auto found = object.find(name);
        if (found == object.end() || found->is_null()) return config;
        return read(*found, std::move(config), std::move(parts));
    }

    void field(std::string_view name, bool& to, std::string_view) override { get(name, to); }
    void field(std::string_view name, std::int64_t& to, std::string_view, lb::Range) override {
        get(name, to);
    }
    void field(std::string_view name, double& to, std::string_view, lb::Range, lb::Unit) override {
        get(name, to);
    }
    void field(std::string_view name, lb::Duration& to, std::string_view, lb::Range) override {
        if (const auto* value = find(std::string{name} + "_ms")) to = duration(*value);
    }
    void field(std::string_view name, std::string& to, std::string_view) override { get(name, to); }
    void field(std::string_view name, std::vector<lb::Duration>& to, std::string_view,
               lb::Range) override {
        const auto* value = find(std::string{name} + "_ms");
        if (value == nullptr) return;
        to.clear();
        for (const auto& one : *value) to.push_back(duration(one));
    }
    void field(std::string_view name, lb::Limit& to, std::string_view, std::string_view,
               lb::Range) override {
        if (const auto* value = find(std::string{name})) to.value = value->get<std::int64_t>();
    }
    void word(std::string_view name, std::size_t& index, std::span<const std::string_view> words,
              std::string_view) override {
        const auto* value = find(std::string{name});
        if (value == nullptr) return;
        const auto found = std::find(words.begin(), words.end(), value->get<std::string>());
        if (found == words.end()) throw unknown(value->get<std::string>());
        index = static_cast<std::size_t>(found - words.begin());
    }
    void problem(std::string_view name, std::string message, std::string) override {
        throw Json::other_error::create(501, std::string{name} + ": " + message, nullptr);
    }

    static lb::Duration duration(const Json& milliseconds) {
        return lb::duration_of(milliseconds.get<double>() / 1e3);
    }
    static Json::exception unknown(const std::string& what) {
        return Json::other_error::create(501, "unknown: \"" + what + '"', nullptr);
    }

private:
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
    std::set<std::string> seen_;
};

/// Runs a case; if it cannot be read it fails alone, and not the file.
inline void guarded(void (*run)(const Json&, Report&), const Json& c, Report& report) {
    try {
        run(c, report);
    } catch (const Json::exception& error) {
        report.holds(c.value("id", "a case"), false, "a case that can be read", error.what());
    }
}

}  // namespace conformance
