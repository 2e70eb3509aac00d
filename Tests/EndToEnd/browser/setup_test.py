"""Ways to set the tracker up, and its types."""

import pathlib
import re
import unittest

from case import TrackerTest

TRACKER = pathlib.Path(__file__).parents[3] / "Tracker"


class SetUpTests(TrackerTest):
    def test_key_and_token_go_along(self):
        script = "<script>cinelog.init({ writeKey: 'k&y', token: () => 'abc.def', credentials: true })</script>"
        self.open(self.collector.page("a", script, "data-manual"))
        self.events("page", 1)
        request = self.collector.requests[0]
        self.assertEqual(request.path, "/v1/events?key=k%26y")
        self.assertEqual(request.headers["Authorization"], "Bearer abc.def")

    def test_the_module_does_the_same(self):
        self.collector.pages["module"] = (
            "<!doctype html><title>M</title><link rel=icon href=data:,><script type=module>"
            "import cinelog, { cinelog as named } from '/cinelog.mjs'; window.tracker = cinelog; window.same = cinelog == named;"
            "cinelog.init({ url: location.origin + '/deep/', anonymousId: 'me' }); cinelog.track('one')</script>")
        page = self.open(self.collector.address + "/module")
        self.events("custom", 1)
        self.assertTrue(page.run("tracker.init() == tracker && same && !window.cinelog"))
        self.assertEqual(self.collector.requests[0].path, "/deep/v1/events")
        self.assertEqual({event["anonymous_id"] for event in self.collector.events()}, {"me"})

    def test_the_types_tell_of_everything_there_is(self):
        types = (TRACKER / "cinelog.d.ts").read_text()

        def members(interface):
            body = types.split(f"export interface {interface} {{")[1].split("\n}")[0]
            return sorted(re.findall(r"^  (?:readonly )?(\w+)", body, re.MULTILINE))

        page = self.open(self.collector.page("a", "<video></video>"))
        self.assertEqual(page.run("Object.keys(cinelog).sort()"), members("Cinelog"))
        watcher = "cinelog.film(document.querySelector('video'), { filmId: '0193a1c2-5b00-7d10-8a41-6c1f0e5d2b01' })"
        self.assertEqual(page.run(f"Object.keys({watcher}).sort()"), members("FilmWatcher"))
        sources = "".join(path.read_text() for path in (TRACKER / "src").glob("*.js"))
        read = set(re.findall(r"\b(?:options|common|sending)\.(\w+)", sources))
        self.assertEqual(sorted(read), members("Options"))
        table = (TRACKER.parent / "docs/tracker.md").read_text().split("| option |")[1].split("\n\n")[0]
        names = [name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)]
        self.assertEqual(sorted(names), members("Options"))
        self.assertEqual(sorted(re.findall(r"(\w+)(?: = \w+(?:\(\))?)?[,}]", re.search(
            r"export const film = \(video, \{ (.*?) \} = ", sources)[1] + "}")), members("FilmOptions"))

    def test_a_second_tag_changes_nothing(self):
        page = self.open(self.collector.page("a", "<script src='/cinelog.js'></script>"))
        page.run("cinelog.init(); cinelog.track('one')")
        self.events("custom", 1)
        self.assertEqual(len(self.collector.events("page")), 1)

    def test_before_it_is_set_up_nothing_happens(self):
        page = self.open(self.collector.page("a", "<video></video>", "data-manual"))
        page.run("cinelog.track('no'); cinelog.click('no'); cinelog.consent(true); cinelog.flush();"
                 "cinelog.film(document.querySelector('video'), { filmId: '0193a1c2-5b00-7d10-8a41-6c1f0e5d2b01' }).stop()")
        page.run("cinelog.consent(false)")
        self.assertEqual(self.collector.requests, [])

    def test_what_no_collector_would_take_is_refused_in_the_page(self):
        page = self.open()
        wrong = (
            "cinelog.track('')", "cinelog.track('n', [1])", "cinelog.track('n', 5)", "cinelog.track('n', { n: 1n })",
            "cinelog.track('n', { t: 'x'.repeat(33000) })", "{ const o = {}; o.o = o; cinelog.track('n', o) }",
            "cinelog.track('n', JSON.parse('{\"a\":'.repeat(32) + '1' + '}'.repeat(32)))",
            "cinelog.film(document.createElement('video'), { filmId: '42' })",
        )
        for number, call in enumerate(wrong):
            page.run(call + "; 0")
            self.assertEqual(len([word for word in page.words if word[0] == "warning"]), number + 1, call)
        page.run("cinelog.track('good')")
        self.events("custom", 1)
        self.assertEqual(self.names(), ["good"])


if __name__ == "__main__":
    unittest.main()
