"""Shows that each source rule can fail, and that it lets sound code pass."""

import pathlib
import unittest

import coroutine_law
import source_rules


def found(path, text, existing=()):
    return [what for _, what in source_rules.violations(path, text, lambda name: name in existing or name.endswith(".hpp"))]


class IncludeDirection(unittest.TestCase):
    def assert_allowed(self, path, included):
        self.assertEqual(found(path, f'#include "{included}"\n'), [], (path, included))

    def assert_refused(self, path, included):
        self.assertNotEqual(found(path, f'#include "{included}"\n'), [], (path, included))

    def test_the_arrows_of_the_house_are_allowed(self):
        self.assert_allowed("core/fetch/pager.cpp", "core/fetch/pager.hpp")
        self.assert_allowed("core/elitbuzz/answer.cpp", "core/message.hpp")
        self.assert_allowed("core/elitbuzz/answer.cpp", "core/elitbuzz/protocol.hpp")
        self.assert_allowed("storage/store.cpp", "core/fetch/coverage.hpp")
        self.assert_allowed("config/loader.cpp", "core/options.hpp")
        self.assert_allowed("config/options/option.cpp", "config/yaml/scalars.hpp")
        self.assert_allowed("daemon/delivery/sink_loop.cpp", "storage/store.hpp")
        self.assert_allowed("daemon/commands/simulator.cpp", "core/simulator/simulator.hpp")
        self.assert_allowed("daemon/main.cpp", "daemon/commands/run.hpp")
        self.assert_allowed("tests/core/fetch/pager_test.cpp", "core/fetch/pager.hpp")

    def test_arrows_against_the_direction_are_refused(self):
        self.assert_refused("core/message.cpp", "core/text/utf8.hpp")
        self.assert_refused("core/fetch/pager.cpp", "core/elitbuzz/protocol.hpp")
        self.assert_refused("core/fetch/pager.cpp", "storage/store.hpp")
        self.assert_refused("core/delivery/webhook.cpp", "core/crm/exchange.hpp")
        self.assert_refused("core/simulator/crms.cpp", "core/delivery/webhook.hpp")
        self.assert_refused("storage/store.cpp", "config/loader.hpp")
        self.assert_refused("storage/store.cpp", "core/crm/work.hpp")
        self.assert_refused("storage/store.cpp", "core/simulator/simulator.hpp")
        self.assert_refused("config/loader.cpp", "storage/store.hpp")
        self.assert_refused("config/yaml/scalars.cpp", "config/options/option_kinds.hpp")
        self.assert_refused("daemon/engine.cpp", "core/simulator/simulator.hpp")
        self.assert_refused("daemon/engine.cpp", "tests/core/fixture.hpp")
        self.assert_refused("daemon/unknown/file.cpp", "config/yaml/unknown/file.hpp")

    def test_the_two_halves_never_meet(self):
        for floor in ("core", "daemon"):
            self.assert_refused(f"{floor}/fetch/a.cpp", f"{floor}/delivery/b.hpp")
            self.assert_refused(f"{floor}/delivery/a.cpp", f"{floor}/fetch/b.hpp")

    def test_http_knows_no_meaning(self):
        for room in ("core/elitbuzz", "core/fetch", "core/delivery", "core/crm", "config", "storage", "daemon/log"):
            self.assert_refused("daemon/http/transport.cpp", f"{room}/a.hpp")

    def test_every_folder_of_code_is_a_room(self):
        root = pathlib.Path(source_rules.__file__).parents[2]
        folders = {file.parent.relative_to(root).as_posix() for product in source_rules.PRODUCT
                   for file in (root / product).rglob("*.?pp")}
        self.assertEqual(folders, set(source_rules.ROOMS))

    def test_includes_are_written_from_the_root(self):
        self.assertNotEqual(found("core/fetch/pager.cpp", '#include "pager.h"\n'), [])
        self.assertEqual(found("core/fetch/pager.cpp", '#include "core/fetch/pager.h"\n', ["core/fetch/pager.h"]), [])

    def test_sqlite_is_known_to_one_file(self):
        self.assertEqual(found("storage/sqlite.cpp", "#include <sqlite3.h>\n"), [])
        self.assertNotEqual(found("storage/store.cpp", "#include <sqlite3.h>\n"), [])

    def test_no_locale_decides_what_a_character_is(self):
        self.assertNotEqual(found("core/text/excerpt.cpp", "#include <cctype>\n"), [])
        self.assertNotEqual(found("daemon/rehearsal/fault_text.cpp", "#include <cctype>\n"), [])
        self.assertEqual(found("tests/fuzz/expectation.cpp", "#include <cctype>\n"), [])


class RulesOfTheHouse(unittest.TestCase):
    def test_core_does_no_input_and_output(self):
        for line in ("#include <boost/asio.hpp>", "#include <boost/asio/awaitable.hpp>", "#include <iostream>",
                     "std::cout << 1;", "auto now = std::chrono::system_clock::now();",
                     "std::this_thread::sleep_for(second);"):
            self.assertNotEqual(found("core/fetch/pager.cpp", line + "\n"), [], line)
            if "sleep" not in line:
                self.assertEqual(found("daemon/service.cpp", line + "\n"), [], line)

    def test_a_comment_or_a_text_is_no_code(self):
        self.assertEqual(found("core/fetch/pager.cpp", "// not std::cout\nauto text = \"std::cout\";\n"), [])

    def test_tests_do_not_sleep(self):
        self.assertNotEqual(found("tests/core/a_test.cpp", "std::this_thread::sleep_for(x);\n"), [])

    def test_a_file_stays_short(self):
        self.assertEqual(found("core/a.cpp", "\n" * 800), [])
        self.assertNotEqual(found("core/a.cpp", "\n" * 801), [])

    def test_names_say_something(self):
        for path in ("core/util.cpp", "daemon/helpers/a.cpp", "core/string_utils.hpp", "storage/misc.sql"):
            self.assertNotEqual(found(path, ""), [], path)
        self.assertEqual(found("core/text/base64.cpp", ""), [])

    def test_nothing_is_left_unfinished(self):
        self.assertNotEqual(found("core/a.cpp", "// TO" + "DO: later\n"), [])


class NamesOfSuites(unittest.TestCase):
    def assert_named(self, well, path, suite, subjects=()):
        for macro in ("TEST", "TEST_F", "TEST_P"):
            text = f"\n{macro}({suite}, IsASentence) {{\n"
            self.assertEqual(list(source_rules.violations(path, text, lambda name: True, subjects)) == [], well, suite)

    def test_a_suite_ends_in_test(self):
        self.assert_named(False, "tests/core/fetch/pager_test.cpp", "Pager")
        self.assert_named(True, "tests/core/fetch/pager_test.cpp", "PagerTest")
        self.assert_named(True, "tests/core/fetch/pager_test.cpp", "PagerDeathTest")

    def test_a_suite_begins_with_its_file(self):
        self.assert_named(True, "tests/core/crm/exchange_test.cpp", "ExchangeTest")
        self.assert_named(True, "tests/core/crm/exchange_test.cpp", "ExchangeTokensTest")
        self.assert_named(True, "tests/core/simulator/crms/hubspot_test.cpp", "HubSpotTest")
        self.assert_named(False, "tests/core/crm/exchange_test.cpp", "ExchangesTest")
        self.assert_named(False, "tests/core/crm/exchange_test.cpp", "RepliesTest")

    def test_or_with_a_class_or_file_of_the_product(self):
        header = "core/text/excerpt.hpp"
        subjects = source_rules.subjects_of(header, "class Digest {\nenum class Form { a };\nstruct Later;\n")
        self.assertEqual(subjects, {"Excerpt", "Digest", "Form", "Later"})
        for suite in ("ExcerptTest", "DigestTest", "FormTest"):
            self.assert_named(True, "tests/core/text/pattern_test.cpp", suite, subjects)
        self.assert_named(False, "tests/core/text/pattern_test.cpp", "ExcerptsTest", subjects)


class CoroutineLaw(unittest.TestCase):
    def assert_law(self, kept, source):
        self.assertEqual(coroutine_law.violations(source) == [], kept, (source, coroutine_law.violations(source)))

    def test_sound_statements_pass(self):
        for source in (
            "void f() { auto answer = co_await send(std::move(request)); }",
            "void f() { if (co_await bell.wait()) { Request request{1}; } }",
            "void f() { Request request{.a = 1};\n co_await send(std::move(request)); }",
            "void f() { auto work = [this] { return 1; };\n co_await post(std::move(work)); }",
            "void f() { auto [a, b] = co_await read(); }",
            "void f() { auto& [a, b] = co_await read(); }",
            "void f() { co_await sleep_for(Milliseconds{5}); co_await sleep_for(std::chrono::seconds{1}); }",
            "void f() { co_await each([](int x) { return Pair{x, x}; }); }",
            "void f() { values[index] = co_await read(names[0]); }",
            "awaitable<void> f() { co_await g(); }\nauto h() -> awaitable<int> { co_return co_await g(); }",
            "void f() { for (;;) { co_await g(); } }\nstruct X { int a{0}; };",
            "void f() { switch (x) { case A: { co_await g(); } } }",
            "// co_await f(Request{1})\n",
            "void f() { Socket socket{co_await asio::this_coro::executor}; }",
            'void f() { co_await g("{[x]}"); }',
            "void f() { while (!done) { co_await g(); } }",
            "void f() { try { co_await g(); } catch (const E&) { } }",
        ):
            self.assert_law(True, source)

    def test_braced_values_are_found(self):
        for source in (
            "void f() { co_await send(Request{1, 2}); }",
            "void f() { co_await send({.a = 1}); }",
            "void f() { co_await send({}); }",
            "void f() { auto x = combine(Request{1}, co_await read()); }",
            "void f() { co_await send(\n    first,\n    Request{.a = 1}); }",
            "void f() { Pair pair{co_await read(), 1}; }",
            "void f() { if (co_await send(Request{1})) { } }",
        ):
            self.assert_law(False, source)

    def test_capturing_lambdas_are_found(self):
        for source in (
            "void f() { co_await post([this] { return 1; }); }",
            "void f() { co_await post(store, [&](Store& s) { return s.read(); }); }",
            "void f() { co_await post([x = std::move(y)]() mutable { return x; }); }",
            "void f() { co_spawn(executor, [this]() -> awaitable<void> { co_await g(); }, detached); }",
        ):
            self.assert_law(False, source)


if __name__ == "__main__":
    unittest.main()
