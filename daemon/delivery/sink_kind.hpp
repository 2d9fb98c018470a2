#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/crm/sink_design.hpp"
#include "core/options.hpp"
#include "daemon/delivery/rendered_request.hpp"
#include "daemon/delivery/sink_client.hpp"

namespace elit::daemon {

// What one kind of sink (`type` in the configuration) does differently from the others. Made by sink_kind().
class SinkKind {
 public:
  explicit SinkKind(const SinkOptions& options) : options_(options) {}
  SinkKind(const SinkKind&) = delete;
  SinkKind& operator=(const SinkKind&) = delete;
  virtual ~SinkKind() = default;

  // The URL without its query, which may be a secret, or the directory.
  [[nodiscard]] virtual std::string target() const = 0;
  // What the operator gets when answers are lost, one sentence a line.
  [[nodiscard]] virtual std::vector<std::string> guarantee() const = 0;
  // What one record of the sink is. Empty: each message by itself.
  [[nodiscard]] virtual std::string unit() const { return {}; }
  // The credential, its secrets by name, and whether it is exchanged for tokens. Empty: there is only one way.
  [[nodiscard]] virtual std::string credential() const { return {}; }

  // How many batches may be under way at once.
  [[nodiscard]] virtual int concurrency() const { return options_.concurrency; }
  // For how long a request without an answer may still be carried out, where that does harm.
  [[nodiscard]] virtual Milliseconds late_arrival() const { return Milliseconds{0}; }
  // The client that delivers its batches. What `parts` points to outlives it. Throws what `parts.transports` throws.
  [[nodiscard]] virtual std::unique_ptr<SinkClient> make_client(SinkClientParts parts) const = 0;

  // The requests of the batches that the messages make, as if searches found nothing and everything was accepted. Reads
  // at most the state. Throws StorageError.
  [[nodiscard]] virtual std::vector<RenderedRequest> render(const Rendering& rendering) const = 0;
  // Explains what rendered requests do not show, in sentences.
  [[nodiscard]] virtual std::string rendering_note() const = 0;

 protected:
  [[nodiscard]] const SinkOptions& options() const { return options_; }

 private:
  const SinkOptions& options_;
};

// The kind of a sink. `options` and `designs` outlive it and the clients that it makes.
// Requires: `designs` has the sink, if it is one of a CRM.
[[nodiscard]] std::unique_ptr<SinkKind> sink_kind(const SinkOptions& options, const crm::SinkDesigns& designs);

// The type as the configuration has it: http, file, custom, or the name of a CRM.
[[nodiscard]] std::string sink_type(const SinkOptions& options);
// Whether the sink is reached over the network; otherwise its client blocks for the disk.
[[nodiscard]] bool uses_network(const SinkOptions& options);

}  // namespace elit::daemon
