"""The dashboard's numbers are what SQL says, written down here anew and not taken from the answers."""

import json
import unittest

from screen import VIEWER, DashboardTest, number, sql

GOOD = "verdict = ''"
# Every whole second of the film that an interval covers, its ends rounded.
SECONDS = ("arrayFlatten(arrayMap(part -> range(toUInt32(floor(part.1 + 0.5)), toUInt32(greatest(floor(part.1 + 0.5), floor(part.2 + 0.5)))),"
           " watched))")


class NumberTests(DashboardTest):
    def test_overview(self):
        page = self.show("/?range=all")
        tables = {"film": "views", "page": "pages", "click": "clicks", "custom": "custom_events"}
        page.wait("!!document.querySelector('[data-question=totals] td')")
        for place, table in enumerate(tables.values()):
            events, viewers = sql(f"SELECT count(), uniqExact({VIEWER}) FROM {table} WHERE {GOOD}")[0]
            self.assertEqual(self.numbers(page, "totals", "events")[place], float(events), table)
            self.assertEqual(self.numbers(page, "totals", "viewers")[place], float(viewers), table)
        all_events = sum(number(f"SELECT count() FROM {table}") for table in tables.values())
        page.wait(f"document.querySelector('[data-tile=total]').textContent == '{int(all_events):,}'")

    def test_what_was_refused_is_told_with_its_reason(self):
        page = self.show("/")
        page.wait("!!document.querySelector('[data-card=rejects]:not([hidden]) td')")
        self.assertEqual(self.sum(page, "[data-card=rejects] [data-column=events]"), number("SELECT count() FROM quarantine"))
        reasons = page.run("[...document.querySelectorAll('[data-card=rejects] [data-column=reason]')].map((cell) => cell.dataset.value)")
        self.assertEqual(sorted(reasons), sorted(row[0] for row in sql("SELECT DISTINCT reason FROM quarantine")))

    def test_rates_add_up(self):
        page = self.show("/?range=24h")
        page.run("document.querySelector('[data-question=rates] details.numbers').open = true")
        page.wait("!!document.querySelector('[data-question=rates] td')")
        wanted = number(f"SELECT count() FROM clicks WHERE {GOOD} AND time > now() - 86400")
        self.assertEqual(sum(self.numbers(page, "rates", "click")), wanted)

    def test_films(self):
        page = self.show("/?view=films&range=all")
        shown = zip(self.column(page, "films", "film_id"), *(self.numbers(page, "films", name) for name in (
            "viewers", "plays", "unique_seconds")), strict=True)
        wanted = {film: tuple(map(float, rest)) for film, *rest in sql(f"""
            SELECT toString(film_id), uniqExact(viewer), sum(plays), sum(length(arrayDistinct(seconds))) FROM
              (SELECT film_id, {VIEWER} AS viewer, uniqExact(view_id) AS plays, arrayFlatten(groupArray({SECONDS})) AS seconds
               FROM views WHERE {GOOD} GROUP BY film_id, viewer)
            GROUP BY film_id""")}
        shown = {film: tuple(rest) for film, *rest in shown}
        self.assertGreater(len(shown), 10)
        self.assertEqual(shown, wanted)
        page.wait("document.querySelector('[data-column=film_id] a').textContent == 'The Last Lighthouse'")

    def test_one_film(self):
        film = sql(f"SELECT toString(film_id) FROM views WHERE {GOOD} GROUP BY film_id ORDER BY count() DESC LIMIT 1")[0][0]
        page = self.show(f"/?view=film&film={film}&range=all&step=60")
        where = f"{GOOD} AND film_id = toUUID('{film}')"
        self.assertEqual(self.tile(page, "viewers"), number(f"SELECT uniqExact({VIEWER}) FROM views WHERE {where}"))
        self.assertEqual(self.tile(page, "played"), number(f"SELECT sum(length({SECONDS})) FROM views WHERE {where}"))
        page.run("document.querySelector('[data-question=film] details.numbers').open = true")
        page.wait("!!document.querySelector('[data-question=film] td')")
        ends = list(zip(*(self.numbers(page, "film", name) for name in ("from", "to"))))
        self.assertEqual(ends[0][0], 0)
        self.assertTrue(all(one[1] == other[0] for one, other in zip(ends, ends[1:])))
        viewers = {int(place): float(count) for place, count in sql(f"""
            SELECT intDiv(second, 60) AS minute, uniqExact(viewer) FROM
              (SELECT {VIEWER} AS viewer, arrayJoin({SECONDS}) AS second FROM views WHERE {where}) GROUP BY minute""")}
        self.assertEqual(self.numbers(page, "film", "viewers"), [viewers.get(place, 0) for place in range(len(ends))])

    def test_pages(self):
        page = self.show("/?view=pages&range=all")
        wanted = sql(f"""SELECT url, count() AS views, uniqExact({VIEWER}), avgOrNullIf(duration, duration > 0) FROM pages WHERE {GOOD}
            GROUP BY url ORDER BY views DESC LIMIT 5""")
        self.assertEqual(self.numbers(page, "pages", "views")[:5], [float(row[1]) for row in wanted])
        self.assertEqual(self.numbers(page, "pages", "viewers")[0], float(wanted[0][2]))
        for shown, row in zip(self.column(page, "pages", "mean_seconds"), wanted):
            self.assertEqual(shown == "", row[3] is None)
            if shown:
                self.assertAlmostEqual(float(shown), float(row[3]), places=1)

    def test_clicks_and_their_filter(self):
        place, count = sql(f"SELECT url, count() FROM clicks WHERE {GOOD} GROUP BY url ORDER BY count() DESC LIMIT 1")[0]
        page = self.show("/?view=clicks&range=all")
        wanted = sql(f"""SELECT obj_id, url, count() AS clicks FROM clicks WHERE {GOOD}
            GROUP BY obj_id, url ORDER BY clicks DESC LIMIT 5""")
        self.assertEqual(self.numbers(page, "clicks", "clicks")[:5], [float(row[2]) for row in wanted])
        page.run("[...document.querySelectorAll('[data-question=clicks] td a')]"
                 f".find((link) => link.title == {json.dumps(place)}).click()")
        page.wait(f"new URLSearchParams(location.search).get('page') == {json.dumps(place)}")
        self.settle(page)
        self.assertEqual(sum(self.numbers(page, "clicks", "clicks")), float(count))

    def test_custom_events(self):
        page = self.show("/?view=events&range=all&name=quality_changed&property=to")
        wanted = sql(f"SELECT name, count() FROM custom_events WHERE {GOOD} GROUP BY name ORDER BY count() DESC")
        self.assertEqual(self.numbers(page, "events", "events"), [float(row[1]) for row in wanted])
        values = sql(f"""SELECT JSONExtractString(information, 'to') AS value, count() AS events FROM custom_events
            WHERE {GOOD} AND name = 'quality_changed' GROUP BY value""")
        shown = dict(zip(self.column(page, "event_values", "value"), self.numbers(page, "event_values", "events")))
        self.assertEqual(shown, {value: float(count) for value, count in values})

    def test_schemas(self):
        page = self.show("/?view=schemas&range=all")
        names = self.column(page, "schemas", "name")
        self.assertEqual(names, ["quality_changed", "search_filtered", "watched_to_end"])
        wanted = dict(sql(f"SELECT name, count() FROM custom_events WHERE {GOOD} GROUP BY name"))
        self.assertEqual(self.numbers(page, "schemas", "events"), [float(wanted[name]) for name in names])
        # Checks are of all that came, bots and copies of events too; what the demo sends fits.
        self.assertTrue(all(fits >= float(wanted[name]) for fits, name in zip(self.numbers(page, "schemas", "fits"), names)))
        self.assertEqual(self.numbers(page, "schemas", "fails"), [0, 0, 0])

    def test_funnel(self):
        page = self.show("/?view=funnels&range=all&step=click%3Abutton%23play&step=film")
        wanted = number(f"SELECT uniqExact({VIEWER}) FROM clicks WHERE {GOOD} AND obj_id = 'button#play'")
        shown = page.run("[...document.querySelectorAll('.funnel-bars b')].map((step) => Number(step.dataset.value))")
        self.assertEqual(shown[0], wanted)
        self.assertTrue(0 < shown[1] <= wanted, shown)

    def test_retention(self):
        page = self.show("/?view=retention")
        shown = self.sum(page, ".heatmap td.number")
        union = " UNION ALL ".join(
            f"SELECT {VIEWER} AS viewer FROM {table} WHERE {GOOD} AND time < now()"
            for table in ("clicks", "pages", "views", "custom_events"))
        self.assertEqual(shown, number(f"SELECT uniqExact(viewer) FROM ({union})"))

    def test_health(self):
        page = self.show("/?view=health")
        page.wait("!!document.querySelector('[data-card=ledger] td') && !!document.querySelector('[data-card=rejects] td')")
        self.assertEqual(self.sum(page, "[data-card=ledger] [data-column=stored]"), number("SELECT sum(stored) FROM ledger"))
        page.wait("!!document.querySelector('[data-card=ledger] .verdict').classList.contains('good')")
        refused = self.sum(page, "[data-card=rejects] [data-column=events]")
        self.assertEqual(refused, number("SELECT count() FROM quarantine"))
        self.assertGreater(refused, 0)
        page.run("document.querySelector('[data-card=ledger] footer button').click()")
        page.wait("document.querySelector('[data-card=ledger] footer [role=status]').className == 'good'")

    def test_the_sql_of_a_chart_runs_in_the_console(self):
        page = self.show("/?view=clicks&range=all")
        clicks = self.column(page, "clicks", "clicks")
        page.run("document.querySelector('[data-question=clicks] .statements a').click()")
        page.wait("!!document.querySelector('.result td')")
        place = page.run("[...document.querySelectorAll('.result thead th')].findIndex((head) => head.textContent == 'clicks')")
        shown = page.run(f"[...document.querySelectorAll('.result [data-column=\"{place}\"]')].map((cell) => cell.dataset.value)")
        self.assertEqual(shown[:len(clicks)], clicks)


if __name__ == "__main__":
    unittest.main()
