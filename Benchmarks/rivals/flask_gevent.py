"""Flask on gevent, storing each click durably before it answers:  flask_gevent.py PORT DATABASE"""

import json
import sys

import gevent
import gevent.event
import gevent.pywsgi
from flask import Flask, request
from group_commit import GroupCommit, canonical

app = Flask(__name__)
committed = []


def wake(waiters):
    committed.append(waiters)
    ready.send()


def answer_committed():
    while committed:
        for waiter in committed.pop(0):
            waiter.set()


ready = gevent.get_hub().loop.async_()
ready.start(answer_committed)
log = GroupCommit(sys.argv[2], wake)


@app.get("/")
def alive():
    return "", 204


@app.post("/clicks/")
def click():
    try:
        identity, event = canonical(request.get_json())
    except (KeyError, TypeError, ValueError) as error:
        return {"error": str(error)}, 422
    stored = gevent.event.Event()
    log.append(json.dumps(event).encode() + b"\n", stored)
    stored.wait()
    return {"event_id": identity}, 201


gevent.pywsgi.WSGIServer(("127.0.0.1", int(sys.argv[1])), app, log=None).serve_forever()
