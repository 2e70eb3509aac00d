"""Clicks and page views."""

import json
import time
import unittest

from case import TrackerTest
from devtools import until


class ClickTests(TrackerTest):
    BODY = """
        <button data-cinelog="hero/play"> Play
            <b>now</b></button>
        <a id="more" href="#more">More</a> <button>Plain</button> <p id="words">Words</p>
        <label data-cinelog="form">Card <input id="card" value="4111"></label>
        <div data-cinelog="note"><div id="note" contenteditable>a secret</div></div>
        <textarea id="letter" data-cinelog="letter">dear diary</textarea>"""

    def test_marked_elements_are_captured_and_nothing_else(self):
        page = self.open(self.collector.page("a", self.BODY))
        for selector in ("#more", "#words", "button:nth-of-type(2)", "b"):
            page.click(selector)
        click = self.events("click", 1)
        self.assertEqual([(event["obj_id"], event["text"]) for event in click], [("hero/play", "Play now")])
        place = page.run("(r => [r.x, r.y, r.right, r.bottom])(document.querySelector('b').getBoundingClientRect())")
        self.assertTrue(place[0] <= click[0]["x"] <= place[2] and place[1] <= click[0]["y"] <= place[3])
        self.assertEqual(click[0]["url"], page.run("location.href"))

    def test_links_and_buttons_are_captured_when_asked_for(self):
        page = self.open(self.collector.page("a", self.BODY, "data-all-clicks"))
        for selector in ("#words", "#more", "button:nth-of-type(2)"):
            page.click(selector)
        clicks = self.events("click", 2)
        self.assertEqual([(event["obj_id"], event["text"]) for event in clicks], [("a#more", "More"), ("button", "Plain")])

    def test_what_is_typed_is_never_sent(self):
        page = self.open(self.collector.page("a", self.BODY, "data-all-clicks"))
        for selector in ("#card", "#note", "#letter"):
            page.click(selector)
            page.type("hush")
            page.click(selector)
        self.events("click", 6)
        sent = json.dumps(self.collector.events())
        for secret in ("4111", "secret", "diary", "hush"):
            self.assertNotIn(secret, sent)
        self.assertEqual({event["obj_id"] for event in self.collector.events("click")}, {"form", "note", "letter"})

    def test_a_click_of_the_keyboard_has_no_place(self):
        page = self.open(self.collector.page("a", self.BODY))
        page.run("document.querySelector('button').click(); cinelog.click('by hand')")
        for click in self.events("click", 2):
            self.assertNotIn("x", click)
        self.assertEqual([event["obj_id"] for event in self.collector.events("click")], ["hero/play", "by hand"])


class PageTests(TrackerTest):
    def test_only_visible_and_focused_time_counts(self):
        page = self.open(self.collector.page("a", "<div style='height: 3000px'></div>"))
        page.wait("document.hasFocus()")
        time.sleep(2)
        page.run("scrollTo(0, 700)")
        page.wait("scrollY == 700")
        other = self.browser.page(context=self.context)
        page.wait("document.hidden")
        time.sleep(2)
        page.front()
        page.wait("document.hasFocus()")
        time.sleep(1)
        page.close()
        other.close()
        until(lambda: self.collector.events("page")[-1]["duration"] > 2.9, "the last version")
        views = self.collector.events("page")
        self.assertEqual(len({view["event_id"] for view in views}), 1)
        self.assertEqual(views[0]["duration"], 0)
        self.assertLess(views[-1]["duration"], 4.5)
        self.assertEqual(views[-1]["title"], "A page")
        self.assertTrue(40 < views[-1]["scroll"] < 60, views[-1])

    def test_time_stands_still_while_another_window_has_the_focus(self):
        page = self.open()
        page.wait("document.hasFocus()")
        time.sleep(1)
        # All headless windows believe that they have it: this one is told otherwise.
        page.run("document.hasFocus = () => false; dispatchEvent(new Event('blur'))")
        spent = page.run("performance.now()") / 1000
        time.sleep(3)
        page.close()
        until(lambda: self.collector.events("page")[-1]["duration"] > 0, "the last version")
        self.assertTrue(0.9 < self.collector.events("page")[-1]["duration"] <= spent)

    def test_each_route_of_a_single_page_is_a_view(self):
        page = self.open()
        page.wait("document.hasFocus()")
        first = page.run("location.href")
        time.sleep(1)
        page.run("history.pushState({}, '', '/films?sort=year'); document.title = 'Films'; 0")
        page.run("history.replaceState({}, '', '/films?sort=title'); location.hash = 'top'; 0")
        time.sleep(1)
        page.run("history.go(-2)")
        page.wait(f"location.href == {json.dumps(first)}")
        until(lambda: len({view["event_id"] for view in self.collector.events("page")}) == 3, "three views")
        last = {view["event_id"]: view for view in self.collector.events("page")}
        one, two, three = last.values()
        self.assertEqual([one["url"], two["url"], three["url"]], [first, self.collector.address + "/films?sort=year", first])
        self.assertEqual([one["referrer"], two["referrer"], three["referrer"]], ["", first, two["url"]])
        self.assertEqual([one["title"], two["title"]], ["A page", "Films"])
        for view in (one, two):
            self.assertTrue(0.9 <= view["duration"] < 3, view)

    def test_a_page_back_from_the_cache_is_another_view(self):
        page = self.open()
        page.open(self.collector.page("b"))
        page.run("history.back()")
        page.wait(f"location.href == {json.dumps(self.address)}")
        until(lambda: len({view["event_id"] for view in self.collector.events("page")}) == 3, "three views")

    def test_views_can_be_left_out_and_addresses_cleaned(self):
        page = self.open(self.collector.page("a", "<button data-cinelog=go>Go</button>", 'data-pages="false"'))
        page.run("cinelog.track('one')")
        self.events("custom", 1)
        self.assertEqual(self.collector.events("page"), [])
        clean = "<script>cinelog.init({ cleanUrl: (url) => url.split('?')[0] })</script><button data-cinelog=go>Go</button>"
        address = self.collector.page("b", clean, "data-manual")
        page = self.open(address + "?token=secret")
        page.click("button")
        self.events("click", 1)
        page.run("location.href += '&another'")
        until(lambda: self.collector.events("page")[-1]["referrer"] == address, "the second page")
        self.assertEqual({event["url"] for event in self.collector.events() if "url" in event}, {address})


if __name__ == "__main__":
    unittest.main()
