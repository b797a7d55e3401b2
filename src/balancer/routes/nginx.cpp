#include "balancer/routes/nginx.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "balancer/routes/pattern.hpp"
#include "base/expects.hpp"

namespace lb::nginx {
namespace {

using Names = std::map<std::string, std::size_t, std::less<>>;

char lower(char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_upper(char c) { return 'A' <= c && c <= 'Z'; }

std::string lowered(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

/// The host as names are compared with it; nothing if it is malformed.
std::optional<std::string> plain_host(std::string_view host) {
    if (host.find("..") != host.npos || host.find('/') != host.npos) return std::nullopt;
    for (const char c : host)
        if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return std::nullopt;
    const bool literal = host.starts_with('[');  // IPv6: the colons in it begin no port.
    const auto end = literal ? host.find(']') + 1 : host.find(':');
    auto name = host.substr(0, end);
    if (name.ends_with('.')) name.remove_suffix(1);
    if (name.empty() && !host.empty()) return std::nullopt;
    return lowered(name);
}

std::optional<unsigned> hex_digit(char c) {
    if ('0' <= c && c <= '9') return c - '0';
    c = lower(c);
    if ('a' <= c && c <= 'f') return c - 'a' + 10;
    return std::nullopt;
}

/// Nothing if a "%XX" is malformed, or zero.
std::optional<std::string> decoded(std::string_view path) {
    std::string out;
    for (std::size_t i = 0; i != path.size(); ++i) {
        char c = path[i];
        if (c == '%') {
            if (path.size() - i < 3) return std::nullopt;
            const auto high = hex_digit(path[i + 1]), low = hex_digit(path[i + 2]);
            if (!high || !low) return std::nullopt;
            c = static_cast<char>(*high * 16 + *low);
            i += 2;
        }
        if (c == '\0') return std::nullopt;
        out += c;
    }
    return out;
}

/// A location, taken apart.
struct Match {
    enum class Kind { Exact, Prefix, Final, Regex, RegexAnyCase, Named, Unknown } kind;
    std::string text;
};

Match parsed(std::string_view text) {
    struct Modifier {
        std::string_view word;
        Match::Kind kind;
    };
    static constexpr Modifier kModifiers[] = {{"^~", Match::Kind::Final},
                                              {"~*", Match::Kind::RegexAnyCase},
                                              {"~", Match::Kind::Regex},
                                              {"=", Match::Kind::Exact}};
    const auto rest_from = [&](std::size_t at) {
        const auto start = std::min(text.find_first_not_of(' ', at), text.size());
        return std::string{text.substr(start)};
    };
    const auto space = text.find(' ');
    for (const auto& m : kModifiers) {
        // Set off by a space, or, as nginx has it too, right before the path.
        if (space != text.npos ? text.substr(0, space) == m.word : text.starts_with(m.word))
            return {m.kind, rest_from(m.word.size())};
    }
    if (text.starts_with('@')) return {Match::Kind::Named, std::string{text}};
    const bool prefix = text.starts_with('/') && space == text.npos;
    return {prefix ? Match::Kind::Prefix : Match::Kind::Unknown, std::string{text}};
}

}  // namespace

struct Routes::Tables {
    struct Prefix {
        std::string path;
        bool is_final;  // "^~"
        std::size_t location;
    };
    struct Regex {
        Pattern pattern;
        std::size_t place;  // Of the server, or of the location in it.
    };
    struct Block {
        Names exact;
        std::vector<Prefix> prefixes;
        std::vector<Regex> regexes;  // In the order of configuration.
    };

    std::vector<Server> servers;
    std::vector<Problem> problems;
    Names exact, suffixes, prefixes;  // ".example.com" is what "*.example.com" ends in.
    std::vector<Regex> regexes;
    std::size_t default_server = 0;
    std::vector<Block> blocks;  // By server.

    explicit Tables(std::vector<Server> all) : servers{std::move(all)}, blocks(servers.size()) {
        bool chosen = false;
        for (std::size_t s = 0; s != servers.size(); ++s) {
            if (servers[s].names.empty()) exact.emplace("", s);
            for (const auto& name : servers[s].names) add_name(s, name);
            for (std::size_t l = 0; l != servers[s].locations.size(); ++l) add_location(s, l);
            if (!servers[s].default_server) continue;
            if (chosen) problems.push_back({s, {}, "a second default server", ""});
            if (!std::exchange(chosen, true)) default_server = s;
        }
    }

    void add_name(std::size_t server, const std::string& name);
    void add_location(std::size_t server, std::size_t location);
    void add_regex(std::vector<Regex>& to, Problem where, std::size_t place, std::string_view text,
                   bool any_case);

    std::size_t server_of(const std::string& host) const;
    std::optional<std::size_t> location_of(const Block& block, const std::string& path) const;
};

void Routes::Tables::add_name(std::size_t server, const std::string& name) {
    if (name.starts_with('~')) {
        const auto regex = std::string_view{name}.substr(1);
        const bool any_case = std::any_of(regex.begin(), regex.end(), is_upper);
        return add_regex(regexes, {server, {}, {}, {}}, server, regex, any_case);
    }
    const auto text = lowered(name);
    const std::string_view view{text};
    // Of two servers with one name the first has it: emplace() leaves what is there.
    const auto star = view.find('*');
    if (view.find("..") == view.npos && star == view.npos) {
        if (view.size() > 1 && view.front() == '.') {
            exact.emplace(view.substr(1), server);
            suffixes.emplace(view, server);
        } else {
            exact.emplace(view, server);
        }
        return;
    }
    const bool alone = view.rfind('*') == star && view.find("..") == view.npos && view.size() > 2;
    if (alone && star == 0 && view[1] == '.') {
        suffixes.emplace(view.substr(1), server);
    } else if (alone && star == view.size() - 1 && view[star - 1] == '.') {
        prefixes.emplace(view.substr(0, star), server);
    } else {
        problems.push_back({server,
                            {},
                            "invalid server name or wildcard \"" + name + "\"",
                            "one asterisk, first or last, next to a dot: \"*.example.com\""});
    }
}

void Routes::Tables::add_regex(std::vector<Regex>& to, Problem where, std::size_t place,
                               std::string_view text, bool any_case) {
    auto pattern = Pattern::of(text, any_case);
    if (pattern) {
        to.push_back({std::move(*pattern), place});
        return;
    }
    where.message = "not a regular expression of ECMAScript: \"" + std::string{text} + "\"";
    problems.push_back(std::move(where));
}

void Routes::Tables::add_location(std::size_t server, std::size_t location) {
    Block& block = blocks[server];
    const auto match = parsed(servers[server].locations[location].match);
    Problem problem{server, location, {}, {}};
    switch (match.kind) {
        case Match::Kind::Named: return;  // Only other locations lead there.
        case Match::Kind::Regex:
        case Match::Kind::RegexAnyCase:
            return add_regex(block.regexes, problem, location, match.text,
                             match.kind == Match::Kind::RegexAnyCase);
        case Match::Kind::Unknown:
            problem.message = "unknown modifier or path in \"" + match.text + "\"";
            problem.hint = "\"= /path\", \"/path\", \"^~ /path\", \"~ regex\" or \"~* regex\"";
            problems.push_back(std::move(problem));
            return;
        case Match::Kind::Exact:
            if (block.exact.emplace(match.text, location).second) return;
            break;
        case Match::Kind::Prefix:
        case Match::Kind::Final:
            const bool is_new = std::none_of(block.prefixes.begin(), block.prefixes.end(),
                                             [&](const auto& p) { return p.path == match.text; });
            const bool is_final = match.kind == Match::Kind::Final;
            if (is_new) block.prefixes.push_back({match.text, is_final, location});
            if (is_new) return;
            break;
    }
    problem.message = "duplicate location \"" + match.text + "\"";
    problems.push_back(std::move(problem));
}

std::size_t Routes::Tables::server_of(const std::string& host) const {
    const std::string_view name{host};
    if (const auto found = exact.find(name); found != exact.end()) return found->second;
    for (auto dot = name.find('.', 1); dot < name.size(); dot = name.find('.', dot + 1)) {
        const auto found = suffixes.find(name.substr(dot));
        if (found != suffixes.end()) return found->second;
    }
    for (auto end = name.size(); end > 1; --end) {
        if (end == name.size() || name[end - 1] != '.') continue;
        const auto found = prefixes.find(name.substr(0, end));
        if (found != prefixes.end()) return found->second;
    }
    for (const auto& [pattern, server] : regexes)
        if (pattern.is_in(host)) return server;
    return default_server;
}

std::optional<std::size_t> Routes::Tables::location_of(const Block& block,
                                                       const std::string& path) const {
    if (const auto found = block.exact.find(path); found != block.exact.end()) return found->second;
    const Prefix* longest = nullptr;
    for (const auto& p : block.prefixes)
        if (path.starts_with(p.path) &&
            (longest == nullptr || p.path.size() > longest->path.size()))
            longest = &p;
    if (longest != nullptr && longest->is_final) return longest->location;
    for (const auto& [pattern, location] : block.regexes)
        if (pattern.is_in(path)) return location;
    if (longest == nullptr) return std::nullopt;
    return longest->location;
}

std::optional<std::string> normalised(std::string_view path) {
    if (!path.starts_with('/')) return std::nullopt;
    const auto text = decoded(path.substr(0, path.find_first_of("?#")));
    if (!text) return std::nullopt;
    std::string out;
    for (std::size_t at = 0; at < text->size();) {
        const auto end = std::min(text->find('/', at + 1), text->size());
        const auto segment = std::string_view{*text}.substr(at + 1, end - at - 1);
        at = end;
        if (segment == "..") {
            if (out.empty()) return std::nullopt;
            out.resize(out.rfind('/'));
        } else if (!segment.empty() && segment != ".") {
            out += '/';
            out += segment;
            continue;
        }
        if (end == text->size()) out += '/';  // It names a folder.
    }
    return out;
}

Routes::Routes(std::vector<Server> servers)
    : tables_{std::make_shared<const Tables>(std::move(servers))} {}

const std::vector<Routes::Server>& Routes::servers() const { return tables_->servers; }
const std::vector<Routes::Problem>& Routes::problems() const { return tables_->problems; }

std::optional<Routes::Found> Routes::find(std::string_view host, std::string_view path) const {
    expects(!tables_->servers.empty());
    const auto name = plain_host(host);
    const auto to = normalised(path);
    if (!name || !to) return std::nullopt;
    const auto server = tables_->server_of(*name);
    return Found{server, tables_->location_of(tables_->blocks[server], *to)};
}

}  // namespace lb::nginx
