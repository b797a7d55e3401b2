#include "scenario/tree.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "base/expects.hpp"
#include "scenario/syntax.hpp"

namespace lbsim {
namespace {

// Counts the bytes that the lexer has taken: nlohmann/json 3.11 tells no positions.  The lexer
// takes one byte more than a number has, and none more of anything else.
struct Counting {
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = char;
    const char* at;
    std::size_t* taken;
    char operator*() const { return *at; }
    Counting& operator++() {
        ++at;
        ++*taken;
        return *this;
    }
    Counting operator++(int) {
        const auto old = *this;
        ++*this;
        return old;
    }
    bool operator==(const Counting& other) const { return at == other.at; }
    bool operator!=(const Counting& other) const { return at != other.at; }
};

// A handler of SAX events that builds the tree.
class Builder {
public:
    using Json = nlohmann::json;

    Builder(std::string_view text, std::uint32_t source, std::size_t offset,
            std::string_view pointer, const std::size_t& taken)
        : text_{text}, pointer_{pointer}, taken_{taken}, source_{source}, offset_{offset} {}

    bool null() { return scalar(std::monostate{}); }
    bool boolean(bool b) { return scalar(b); }
    bool string(std::string& s) { return scalar(std::move(s)); }
    bool number_integer(std::int64_t n) { return number(n); }
    bool number_unsigned(std::uint64_t n) {
        if (n > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
            return number(static_cast<double>(n));
        return number(static_cast<std::int64_t>(n));
    }
    bool number_float(double n, const std::string&) { return number(n); }
    bool binary(Json::binary_t&) { return false; }
    bool start_object(std::size_t) { return open('{'); }
    bool start_array(std::size_t) { return open('['); }
    bool end_object() {
        note_duplicates();
        auto members = std::move(stack_.back().members);
        return close(std::move(members));
    }
    bool end_array() {
        auto elements = std::move(stack_.back().elements);
        return close(std::move(elements));
    }
    bool key(std::string& k) {
        const auto begin = next_token();
        auto& top = stack_.back();
        top.key = std::move(k);
        top.key_place = place(begin, taken_);
        read(Progress::Last::Key, begin, taken_);
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) {
        constexpr int kOutOfRange = 406;
        const bool overflow = error.id == kOutOfRange;
        if (!stack_.empty()) {
            progress_.open = stack_.back().open;
            progress_.opened = stack_.back().begin;
        }
        auto problem = syntax_problem(text_, progress_, overflow);
        lb::expects(problem.place.has_value());
        const bool about_last = problem.place->begin == progress_.begin;  // 10ms: 10, and more.
        const bool between = progress_.last == Progress::Last::Value && !about_last;
        problem.pointer = between ? path() : value_path();
        problem.place = place(problem.place->begin, problem.place->end);
        tree_.problems.push_back(std::move(problem));
        tree_.is_json = overflow;
        return false;
    }

    Tree take() { return std::move(tree_); }

private:
    static constexpr std::size_t kMostDuplicates = 1000;

    struct Frame {
        char open;
        std::size_t begin;
        std::string key;
        Place key_place;
        std::vector<Value> elements;
        std::vector<Member> members;
    };

    Place place(std::size_t begin, std::size_t end) const {
        return {source_, static_cast<std::uint32_t>(offset_ + begin),
                static_cast<std::uint32_t>(offset_ + end)};
    }

    void read(Progress::Last what, std::size_t begin, std::size_t end) {
        progress_.last = what;
        progress_.begin = begin;
        progress_.end = end;
    }

    // Where the token just read begins: past blanks and the separator before it.
    std::size_t next_token() const {
        auto at = skip_blanks(text_, progress_.end);
        if (at < text_.size() && (text_[at] == ',' || text_[at] == ':'))
            at = skip_blanks(text_, at + 1);
        return at;
    }

    bool scalar(Value::Payload payload) {
        add(std::move(payload), next_token(), taken_);
        return true;
    }

    bool number(Value::Payload payload) {
        const auto begin = next_token();
        add(std::move(payload), begin, number_end(begin));
        return true;
    }

    // By the grammar: in 007 the number ends after the first 0.
    std::size_t number_end(std::size_t at) const {
        const auto is = [&](std::string_view any) {
            return at < text_.size() && any.find(text_[at]) != std::string_view::npos;
        };
        const auto digits = [&] {
            while (at < text_.size() && text_[at] >= '0' && text_[at] <= '9') ++at;
        };
        at += is("-") ? 1 : 0;
        if (is("0"))
            ++at;
        else
            digits();
        if (is(".")) {
            ++at;
            digits();
        }
        if (is("eE")) {
            ++at;
            at += is("+-") ? 1 : 0;
            digits();
        }
        return at;
    }

    void add(Value::Payload payload, std::size_t begin, std::size_t end) {
        const auto where = place(begin, end);
        read(Progress::Last::Value, begin, end);
        if (stack_.empty()) {
            tree_.root = Value{std::move(payload), where, where};
        } else if (auto& top = stack_.back(); top.open == '[') {
            make_room(top, end);
            top.elements.emplace_back(std::move(payload), where, where);
        } else {
            top.members.push_back(
                {std::move(top.key), Value{std::move(payload), where, top.key_place}});
        }
    }

    // If the rest of the text is like this long array so far, it is moved no more.  Doubling would
    // fault in three times the memory, which is what reading a flat array of megabytes costs.
    void make_room(Frame& frame, std::size_t end) const {
        constexpr std::size_t kLong = 65'536;
        const auto size = frame.elements.size();
        if (size < kLong || size != frame.elements.capacity()) return;
        const auto share = static_cast<double>(text_.size() - frame.begin) /
                           static_cast<double>(end - frame.begin);
        const auto likely = static_cast<std::size_t>(static_cast<double>(size) * share);
        frame.elements.reserve(likely + size / 16);
    }

    bool open(char bracket) {
        const auto begin = next_token();
        if (stack_.size() == Document::kDeepest) {
            tree_.problems.push_back(
                {.pointer = value_path(),
                 .message = "nested deeper than " + std::to_string(Document::kDeepest),
                 .place = place(begin, begin + 1)});
            return false;
        }
        stack_.push_back({bracket, begin, {}, {}, {}, {}});
        read(Progress::Last::Opened, begin, begin + 1);
        return true;
    }

    bool close(Value::Payload payload) {
        const auto begin = stack_.back().begin;
        stack_.pop_back();
        add(std::move(payload), begin, taken_);
        return true;
    }

    // The pointer of the innermost open object or array, and of the value within that is expected
    // or was read last.
    std::string path() const {
        auto out = pointer_;
        for (std::size_t i = 0; i + 1 < stack_.size(); ++i) out = step(out, stack_[i]);
        return out;
    }
    std::string value_path() const {
        if (stack_.empty()) return path();
        const auto& top = stack_.back();
        if (progress_.last == Progress::Last::Value)
            return top.open == '[' ? child(path(), top.elements.size() - 1)
                                   : child(path(), top.members.back().key);
        const bool named = top.open == '[' || progress_.last == Progress::Last::Key;
        return named ? step(path(), top) : path();
    }
    static std::string step(const std::string& out, const Frame& frame) {
        return frame.open == '[' ? child(out, frame.elements.size()) : child(out, frame.key);
    }

    void note_duplicates() {
        const auto& members = stack_.back().members;
        std::vector<std::size_t> order(members.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return members[a].key < members[b].key;
        });
        for (std::size_t i = 1; i < order.size(); ++i) {
            const auto& member = members[order[i]];
            if (member.key != members[order[i - 1]].key) continue;
            if (++duplicates_ > kMostDuplicates) return;
            tree_.problems.push_back({.pointer = child(path(), member.key),
                                      .message = "duplicate key \"" + member.key + "\"",
                                      .hint = "remove one of the two",
                                      .about_key = true,
                                      .place = member.value.key_place()});
        }
    }

    std::string_view text_;
    std::string pointer_;
    const std::size_t& taken_;
    std::uint32_t source_;
    std::size_t offset_;
    std::size_t duplicates_ = 0;
    Progress progress_;
    std::vector<Frame> stack_;
    Tree tree_;
};

}  // namespace

Tree parse_tree(std::string_view text, std::uint32_t source, std::size_t offset,
                std::string_view pointer, bool comments) {
    std::size_t taken = 0;
    Builder builder{text, source, offset, pointer, taken};
    Builder::Json::sax_parse(Counting{text.data(), &taken},
                             Counting{text.data() + text.size(), &taken}, &builder,
                             Builder::Json::input_format_t::json, true, comments);
    return builder.take();
}

}  // namespace lbsim
