#include <unordered_map>

#include "core/check.hpp"
#include "storage/store_impl.hpp"

// The configured sources and sinks, and the followed users.
namespace elit::storage {
namespace {

std::int64_t returned_id(Statement& statement) {
  check(statement.step(), "an upsert returns its row");
  const std::int64_t id = statement.integer(0);
  check(!statement.step(), "an upsert returns one row");
  return id;
}

// Ends a membership. `last_listed`, if present, becomes the user's last match; absent: the audience holds that time.
void end_membership(Store::Impl& impl, AudienceId audience, UserRow user, std::optional<Instant> last_listed) {
  if (last_listed) {
    impl.statement("UPDATE users SET last_matched_ms = max(last_matched_ms, ?2) WHERE id = ?1").run(user, last_listed);
  }
  impl.statement("DELETE FROM memberships WHERE audience = ?1 AND user = ?2").run(audience, user);
  impl.statement("INSERT OR IGNORE INTO unlisted (user) VALUES (?1)").run(user);
}

std::optional<Instant> listed_at(Store::Impl& impl, AudienceId audience) {
  Statement query = impl.statement("SELECT listed_ms FROM audiences WHERE id = ?1");
  check(query.bind(audience).step(), "an audience is registered before it is listed");
  return query.maybe_instant(0);
}

struct Member {
  UserRow user = 0;
  std::optional<Instant> last_listed;
};

std::vector<Member> members_of(Statement query, AudienceId audience) {
  std::vector<Member> members;
  query.bind(audience);
  while (query.step()) {
    members.push_back(Member{query.integer(0), query.maybe_instant(1)});
  }
  return members;
}

void disband(Store::Impl& impl, AudienceId audience) {
  const std::optional<Instant> listed = listed_at(impl, audience);
  Statement query = impl.statement("SELECT user, last_listed_ms FROM memberships WHERE audience = ?1");
  for (const Member& member : members_of(std::move(query), audience)) {
    end_membership(impl, audience, member.user, member.last_listed ? member.last_listed : listed);
  }
}

void forget_staged(Store::Impl& impl, AudienceId audience) {
  impl.statement("DELETE FROM staged_audiences WHERE audience = ?1").run(audience);
  impl.statement("DELETE FROM staged_members WHERE audience = ?1").run(audience);
  impl.statement("DELETE FROM staged_newcomers WHERE audience = ?1").run(audience);
}

// Creates users for the unknown members of a list, unless another list of this change did so already.
void add_newcomers(Store::Impl& impl, SourceId source, AudienceId audience, Instant at, ListingChange& change) {
  struct Newcomer {
    std::string user_id;
    std::string element;
  };
  std::vector<Newcomer> newcomers;
  {
    Statement query =
        impl.statement("SELECT user_id, element FROM staged_newcomers WHERE audience = ?1 ORDER BY user_id");
    query.bind(audience);
    while (query.step()) {
      newcomers.push_back(Newcomer{query.text(0), query.text(1)});
    }
  }
  Statement insert = impl.statement(R"(
      INSERT INTO users (source, user_id, status, first_matched_ms, last_matched_ms)
      VALUES (?1, ?2, 'following', ?3, ?3) ON CONFLICT DO NOTHING)");
  Statement describe = impl.statement("INSERT INTO user_elements (user, element) VALUES (?1, ?2)");
  Statement list = impl.statement(R"(
      INSERT INTO staged_members (audience, user) SELECT ?1, id FROM users
      WHERE source = ?2 AND user_id = ?3 AND status <> 'erased')");
  for (const Newcomer& newcomer : newcomers) {
    insert.run(source, newcomer.user_id, at);
    if (impl.database->changes() == 1) {
      const UserRow user = impl.database->last_insert_id();
      describe.run(user, newcomer.element);
      change.arrived.push_back(user);
    }
    list.run(audience, source, newcomer.user_id);
  }
}

void refresh_elements(Store::Impl& impl, AudienceId audience, int rank) {
  impl.statement(R"(
      INSERT INTO user_elements (user, element)
      SELECT listed.user, listed.element FROM staged_members AS listed
      WHERE listed.audience = ?1 AND listed.element IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM staged_audiences AS earlier
          JOIN staged_members ON staged_members.audience = earlier.audience AND staged_members.user = listed.user
          WHERE earlier.rank < ?2)
      ON CONFLICT (user) DO UPDATE SET element = excluded.element)")
      .run(audience, rank);
}

// Adds the listed users to the audience. Returns the users who gained a membership.
std::vector<UserRow> add_members(Store::Impl& impl, AudienceId audience) {
  std::vector<UserRow> joined;
  Statement insert = impl.statement(R"(
      INSERT INTO memberships (audience, user)
      SELECT listed.audience, listed.user FROM staged_members AS listed
      WHERE listed.audience = ?1 AND NOT EXISTS (
          SELECT 1 FROM memberships AS known WHERE known.audience = ?1 AND known.user = listed.user)
      RETURNING user)");
  insert.bind(audience);
  while (insert.step()) {
    joined.push_back(insert.integer(0));
  }
  return joined;
}

void judge_missing(Store::Impl& impl, const ListingDecision& decision) {
  const std::optional<Instant> listed = listed_at(impl, decision.audience);
  Statement query = impl.statement(R"(
      SELECT member.user, member.last_listed_ms FROM memberships AS member
      WHERE member.audience = ?1 AND NOT EXISTS (
          SELECT 1 FROM staged_members AS listed WHERE listed.audience = ?1 AND listed.user = member.user))");
  for (const Member& member : members_of(std::move(query), decision.audience)) {
    if (decision.members_may_leave) {
      end_membership(impl, decision.audience, member.user, member.last_listed ? member.last_listed : listed);
    } else if (!member.last_listed) {
      impl.statement("UPDATE memberships SET last_listed_ms = ?3 WHERE audience = ?1 AND user = ?2")
          .run(decision.audience, member.user, listed);
    }
  }
  impl.statement(R"(
      UPDATE memberships SET last_listed_ms = NULL
      WHERE audience = ?1 AND last_listed_ms IS NOT NULL AND EXISTS (
          SELECT 1 FROM staged_members AS listed WHERE listed.audience = ?1 AND listed.user = memberships.user))")
      .run(decision.audience);
}

void bring_back(Store::Impl& impl, const std::vector<UserRow>& joined, ListingChange& change) {
  Statement follow = impl.statement(R"(
      UPDATE users SET status = 'following', departed_ms = NULL, history_complete = 0
      WHERE id = ?1 AND status IN ('draining', 'gone'))");
  Statement stay = impl.statement(
      "UPDATE users SET departed_ms = NULL WHERE id = ?1 AND status = 'parked' AND departed_ms IS NOT NULL");
  for (const UserRow user : joined) {
    follow.run(user);
    if (impl.database->changes() == 1) {
      change.arrived.push_back(user);
      change.returned.push_back(user);
    } else {
      stay.run(user);
    }
  }
}

void let_go(Store::Impl& impl, SourceId source, Instant at, ListingChange& change) {
  std::vector<UserRow> unlisted;
  {
    Statement query = impl.statement(
        "SELECT unlisted.user FROM unlisted JOIN users ON users.id = unlisted.user WHERE users.source = ?1");
    query.bind(source);
    while (query.step()) {
      unlisted.push_back(query.integer(0));
    }
  }
  Statement drain = impl.statement(R"(
      UPDATE users SET status = 'draining', departed_ms = ?2 WHERE id = ?1 AND status = 'following'
        AND NOT EXISTS (SELECT 1 FROM memberships WHERE memberships.user = users.id))");
  Statement depart = impl.statement(R"(
      UPDATE users SET departed_ms = ?2 WHERE id = ?1 AND status = 'parked' AND departed_ms IS NULL
        AND NOT EXISTS (SELECT 1 FROM memberships WHERE memberships.user = users.id))");
  Statement forget = impl.statement("DELETE FROM unlisted WHERE user = ?1");
  for (const UserRow user : unlisted) {
    drain.run(user, at);
    if (impl.database->changes() == 1) {
      change.departed.push_back(user);
    } else {
      depart.run(user, at);
    }
    forget.run(user);
  }
}

}  // namespace

SourceId Store::register_source(std::string_view name) {
  Transaction transaction(*impl_);
  impl_->statement("INSERT INTO sources (name) VALUES (?1) ON CONFLICT DO NOTHING").run(name);
  Statement query = impl_->statement("SELECT id FROM sources WHERE name = ?1");
  query.bind(name);
  const SourceId source = returned_id(query);
  transaction.commit();
  return source;
}

std::vector<AudienceId> Store::register_audiences(SourceId source,
                                                  const std::vector<std::pair<std::string, std::string>>& audiences) {
  Transaction transaction(*impl_);
  impl_->statement("UPDATE audiences SET active = 0 WHERE source = ?1").run(source);
  std::vector<AudienceId> ids;
  for (const auto& [attribute, value] : audiences) {
    Statement upsert = impl_->statement(R"(
      INSERT INTO audiences (source, attribute, value, active) VALUES (?1, ?2, ?3, 1)
      ON CONFLICT (source, attribute, value) DO UPDATE SET active = 1 RETURNING id)");
    upsert.bind(source, attribute, value);
    ids.push_back(returned_id(upsert));
  }
  std::vector<AudienceId> dropped;
  {
    Statement query = impl_->statement("SELECT id FROM audiences WHERE source = ?1 AND active = 0");
    query.bind(source);
    while (query.step()) {
      dropped.push_back(query.integer(0));
    }
  }
  for (const AudienceId audience : dropped) {
    disband(*impl_, audience);
  }
  transaction.commit();
  return ids;
}

std::vector<SinkId> Store::register_sinks(const std::vector<std::pair<std::string, bool>>& sinks,
                                          std::optional<Instant> since) {
  Transaction transaction(*impl_);
  impl_->statement("UPDATE sinks SET active = 0").run();
  std::vector<SinkId> ids;
  for (const auto& [name, history] : sinks) {
    // Ids are never reused, so later messages have higher ids.
    impl_
        ->statement(R"(
      INSERT INTO sinks (name, active, history_start, scanned_to, starts_ms)
      SELECT ?1, 1, start, start, iif(?2, NULL, ?3)
      FROM (SELECT iif(?2, 0, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'messages'), 0)) AS start)
      WHERE true ON CONFLICT (name) DO NOTHING)")
        .run(name, history, since);
    const bool created = impl_->database->changes() == 1;
    Statement query = impl_->statement("UPDATE sinks SET active = 1 WHERE name = ?1 RETURNING id");
    query.bind(name);
    const SinkId sink = returned_id(query);
    if (created && !history) {
      impl_
          ->statement(R"(
      INSERT INTO sink_totals (sink, source, suppressed) SELECT ?1, source, sum(messages) FROM users
      GROUP BY source HAVING sum(messages) > 0)")
          .run(sink);
    }
    ids.push_back(sink);
  }
  transaction.commit();
  return ids;
}

ListingCounts Store::stage_listing(AudienceId audience, const std::vector<ListedUser>& users) {
  Transaction transaction(*impl_);
  forget_staged(*impl_, audience);
  impl_->statement("INSERT INTO staged_audiences (audience) VALUES (?1)").run(audience);
  Statement find = impl_->statement(R"(
      SELECT users.id, users.status = 'erased', user_elements.element IS ?3 FROM audiences
      JOIN users ON users.source = audiences.source AND users.user_id = ?2
      LEFT JOIN user_elements ON user_elements.user = users.id WHERE audiences.id = ?1)");
  Statement member =
      impl_->statement("INSERT OR IGNORE INTO staged_members (audience, user, element) VALUES (?1, ?2, ?3)");
  Statement newcomer =
      impl_->statement("INSERT OR IGNORE INTO staged_newcomers (audience, user_id, element) VALUES (?1, ?2, ?3)");
  for (const ListedUser& user : users) {
    if (!find.bind(audience, user.user_id, user.element).step()) {
      newcomer.run(audience, user.user_id, user.element);
    } else if (const bool erased = find.integer(1) != 0; !erased) {
      const bool unchanged = find.integer(2) != 0;
      member.run(audience, find.integer(0), unchanged ? std::nullopt : std::optional<std::string_view>(user.element));
    }
  }
  Statement count = impl_->statement(R"(
      SELECT (SELECT count(*) FROM memberships WHERE audience = ?1),
          (SELECT count(*) FROM staged_members WHERE audience = ?1)
              + (SELECT count(*) FROM staged_newcomers WHERE audience = ?1),
          (SELECT count(*) FROM memberships AS member WHERE member.audience = ?1 AND NOT EXISTS (
              SELECT 1 FROM staged_members AS listed WHERE listed.audience = ?1 AND listed.user = member.user)))");
  check(count.bind(audience).step(), "a count has one row");
  const ListingCounts counts{.previous = count.integer(0), .listed = count.integer(1), .missing = count.integer(2)};
  transaction.commit();
  return counts;
}

ListingChange Store::apply_listings(SourceId source, const std::vector<ListingDecision>& decisions, Instant at) {
  Transaction transaction(*impl_);
  ListingChange change;
  int rank = 0;
  for (const ListingDecision& decision : decisions) {
    impl_->statement("UPDATE staged_audiences SET rank = ?2 WHERE audience = ?1 AND rank IS NULL")
        .run(decision.audience, rank++);
    check(impl_->database->changes() == 1, "a list is staged before it is applied, and applied once");
    add_newcomers(*impl_, source, decision.audience, at, change);
  }
  std::vector<UserRow> joined;
  rank = 0;
  for (const ListingDecision& decision : decisions) {
    refresh_elements(*impl_, decision.audience, rank++);
    const std::vector<UserRow> members = add_members(*impl_, decision.audience);
    joined.insert(joined.end(), members.begin(), members.end());
    judge_missing(*impl_, decision);
    impl_->statement("UPDATE audiences SET listed_ms = ?2 WHERE id = ?1").run(decision.audience, at);
  }
  bring_back(*impl_, joined, change);
  let_go(*impl_, source, at, change);
  for (const ListingDecision& decision : decisions) {
    forget_staged(*impl_, decision.audience);
  }
  Statement count = impl_->statement(
      "SELECT count(*) FROM users WHERE source = ?1 AND status IN ('following', 'draining', 'parked')");
  check(count.bind(source).step(), "a count has one row");
  change.followed = count.integer(0);
  transaction.commit();
  return change;
}

}  // namespace elit::storage
