#include "daemon/delivery/archive_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

#include "core/delivery/webhook.hpp"

namespace elit::daemon {
namespace asio = boost::asio;

namespace {

DeliveryAnswer answer_of(const std::optional<Failure>& failure, std::size_t messages) {
  if (failure) {
    return read_failure(*failure);
  }
  DeliveryAnswer answer;
  answer.whole.reset();
  answer.messages.resize(messages);
  return answer;
}

asio::awaitable<std::optional<Failure>> append_to(FileArchive* archive, std::vector<OutgoingMessage> messages,
                                                  Instant at) {
  co_return archive->append(messages, at);
}

asio::awaitable<std::optional<Failure>> recover_archive(FileArchive* archive, std::set<std::string> unsure) {
  co_return archive->recover(std::move(unsure));
}

}  // namespace

ArchiveClient::ArchiveClient(const SinkOptions& options, SinkClientParts parts)
    : parts_(std::move(parts)), archive_(options.directory) {}

asio::awaitable<std::optional<Failure>> ArchiveClient::recover(storage::SinkId /*sink*/, std::set<std::string> unsure) {
  auto recovery = recover_archive(&archive_, std::move(unsure));
  co_return co_await asio::co_spawn(parts_.blocking, std::move(recovery), asio::use_awaitable);
}

asio::awaitable<DeliveryAnswer> ArchiveClient::send(Batch batch) {
  const std::size_t count = batch.messages.size();
  auto writing = append_to(&archive_, std::move(batch.messages), parts_.timer->now().wall);
  const std::optional<Failure> failure =
      co_await asio::co_spawn(parts_.blocking, std::move(writing), asio::use_awaitable);
  co_return answer_of(failure, count);
}

}  // namespace elit::daemon
