"""Film watching: what was done in the example cinema is compared with what the tables hold, second by second."""

import json
import time
import unittest

from cinema import FILM, FILM_SECONDS, POSITION, CinemaTest, joined


class WatchingTests(CinemaTest):
    def test_an_evening_is_in_the_tables_as_it_was(self):
        self.film()
        begun = time.monotonic()
        done = []
        self.page.click("#play")
        self.reach(4)
        done.append([0, self.pause()])

        self.seek(60)  # While it rests; then on from there.
        self.page.click("#play")
        self.reach(65)
        done.append([60, self.seek(20)])  # Back, while it plays.
        self.reach(24)
        done.append([20, self.seek(100)])  # Over a minute and more that nobody saw.
        self.reach(103)
        done.append([100, self.seek(21)])
        self.reach(23)  # Seen for the second time.

        self.choose("#speed", 2)
        self.reach(35)
        self.choose("#speed", 1)
        self.reach(37)

        other = self.browser.page(self.address, self.context)
        self.page.wait("document.hidden")
        hidden = time.monotonic()
        time.sleep(4)
        other.close()
        self.page.front()
        self.page.wait("!document.hidden && document.hasFocus()")
        hidden = time.monotonic() - hidden
        self.reach(43)

        at = self.choose("#quality", "360p")
        done.append([21, at])
        self.page.wait("!video.seeking && video.readyState == 4")
        self.reach(at + 4)

        self.page.offline(True)
        time.sleep(12)  # Reports fail meanwhile; the film plays on from what is there.
        self.page.offline(False)
        self.reach(at + 20)
        last = self.page.run(POSITION)
        spent = time.monotonic() - begun - hidden
        self.page.close()
        done[-1][1] = last  # The same picture from `at` on, in another quality.
        self.unhurt()

        self.assert_watched(done, self.watched(last))
        views = self.table("views", "verdict, rate, quality, view_id, duration, position, watched")
        self.assertEqual({row["verdict"] for row in views}, {""})
        self.assertEqual(len({row["view_id"] for row in views}), 1)
        self.assertEqual({row["duration"] for row in views}, {FILM_SECONDS})
        fast = joined([pair for row in views if row["rate"] == 2 for pair in row["watched"]])
        self.assert_watched([[23, 35]], fast)
        better = joined([pair for row in views if row["quality"] == "360p" for pair in row["watched"]])
        self.assert_watched([[at, last]], better)
        self.assertAlmostEqual(views[-1]["position"], last, delta=1)
        for row in views:
            self.assertLess(sum(end - begin for begin, end in row["watched"]), 21)

        changed = self.table("custom_events", "name, information", "name = 'quality_changed'")
        self.assertEqual(len(changed), 1)
        self.assertEqual(
            {**json.loads(changed[0]["information"]), "view_id": ""},
            {"film_id": FILM, "view_id": "", "from": "180p", "quality": "360p"})
        clicks = self.table("clicks", "obj_id, text, verdict")
        self.assertEqual(
            [(row["obj_id"], row["text"]) for row in clicks], [("player/play", "Play or pause")] * 3)
        page = self.table("pages", "url, duration, title", "url LIKE '%film.html%'")
        self.assertEqual([(row["url"], row["title"]) for row in page], [
            (self.address + "film.html?id=" + FILM, "Colour Bars · Example Cinema")])
        self.assertAlmostEqual(page[0]["duration"], spent, delta=2)

    def test_a_film_watched_to_its_end_says_so(self):
        self.film()
        self.seek(114)
        self.page.click("#play")
        self.page.wait("video.ended")
        row = self.table("custom_events", "information", "name = 'watched_to_end'")[0]
        self.assertAlmostEqual(json.loads(row["information"])["played_seconds"], FILM_SECONDS - 114, delta=0.5)
        self.assert_watched([[114, FILM_SECONDS]], self.watched(FILM_SECONDS))
        self.page.close()
        self.unhurt()

    def test_what_a_slow_connection_holds_up_is_not_watched(self):
        self.film()
        # Half of what the film needs: it plays, runs dry, plays.
        self.page.call("Network.setCacheDisabled", cacheDisabled=True)
        self.page.call(
            "Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=15_000, uploadThroughput=-1)
        self.page.run("window.dry = 0; video.addEventListener('waiting', () => dry++); video.load()")
        self.page.click("#play")
        begun = time.monotonic()
        self.page.wait(f"dry > 2 && {POSITION} > 5", 120)
        self.pause()
        took = time.monotonic() - begun
        played = self.page.run(
            "(p => Array.from({ length: p.length }, (_, i) => [p.start(i), p.end(i)]))(video.played)")
        self.page.run("cinelog.flush()")
        self.assert_watched(played, self.watched(played[-1][1]))
        self.assertLess(played[-1][1], took - 3)
        self.page.close()
        self.unhurt()

    def test_an_element_can_say_itself_what_it_plays_and_hidden_time_can_be_left_out(self):
        self.open("")
        self.page.run(f"""
            for (const id of ['tagged', 'seen']) {{
                const video = Object.assign(document.createElement('video'), {{ id, src: 'films/colour-bars-180p.webm' }});
                document.body.append(video);
            }}
            tagged.dataset.cinelogFilm = '{FILM}';
            tagged.dataset.cinelogQuality = '180p';
            cinelog.film(seen, {{ filmId: '{FILM}', viewId: 'seen', countHidden: false }});
            marks = [];
            document.addEventListener('visibilitychange', () => marks.push(seen.currentTime));
            tagged.play();
            seen.play();
            0""")
        self.page.wait("seen.currentTime > 3")
        other = self.browser.page(context=self.context)
        self.page.wait("document.hidden")
        time.sleep(4)
        other.close()
        self.page.front()
        self.page.wait("marks.length == 2 && seen.currentTime > marks[1] + 3")
        self.page.run("tagged.pause(); seen.pause()")
        self.page.wait("tagged.paused && seen.paused")
        hidden, shown, end, tagged = self.page.run("[...marks, seen.currentTime, tagged.currentTime]")
        self.page.run("cinelog.flush()")
        self.assertGreater(shown - hidden, 2)
        self.assert_watched([[0, hidden], [shown, end]], self.watched(end, "view_id = 'seen'"))
        self.assert_watched([[0, tagged]], self.watched(tagged, "quality = '180p'"))
        self.page.close()
        self.unhurt()


if __name__ == "__main__":
    unittest.main()
