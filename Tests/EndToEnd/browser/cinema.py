"""The example cinema in a real browser, against a running Cinelog.

COLLECTOR and ADMIN are its two addresses, FILMS the folder of the example's films.
"""

import collections
import json
import math
import os
import pathlib
import sys
import threading
import unittest
import urllib.request

from devtools import Browser, until

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "examples"))
import serve  # noqa: E402

COLLECTOR, ADMIN, FILMS = (os.environ[name] for name in ("COLLECTOR", "ADMIN", "FILMS"))
FILM = "0193a1c2-5b00-7d10-8a41-6c1f0e5d2b01"
FILM_SECONDS = 120.031
# Elements with an id are globals of the page.
POSITION = "video.currentTime"


def rows(statement):
    request = urllib.request.Request(ADMIN + "/v1/sql", (statement + " FORMAT JSONEachRow").encode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        return [json.loads(line) for line in answer.read().splitlines()]


def joined(intervals, gap=0.3):
    """Intervals that follow one another without a jump, as one."""
    whole = []
    for begin, end in intervals:
        if whole and abs(whole[-1][1] - begin) <= gap:
            whole[-1][1] = end
        else:
            whole.append([begin, end])
    return whole


def seconds(intervals):
    """How often each second of the film was played, wholly or in part."""
    return collections.Counter(
        second for begin, end in intervals for second in range(math.floor(begin), math.ceil(end)))


class CinemaTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = serve.Site(0, COLLECTOR, FILMS)
        cls.address = f"http://127.0.0.1:{cls.site.server_address[1]}/"
        threading.Thread(target=cls.site.serve_forever, daemon=True).start()
        cls.browser = Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.site.shutdown()
        cls.site.server_close()

    def setUp(self):
        self.context = self.browser.context()

    def open(self, address):
        self.page = self.browser.page(context=self.context)
        self.page.open(self.address + address)
        self.page.wait("window.cinelog && document.hasFocus()")
        self.device = self.page.run("localStorage['cinelog.device']")

    def film(self):
        self.open("film.html?id=" + FILM)
        self.page.wait("video.readyState == 4")

    def table(self, name, columns, condition="1", at_least=1):
        """This viewer's rows, in order of happening."""
        statement = (
            f"SELECT {columns} FROM {name} WHERE anonymous_id = '{self.device}' AND {condition}"
            " ORDER BY time, event_id")
        until(lambda: len(rows(statement)) >= at_least, statement)
        return rows(statement)

    def choose(self, select, value):
        """What a choice in a select does; answers where the film was at that moment."""
        return self.page.run(
            f"(() => {{ const s = document.querySelector('{select}'), at = window.video?.currentTime;"
            f" s.value = '{value}'; s.dispatchEvent(new Event('change', {{ bubbles: true }})); return at }})()")

    def seek(self, position):
        """Answers where the film was."""
        return self.page.run(f"(() => {{ const at = {POSITION}; {POSITION} = {position}; return at }})()")

    def pause(self):
        self.page.click("#play")
        self.page.wait("video.paused")
        return self.page.run(POSITION)

    def reach(self, position):
        self.page.wait(f"{POSITION} >= {position}")

    def unhurt(self):
        self.assertEqual(self.page.problems, [])
        self.assertEqual([word for word in self.page.words if word[0] == "warning"], [])

    def assert_watched(self, done, watched):
        """Every interval to a second; and, second by second, nothing beyond the seconds at an interval's ends."""
        print(f"    done    {[[round(x, 2) for x in pair] for pair in done]}")
        print(f"    watched {[[round(x, 2) for x in pair] for pair in watched]}")
        self.assertEqual(len(watched), len(done), (watched, done))
        for (begin, end), (was_begin, was_end) in zip(watched, done):
            self.assertAlmostEqual(begin, was_begin, delta=1)
            self.assertAlmostEqual(end, was_end, delta=1)
        ends = {math.floor(place) + near for pair in done for place in pair for near in (-1, 0, 1)}
        counted, expected = seconds(watched), seconds(done)
        for second in counted.keys() | expected.keys():
            if second not in ends:
                self.assertEqual(counted[second], expected[second], f"second {second}")

    def watched(self, end, condition="1"):
        """What the table holds, once it holds something that ends about there."""

        def found():
            pairs = [pair for row in self.table("views", "watched", condition) for pair in row["watched"]]
            return joined(pairs) if abs(pairs[-1][1] - end) < 1 else None

        return until(found, f"an interval that ends at {end}")
