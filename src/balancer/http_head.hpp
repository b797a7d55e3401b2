#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "balancer/request.hpp"

namespace lb {

/// The head of an HTTP/1.1 request, read out of its bytes (RFC 9112, sections 3 and 5).
///
/// Nothing is copied: what http() shows points into the text, which must live as long.  Names and
/// values are as sent, without the white space around values.  Lines may end in LF alone; folded
/// header lines, which the RFC has withdrawn, and names with white space are refused.
class HttpHead {
public:
    /// Reads the head, up to its empty line.  Nothing if it is not one, or not whole.  O(bytes).
    static std::optional<HttpHead> parse(std::string_view text);

    HttpHead(HttpHead&&) = default;
    HttpHead& operator=(HttpHead&&) = default;
    HttpHead(const HttpHead&) = delete;
    HttpHead& operator=(const HttpHead&) = delete;

    /// Holds as long as this and the text do.
    Http http() const { return {method_, host_, path_, headers_}; }
    /// How many bytes it takes; the body begins there.
    std::size_t size() const { return size_; }

private:
    HttpHead() = default;
    bool read_request_line(std::string_view line);
    bool read_header(std::string_view line);

    std::string_view method_, host_, path_;
    std::vector<Header> headers_;
    std::size_t size_ = 0;
};

}  // namespace lb
