"""A visit of the example cinema, and what the tables hold of it."""

import json
import time
import unittest

from cinema import COLLECTOR, CinemaTest
from devtools import until


class VisitTests(CinemaTest):
    def test_a_lost_answer_makes_no_second_row(self):
        self.film()
        self.page.run("cinelog.flush()")
        self.page.call("Fetch.enable", patterns=[{"urlPattern": COLLECTOR + "/*", "requestStage": "Response"}])
        lost = []
        self.browser.listeners[self.page.session] = lambda method, params: (
            lost.append(params["requestId"]) if method == "Fetch.requestPaused" else None)
        event = self.page.run("cinelog.track('once')")
        until(lambda: lost, "an answer to lose")
        self.table("custom_events", "event_id", "name = 'once'")  # It is stored.
        self.page.call("Fetch.failRequest", requestId=lost[0], errorReason="ConnectionReset")
        until(lambda: len(lost) > 1, "the second try")
        self.page.call("Fetch.disable")
        self.page.wait("Object.keys(localStorage).length == 2")
        self.assertEqual(self.table("custom_events", "event_id", "name = 'once'"), [{"event_id": event}])
        self.page.close()

    def test_a_visit_of_the_catalogue_is_in_the_tables(self):
        self.open("")
        self.page.wait("document.querySelectorAll('#films a').length == 3")
        self.page.click("#title")
        self.page.type("life")
        self.page.run("document.activeElement.blur()")
        self.choose("#genre", "science fiction")
        self.page.wait("document.querySelectorAll('#films a').length == 1")
        time.sleep(1)
        self.page.click("#films a")
        self.page.wait("location.pathname == '/film.html' && window.video?.readyState == 4")
        self.page.close()
        self.unhurt()

        searches = self.table("custom_events", "information", "name = 'search_filtered'", 2)
        self.assertEqual([json.loads(row["information"]) for row in searches], [
            {"title": True, "genre": "", "from_year": "", "found": 1},
            {"title": True, "genre": "science fiction", "from_year": "", "found": 1}])
        clicks = self.table("clicks", "obj_id, text, url, x > 0 AND y > 0 AS placed")
        self.assertEqual(clicks, [
            {"obj_id": "film/the-game-of-life", "text": "The Game of Life", "url": self.address, "placed": 1}])
        pages = self.table("pages", "url, referrer, title, duration, session_id, app_version", at_least=2)
        until(lambda: self.table("pages", "duration")[1]["duration"] > 0, "the time on the second page")
        self.assertEqual(len(pages), 2)
        self.assertEqual((pages[0]["url"], pages[0]["title"]), (self.address, "Films · Example Cinema"))
        self.assertTrue(1 <= pages[0]["duration"] < 10)
        self.assertEqual(pages[1]["referrer"], self.address)
        self.assertEqual(pages[0]["session_id"], pages[1]["session_id"])
        self.assertEqual({row["app_version"] for row in pages}, {"1.0"})

    def test_whatever_a_page_says_no_event_is_rejected(self):
        self.open("")
        said = [
            ("'a'.repeat(500)", "{}"), ("'half \\ud83d of a pair'", "{ t: '\\ud83d', '\\udc00': 1, u: 'a\\u0000b' }"),
            ("'slashes'", "{ t: '\\\\ud83d \\\\u0000', u: '\\\\\\ud83d' }"), ("5", "{ n: 2 ** 63, m: -1e20, s: 1e300, x: NaN }"),
            ("'deep'", "JSON.parse('{\"a\":'.repeat(31) + '1' + '}'.repeat(31))"), ("'wide'", "{ t: 'x'.repeat(32759) }"),
            ("'кино'.repeat(100)", "{ t: 'ы'.repeat(16000) }"), ("'date'", "{ at: new Date(0), none: undefined, f() {} }"),
        ]
        for name, information in said:
            self.assertTrue(self.page.run(f"cinelog.track({name}, {information})"), (name, information))
        self.page.run("cinelog.click('ё'.repeat(600)); cinelog.click(' ')")
        self.page.run("document.title = 'Ж\\u0000\\udc00'.repeat(300); history.pushState(0, '', '?' + 'q=%20&'.repeat(900)); 0")
        self.page.run("cinelog.flush()")
        self.page.wait("Object.keys(localStorage).length == 2")
        self.page.close()
        self.unhurt()
        events = self.table("custom_events", "name, information", at_least=len(said))
        self.assertEqual(len(events), len(said))
        informations = [json.loads(row["information"]) for row in events]
        numbers = {"n": "9223372036854776000", "m": "-100000000000000000000", "s": 1e300, "x": None}
        self.assertTrue(numbers in informations and {"t": "\\ud83d \\u0000", "u": "\\\ufffd"} in informations)
        self.assertEqual(sorted(len(row["obj_id"]) for row in self.table("clicks", "obj_id", at_least=2)), [1, 512])
        self.assertEqual(max(row["size"] for row in self.table("pages", "lengthUTF8(url) AS size", at_least=2)), 2048)


if __name__ == "__main__":
    unittest.main()
