#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fields.hpp"
#include "scenario/document.hpp"

namespace lbsim {

/// Visits the shape of a scenario: what lb::Fields is to the scalars of one object, with objects,
/// lists and choices of them.
///
/// A scenario's shape is described once (describe.hpp) and visited by whoever needs it: one visitor
/// reads JSON (reader.hpp), one writes the JSON Schema (schema.hpp).  A visitor that only lists
/// what there is calls every body once; one that reads calls the bodies of what it finds.
///
/// Every function is about a member of the object visited, by its name, or about the value visited,
/// called kItself: so lists of durations, tuples and "a scalar or an object" need no words of their
/// own.  What is not in the file keeps the value it has, its default.
class Blocks : public lb::Fields {
public:
    using Body = std::function<void(Blocks&)>;

    /// A key that brings a value of its own shape.
    struct Choice {
        std::string_view key, meaning;
        Body body;
        std::string_view demands = {};  ///< Another member that must be there then.
    };
    enum class Shape : std::uint8_t { Scalar, List, Object };
    struct Case {
        Shape shape;
        Body body;
    };
    /// How many elements a list has.
    struct Count {
        std::size_t least = 0;
        std::size_t most = std::numeric_limits<std::size_t>::max();
    };
    /// A value of any shape, and where it stands.  Null if there is none.
    struct Raw {
        const Value* value = nullptr;
        std::string pointer = {};
    };

    static constexpr std::string_view kItself = {};

    using lb::Fields::field;
    /// Described as the list that it is.
    void field(std::string_view name, std::vector<lb::Duration>& to, std::string_view meaning,
               lb::Range range = lb::kPositive) override {
        std::vector<lb::Duration> found;
        list(name, meaning, {.least = 1}, [&](Blocks& element) {
            lb::Duration one = std::chrono::seconds{1};
            element.field(kItself, one, "One of them", range);
            found.push_back(one);
        });
        if (!found.empty()) to = std::move(found);
    }

    /// The member described next must be there.
    virtual void required(std::string_view name) = 0;
    /// The member described next has no default.  Returns whether to describe it.
    virtual bool optional(std::string_view name) = 0;
    /// Either both members are there or none.
    virtual void together(std::string_view name, std::string_view other) = 0;
    /// Whether the file has that member; of visitors that only list, false.
    virtual bool given(std::string_view name) const = 0;
    /// Whether the member is said to be nothing: null.
    virtual bool nothing(std::string_view name) = 0;

    template <class T, class... More>
    void optional_field(std::string_view name, std::optional<T>& to, const More&... more) {
        if (!optional(name)) return;
        T value{};
        field(name, value, more...);
        to = std::move(value);
    }

    /// A duration or a word, which stands for none.
    virtual void field(std::string_view name, std::optional<lb::Duration>& to,
                       std::string_view word, std::string_view meaning, lb::Range range) = 0;

    /// A string that may name something: letters, digits, _ and -, and first a letter or _.
    virtual void identifier(std::string_view name, std::string&, std::string_view meaning) = 0;
    /// A file, by its path from the scenario's folder; becomes the path to open it by.
    virtual void file(std::string_view name, std::string&, std::string_view meaning) = 0;
    /// Any value at all.
    virtual void anything(std::string_view name, Raw&, std::string_view meaning) = 0;

    /// An object; `members` describes them all: any other is a mistake.
    virtual void object(std::string_view name, std::string_view meaning, const Body& members) = 0;
    /// An array of like elements; `element` describes one, as kItself, and is called for each.
    virtual void list(std::string_view name, std::string_view meaning, Count,
                      const Body& element) = 0;
    /// An array of so many elements, each with its own description.
    virtual void tuple(std::string_view name, std::string_view meaning,
                       std::span<const Body> elements) = 0;
    /// An object with keys of the user's making; `value` describes one, as kItself.
    virtual void map(std::string_view name, std::string_view meaning,
                     const std::function<void(Blocks&, const std::string& key)>& value) = 0;
    /// A value of one of several shapes, each described as kItself.
    virtual void either(std::string_view name, std::string_view meaning,
                        std::span<const Case> cases) = 0;
    /// The object visited has exactly one of these members.
    virtual void one_of(std::span<const Choice> choices) = 0;
    /// An object whose member `key` is one of these words, which says what other members it has;
    /// or just that word.  `now` is the default; `kind` is what messages call such a word:
    /// "policy".
    virtual void tagged(std::string_view name, std::string_view now, std::string_view meaning,
                        std::string_view key, std::string_view kind,
                        std::span<const Choice> tags) = 0;
    /// A shape that is used in several places, or within itself.  `title` names it in the schema,
    /// so one title is one shape.
    virtual void shared(std::string_view name, std::string_view meaning, std::string_view title,
                        const Body&) = 0;

    /// JSON pointer of the value visited.
    virtual const std::string& where() const = 0;
    /// Whether nothing was found wrong in the value visited, so that its parts may be compared.
    virtual bool sound() const = 0;
};

}  // namespace lbsim
