#include "cli/policy_argument.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "cli/status.hpp"
#include "report/catalogue.hpp"
#include "scenario/problem.hpp"

namespace lbsim {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& hint) {
    throw UsageError{"--policies: " + what + "\n  hint: " + hint};
}

/// Reads parameters from "vnodes=10:hash=md5".
class Arguments final : public lb::Fields {
public:
    explicit Arguments(std::string_view text) {
        while (!text.empty()) {
            const auto part = text.substr(0, text.find(':'));
            text.remove_prefix(std::min(part.size() + 1, text.size()));
            const auto equals = part.find('=');
            if (equals == part.npos || equals == 0)
                refuse("expected PARAMETER=VALUE, found " + in_quotes(part), "ring_hash:vnodes=10");
            given_[std::string{part.substr(0, equals)}] = part.substr(equals + 1);
        }
    }
    /// Refuses what the policy did not ask for.
    void finish(const std::string& policy) const {
        for (const auto& [name, value] : given_) {
            if (std::find(asked_.begin(), asked_.end(), name) != asked_.end()) continue;
            const auto meant =
                nearest(name, std::vector<std::string_view>{asked_.begin(), asked_.end()});
            refuse(policy + " has no parameter " + in_quotes(name),
                   meant.empty() ? "lbsim policies " + policy
                                 : "did you mean " + in_quotes(meant) + "?");
        }
    }

    void field(std::string_view name, bool& to, std::string_view) override {
        if (const auto* text = find(name)) {
            if (*text != "true" && *text != "false") expected(name, *text, "true or false");
            to = *text == "true";
        }
    }
    void field(std::string_view name, std::int64_t& to, std::string_view,
               lb::Range range) override {
        number(name, to, range);
    }
    void field(std::string_view name, double& to, std::string_view, lb::Range range,
               lb::Unit) override {
        number(name, to, range);
    }
    void field(std::string_view name, std::string& to, std::string_view) override {
        if (const auto* text = find(name)) to = *text;
    }
    void field(std::string_view name, lb::Limit& to, std::string_view none, std::string_view,
               lb::Range range) override {
        if (const auto* text = find(name); text != nullptr && *text == none)
            to = {};
        else
            number(name, to.value, range);
    }
    // No policy that hashes has any.
    void field(std::string_view, lb::Duration&, std::string_view, lb::Range) override {}
    void field(std::string_view, std::vector<lb::Duration>&, std::string_view, lb::Range) override {
    }
    void word(std::string_view name, std::size_t& index, std::span<const std::string_view> words,
              std::string_view) override {
        const auto* text = find(name);
        if (text == nullptr) return;
        const auto found = std::find(words.begin(), words.end(), *text);
        if (found == words.end()) {
            std::string all;
            for (const auto w : words) all += (all.empty() ? "" : ", ") + std::string{w};
            expected(name, *text, "one of " + all);
        }
        index = static_cast<std::size_t>(found - words.begin());
    }
    void problem(std::string_view name, std::string message, std::string hint) override {
        if (find(name) != nullptr) refuse(std::string{name} + ": " + message, hint);
    }

private:
    const std::string* find(std::string_view name) {
        asked_.emplace_back(name);
        const auto found = given_.find(name);
        return found == given_.end() ? nullptr : &found->second;
    }
    [[noreturn]] static void expected(std::string_view name, const std::string& text,
                                      const std::string& what) {
        refuse("expected " + what + " for " + std::string{name} + ", found " + in_quotes(text),
               "lbsim policies NAME tells its parameters");
    }
    template <class Number>
    void number(std::string_view name, Number& to, const lb::Range& range) {
        const auto* text = find(name);
        if (text == nullptr) return;
        const char* const end = text->data() + text->size();
        const auto [at, error] = std::from_chars(text->data(), end, to);
        const auto x = static_cast<double>(to);
        const bool low = range.low_included ? x >= range.low : x > range.low;
        if (error != std::errc{} || at != end || !low || !(x <= range.high))
            expected(name, *text, "a number in its range");
    }

    std::map<std::string, std::string, std::less<>> given_;
    std::vector<std::string> asked_;
};

}  // namespace

RemapPolicy policy_argument(const std::string& text, const lb::Policies& policies) {
    const auto name = text.substr(0, text.find(':'));
    const auto* entry = policies.find(name);
    if (entry == nullptr) {
        const auto meant = nearest(name, policy_names(policies));
        refuse("no policy " + in_quotes(name),
               meant.empty() ? "lbsim policies" : "did you mean " + in_quotes(meant) + "?");
    }
    if (entry->equalises != lb::Equalises::Keys)
        refuse(in_quotes(name) + " does not go by keys",
               "hash_mod, ring_hash, maglev, jump, rendezvous: lbsim policies");
    Arguments arguments{name.size() < text.size() ? std::string_view{text}.substr(name.size() + 1)
                                                  : std::string_view{}};
    auto make = entry->configure(arguments);
    arguments.finish(name);
    return {text, name, entry->weights, std::move(make)};
}

}  // namespace lbsim
