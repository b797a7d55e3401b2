#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "scenario/document.hpp"
#include "scenario/problem.hpp"

namespace lbsim {

/// Reads back what lbsim wrote, and says where it is something else: as a ScenarioError.
class DocumentReader {
public:
    /// `origin` is what messages say writes such a document: "lbsim sweep".
    DocumentReader(const Document& document, std::string origin)
        : document_{document}, origin_{std::move(origin)} {}

    const Value& root() const { return document_.root(); }

    [[noreturn]] void fail(const std::string& where, std::string message,
                           std::string hint = "") const {
        Problem problem;
        problem.pointer = where;
        problem.message = std::move(message);
        problem.hint = std::move(hint);
        problem.place = document_.locate(where);
        throw document_.error({std::move(problem)});
    }
    const Value& member(const Value& of, const std::string& where, std::string_view key,
                        Value::Kind kind) const {
        const auto* found = of.find(key);
        if (found == nullptr || !found->is(kind))
            fail(where, "expected \"" + std::string{key} + "\" here, as " + origin_ + " writes it");
        return *found;
    }
    std::string text(const Value& of, const std::string& where, std::string_view key) const {
        return member(of, where, key, Value::Kind::String).string();
    }
    std::size_t count(const Value& of, const std::string& where, std::string_view key) const {
        const auto n = member(of, where, key, Value::Kind::Integer).integer();
        if (n < 0) fail(where, "a number below 0");
        return static_cast<std::size_t>(n);
    }

private:
    const Document& document_;
    std::string origin_;
};

}  // namespace lbsim
