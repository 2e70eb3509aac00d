"""The dashboard in people's hands: each view in both languages, by light and in the dark, wide and narrow; by keyboard; when things
go wrong."""

import os
import pathlib
import tempfile
import unittest
import urllib.error
import urllib.request

from devtools import until
from screen import ROOT, DashboardTest, number, sql

FILM = "940eee3c-ba6f-475c-ae84-496e7857dd86"
VIEWS = {
    "overview": "/", "films": "/?view=films", "film": f"/?view=film&film={FILM}", "pages": "/?view=pages", "clicks": "/?view=clicks",
    "events": "/?view=events", "schemas": "/?view=schemas",
    "funnels": "/?view=funnels", "retention": "/?view=retention", "health": "/?view=health",
    "live": "/?view=live",
    "sql": "/?view=sql#SELECT%20obj_id%2C%20count()%20FROM%20clicks%20GROUP%20BY%20obj_id%20LIMIT%205",
}
LOOKS = [("en", "light", 1280), ("ru", "dark", 1280), ("ru", "light", 360)]
AXE = next((ROOT / ".cache/venv/lib").glob("python3*/site-packages/axe_playwright_python/axe.min.js")).read_text()
# An admin address that wants a token, and where nothing has come in yet.
SECURED, TOKEN = os.environ["SECURED"], os.environ["SECURED_TOKEN"]


def barriers(page):
    """What axe-core finds against WCAG 2.2 A and AA, and its best practices."""
    page.run(AXE + "; 0")
    found = page.run("axe.run(document).then(({ violations }) => violations.map((one) =>"
                     " one.id + ': ' + one.nodes.map((node) => node.html.slice(0, 160)).slice(0, 3).join(' | ')))")
    return found


class LookTests(DashboardTest):
    def test_each_view_in_each_look(self):
        for name, address in VIEWS.items():
            for language, theme, width in LOOKS:
                with self.subTest(name, language=language, theme=theme, width=width):
                    page = self.show(address, language, theme, width)
                    if name == "sql":
                        page.wait("!!document.querySelector('.result td')")
                    self.assertEqual(page.run("document.documentElement.scrollWidth"), page.run("document.documentElement.clientWidth"))
                    self.assertEqual(page.run("[...document.querySelectorAll('main .problem')].map((one) => one.textContent)"), [])
                    self.assertEqual(barriers(page), [])
                    self.picture(page, f"{name}-{language}-{theme}-{width}")
                    page.close()

    def test_both_dictionaries_say_the_same(self):
        page = self.show()
        texts = page.run("Promise.all(['en', 'ru'].map((one) => import(`/dashboard/words/${one}.js`).then((file) => file.default)))")
        english, russian = texts
        self.assertEqual(sorted(english), sorted(russian))
        self.assertGreater(len(english), 150)

        def forms(text):
            return list(text.values()) if isinstance(text, dict) else [text]

        def names(text):
            return {part.split("}")[0] for form in forms(text) for part in form.split("{")[1:]}

        for key, text in english.items():
            self.assertEqual(names(text), names(russian[key]), key)
            self.assertEqual(isinstance(text, dict), isinstance(russian[key], dict), key)
            self.assertTrue(all(forms(text)) and all(forms(russian[key])), key)

    def test_light_and_dark_by_the_system_and_by_choice(self):
        page = self.show(theme="auto")
        colour = "getComputedStyle(document.body).backgroundColor"
        page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        dark = page.run(colour)
        page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
        light = page.run(colour)
        self.assertNotEqual(dark, light)
        page.run("{ const choice = document.querySelectorAll('#aside select')[1]; choice.value = 'dark'; choice.dispatchEvent(new Event('change')) }")
        self.assertEqual(page.run(colour), dark)


class HandTests(DashboardTest):
    def press(self, page, key, times=1):
        for _ in range(times):
            for kind in ("keyDown", "keyUp"):
                page.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode={"Tab": 9, "Enter": 13}[key],
                          **({"text": "\r"} if key == "Enter" and kind == "keyDown" else {}))

    def focused(self, page):
        return page.run("document.activeElement.textContent.trim()")

    def test_by_keyboard(self):
        page = self.show()
        self.press(page, "Tab")
        self.assertEqual(self.focused(page), "Skip to the figures")
        self.press(page, "Tab", 3)
        self.assertEqual(self.focused(page), "Films")
        self.press(page, "Enter")
        page.wait("location.search == '?view=films'")
        self.assertEqual(page.run("document.activeElement.tagName + document.activeElement.textContent"), "H1Films")
        self.assertEqual(page.run("document.querySelector('#views [aria-current]').textContent"), "Films")

    def test_filters_live_in_the_address(self):
        page = self.show("/?view=films")
        page.wait("document.querySelectorAll('.filters select')[1].options.length > 2")
        page.run("{ const platform = document.querySelectorAll('.filters select')[1]; platform.focus(); platform.value = 'tv';"
                 " platform.dispatchEvent(new Event('change')) }")
        page.wait("location.search == '?view=films&platform=tv'")
        self.settle(page)
        self.assertEqual(page.run("document.activeElement.value"), "tv")
        tv = self.column(page, "films", "viewers")
        again = self.show("/?view=films&platform=tv")
        self.assertEqual(self.column(again, "films", "viewers"), tv)
        page.run("document.querySelector('#views a[data-view=pages]').click()")
        page.wait("location.search == '?view=pages&platform=tv'")
        page.run("history.back()")
        page.wait("document.querySelector('h1').textContent == 'Films'")

    def test_a_table_is_sorted_and_copied(self):
        page = self.show("/?view=pages&range=all")
        self.browser.call("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"], browserContextId=self.context)
        page.run("[...document.querySelectorAll('thead button')].at(-1).click()")
        self.assertEqual(page.run("document.querySelectorAll('th[aria-sort=descending]').length"), 1)
        page.front()
        page.wait("document.hasFocus()")
        page.run("document.querySelector('[data-question=pages] .tool').click()")
        page.wait("document.querySelector('[data-question=pages] .tool').textContent == 'Copied'")
        lines = page.run("navigator.clipboard.readText()").split("\n")
        self.assertEqual(len(lines) - 1, min(100, number("SELECT uniqExact(url) FROM pages WHERE verdict = ''")))

    def test_files(self):
        page = self.show("/?view=events&range=all&name=quality_changed&property=to")
        with tempfile.TemporaryDirectory() as folder:
            self.browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=folder, browserContextId=self.context)
            names = {"CSV": "events.csv", "Parquet": "events.parquet"}
            for words, name in names.items():
                page.run(f"document.querySelector('[data-question=events] [aria-label=\"Download {words}\"]').click()")
                file = pathlib.Path(folder, name)
                until(file.exists, name)
            lines = pathlib.Path(folder, "events.csv").read_text().strip().split("\n")
            self.assertEqual(len(lines) - 1, len(sql("SELECT DISTINCT name FROM custom_events WHERE verdict = ''")))
            self.assertEqual(pathlib.Path(folder, "events.parquet").read_bytes()[:4], b"PAR1")

    def test_a_store_that_does_not_answer_is_told_and_asked_again(self):
        page = self.show("/?view=films", quiet=False)
        page.offline(True)
        page.run("document.querySelector('#views a[data-view=pages]').click()")
        page.wait("!!document.querySelector('[data-question=pages] .problem')?.textContent.includes('does not answer')")
        page.offline(False)
        page.run("document.querySelector('[data-question=pages] .problem button').click()")
        page.wait("!!document.querySelector('[data-question=pages] td')")
        self.assertEqual(page.problems, [])

    def test_what_the_server_refuses_is_told(self):
        page = self.show("/?view=films&from=nonsense", quiet=False)
        self.assertIn("from", page.run("document.querySelector('[data-question=films] .problem p').textContent"))

    def send(self, body, path="/clicks/"):
        request = urllib.request.Request(os.environ["INGEST"] + path, body.encode(), {"Content-Type": "application/json"})
        try:
            urllib.request.urlopen(request, timeout=20).close()
        except urllib.error.HTTPError as refused:
            refused.close()

    def outcomes(self, page):
        return page.run("[...document.querySelectorAll('.live tbody tr')].map((row) => row.dataset.outcome)")

    def test_what_arrives_is_seen_live_filtered_and_held(self):
        page = self.show("/?view=live")
        page.wait("document.querySelector('main [role=status]').textContent.startsWith('Listening')")
        self.send('{"obj_id": "live <b>one</b>"}')
        self.send('{"obj_id": 7}')
        page.wait("document.querySelectorAll('.live tbody tr').length == 2")
        self.assertEqual(self.outcomes(page), ["rejected", "accepted"])
        self.assertIn("obj_id must be", page.run("document.querySelector('.live summary').textContent"))
        self.assertEqual(page.run("document.querySelectorAll('.live summary')[1].textContent"), "live <b>one</b>")
        page.run("document.querySelectorAll('.live summary')[1].click()")
        self.assertIn('"obj_id": "live <b>one</b>"', page.run("document.querySelector('.live details[open] pre').textContent"))
        self.assertEqual(barriers(page), [])
        self.picture(page, "live-events")
        page.run("document.querySelector('main .tools button').click()")
        self.assertEqual(page.run("document.querySelector('main .tools button').getAttribute('aria-pressed')"), "true")
        self.send('{"obj_id": "live two"}')
        page.wait("document.querySelector('main').textContent.includes('1 event waits.')")
        self.assertEqual(len(self.outcomes(page)), 2)
        page.run("document.querySelector('main .tools button').click()")
        page.wait("document.querySelectorAll('.live tbody tr').length == 3")
        self.show_only(page, "rejected")
        self.send('{"obj_id": "live three"}')
        self.send('{"obj_id": true}')
        page.wait("document.querySelectorAll('.live tbody tr').length == 1")
        self.assertEqual(self.outcomes(page), ["rejected"])

    def test_what_does_not_fit_its_schema_is_seen_live(self):
        page = self.show("/?view=live")
        self.show_only(page, "warned")
        self.send('{"obj_id": "good"}')
        self.send('{"obj_id": false}')
        self.send('{"name": "watched_to_end", "information": {"percent": 101}}', "/custom_events/")
        page.wait("document.querySelectorAll('.live tbody tr').length == 1")
        self.assertIn("does not fit", page.run("document.querySelector('.live .warn').textContent"))
        self.assertEqual(page.run("document.querySelectorAll('.live details li').length"), 2)
        self.assertIn("information.film_id is required", page.run("document.querySelector('.live details').textContent"))
        self.assertEqual(barriers(page), [])

    def show_only(self, page, outcome):
        page.run("{ const outcome = document.querySelector('.filters select'); outcome.value = '%s';"
                 " outcome.dispatchEvent(new Event('change')) }" % outcome)
        page.wait("location.search == '?view=live&outcome=%s'"
                  " && document.querySelector('main [role=status]').textContent.startsWith('Listening')" % outcome)

    def test_a_live_filter_that_is_none_is_told(self):
        page = self.show("/?view=live&user=me", quiet=False)
        page.wait("!!document.querySelector('.problem')?.textContent.includes('must be a UUID')")

    def test_a_range_without_events(self):
        page = self.show("/?view=films&from=2001-01-01T00:00:00.000Z&to=2001-01-02T00:00:00.000Z")
        self.assertEqual(page.run("document.querySelector('[data-question=films] .none').textContent"), "Nothing in this range.")

    def test_the_token_is_asked_for_and_the_first_event_explained(self):
        page = self.show("/", admin=SECURED, quiet=False)
        for token in ("wrong", TOKEN):
            page.wait("!!document.querySelector('#token')")
            page.run(f"document.querySelector('#token').value = '{token}'; document.querySelector('main form').requestSubmit()")
            if token == "wrong":
                page.wait("document.querySelector('main .error')?.textContent == 'This token is not the right one.'")
        page.wait("!!document.querySelector('#empty:not([hidden]) pre')?.textContent.startsWith('curl http')")
        self.assertEqual(page.problems, [])


if __name__ == "__main__":
    unittest.main()
