#include "daemon/http/response_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace elit::daemon {
namespace {

using Phase = AnswerReader::Phase;
constexpr std::int64_t body_max = 1000;

// Feeds `bytes` in pieces of at most `piece` and stops when the reader takes no more.
void feed(AnswerReader& reader, std::string_view bytes, std::size_t piece = 4096) {
  while (!bytes.empty() && (reader.phase() == Phase::header || reader.phase() == Phase::body)) {
    const auto room = reader.room();
    const std::size_t size = std::min({piece, bytes.size(), room.size()});
    std::memcpy(room.data(), bytes.data(), size);
    reader.commit(size);
    bytes.remove_prefix(size);
  }
}

TEST(ResponseReaderTest, ReadsTheSameHoweverTheBytesAreCut) {
  const std::string bytes =
      "HTTP/1.1 200 OK\r\nX-A: one\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
  for (const std::size_t piece : {1U, 2U, 7U, 4096U}) {
    AnswerReader reader{AnswerReader::Body::expected, body_max};
    feed(reader, bytes, piece);
    ASSERT_EQ(reader.phase(), Phase::complete) << piece;
    EXPECT_TRUE(reader.keep_alive());
    const HttpResponse answer = reader.take_answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("x-a"), "one");
    EXPECT_EQ(answer.body, "abcde");
  }
}

TEST(ResponseReaderTest, DoesNotTakeTrailersForHeaders) {
  AnswerReader reader{AnswerReader::Body::expected, body_max};
  feed(reader, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nRetry-After: 9\r\n\r\n");
  ASSERT_EQ(reader.phase(), Phase::complete);
  EXPECT_FALSE(reader.take_answer().header("Retry-After"));
}

TEST(ResponseReaderTest, SkipsInterimAnswers) {
  AnswerReader reader{AnswerReader::Body::expected, body_max};
  feed(reader,
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\n"
       "Content-Length: 2\r\n\r\nhi");
  ASSERT_EQ(reader.phase(), Phase::complete);
  const HttpResponse answer = reader.take_answer();
  EXPECT_EQ(answer.status, 201);
  EXPECT_FALSE(answer.header("Link"));
  EXPECT_EQ(answer.body, "hi");
}

TEST(ResponseReaderTest, GivesUpOnInterimAnswersWithoutEnd) {
  AnswerReader reader{AnswerReader::Body::expected, body_max};
  for (int i = 0; i < 17; ++i) {
    feed(reader, "HTTP/1.1 100 Continue\r\n\r\n");
  }
  EXPECT_EQ(reader.phase(), Phase::failed);
}

TEST(ResponseReaderTest, TakesAnAnswerThatEndsWithTheConnection) {
  AnswerReader reader{AnswerReader::Body::expected, body_max};
  feed(reader, "HTTP/1.0 200 OK\r\n\r\nall of it");
  EXPECT_EQ(reader.phase(), Phase::body);
  reader.end();
  ASSERT_EQ(reader.phase(), Phase::complete);
  EXPECT_FALSE(reader.keep_alive());
  EXPECT_EQ(reader.take_answer().body, "all of it");
}

TEST(ResponseReaderTest, NeverTakesACutAnswerForAWholeOne) {
  for (const char* bytes :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcd", "HTTP/1.1 200 OK\r\nConte",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "HTTP/1.1 200 OK\r\n", ""}) {
    AnswerReader reader{AnswerReader::Body::expected, body_max};
    feed(reader, bytes);
    reader.end();
    EXPECT_EQ(reader.phase(), Phase::failed) << bytes;
    EXPECT_TRUE(reader.truncated()) << bytes;
  }
}

TEST(ResponseReaderTest, RefusesWhatIsNotHttp) {
  for (const char* bytes :
       {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n", "HTTP/1.1 600 x\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n", "HTTP/1.1 200 OK\r\nbad field\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    AnswerReader reader{AnswerReader::Body::expected, body_max};
    feed(reader, bytes);
    EXPECT_EQ(reader.phase(), Phase::failed) << bytes;
    EXPECT_FALSE(reader.truncated()) << bytes;
  }
}

TEST(ResponseReaderTest, RefusesABodyByItsAnnouncedLength) {
  AnswerReader reader{AnswerReader::Body::expected, body_max};
  feed(reader, "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n");
  ASSERT_EQ(reader.phase(), Phase::failed);
  EXPECT_NE(reader.problem().find("larger than 1000 bytes"), std::string::npos);
}

TEST(ResponseReaderTest, RefusesABodyThatGrowsPastTheLimit) {
  const std::string chunk = "258\r\n" + std::string(600, 'x') + "\r\n";
  AnswerReader chunked{AnswerReader::Body::expected, body_max};
  feed(chunked, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk);
  EXPECT_EQ(chunked.phase(), Phase::body);
  feed(chunked, chunk);
  EXPECT_EQ(chunked.phase(), Phase::failed);

  AnswerReader endless{AnswerReader::Body::expected, body_max};
  feed(endless, "HTTP/1.0 200 OK\r\n\r\n" + std::string(1001, 'x'), 100);
  EXPECT_EQ(endless.phase(), Phase::failed);
}

TEST(ResponseReaderTest, TakesABodyOfExactlyTheLimit) {
  AnswerReader reader{AnswerReader::Body::expected, body_max};
  feed(reader, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
  EXPECT_EQ(reader.phase(), Phase::complete);
}

TEST(ResponseReaderTest, BoundsTheHeaderInSizeAndFields) {
  AnswerReader large{AnswerReader::Body::expected, body_max};
  feed(large, "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n");
  EXPECT_EQ(large.phase(), Phase::failed);

  std::string many = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
  for (int i = 0; i < 2000; ++i) {
    many += "X: y\r\n";
  }
  AnswerReader fields{AnswerReader::Body::expected, body_max};
  feed(fields, many + "\r\n");
  EXPECT_EQ(fields.phase(), Phase::failed);
  EXPECT_NE(fields.problem().find("500 header fields"), std::string::npos);
}

TEST(ResponseReaderTest, BoundsChunkLinesAndTrailers) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  AnswerReader line{AnswerReader::Body::expected, body_max};
  feed(line, head + "1;" + std::string(300'000, 'x'));
  EXPECT_EQ(line.phase(), Phase::failed);
  AnswerReader trailers{AnswerReader::Body::expected, body_max};
  feed(trailers, head + "0\r\nX: " + std::string(300'000, 'x'));
  EXPECT_EQ(trailers.phase(), Phase::failed);
}

TEST(ResponseReaderTest, ExpectsNoBodyWhereThereCanBeNone) {
  AnswerReader to_head{AnswerReader::Body::none, body_max};
  feed(to_head, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(to_head.phase(), Phase::complete);
  for (const char* status : {"204 No Content", "304 Not Modified"}) {
    AnswerReader reader{AnswerReader::Body::expected, body_max};
    feed(reader, "HTTP/1.1 " + std::string{status} + "\r\nContent-Length: 5\r\n\r\n");
    EXPECT_EQ(reader.phase(), Phase::complete) << status;
  }
}

TEST(ResponseReaderTest, KeepsNoConnectionThatSaysMoreThanWasAsked) {
  AnswerReader reader{AnswerReader::Body::expected, body_max};
  feed(reader, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc");
  ASSERT_EQ(reader.phase(), Phase::complete);
  EXPECT_FALSE(reader.keep_alive());
}

TEST(ResponseReaderTest, KeepsNoConnectionThePeerWillClose) {
  AnswerReader reader{AnswerReader::Body::expected, body_max};
  feed(reader, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  ASSERT_EQ(reader.phase(), Phase::complete);
  EXPECT_FALSE(reader.keep_alive());
}

}  // namespace
}  // namespace elit::daemon
