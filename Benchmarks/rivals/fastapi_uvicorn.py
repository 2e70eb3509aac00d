"""FastAPI on uvicorn (uvloop, httptools), storing each click durably before it answers:  fastapi_uvicorn.py PORT DATABASE"""

import asyncio
import json
import sys

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from group_commit import GroupCommit, canonical

app = FastAPI()


def answer_committed(waiters):
    for waiter in waiters:
        if not waiter.done():  # its client may have left
            waiter.set_result(None)


@app.on_event("startup")
async def start():
    loop = asyncio.get_running_loop()
    app.state.log = GroupCommit(sys.argv[2], lambda waiters: loop.call_soon_threadsafe(answer_committed, waiters))


@app.get("/")
async def alive():
    return Response(status_code=204)


@app.post("/clicks/")
async def click(request: Request):
    try:
        identity, event = canonical(await request.json())
    except (KeyError, TypeError, ValueError) as error:
        return JSONResponse({"error": str(error)}, 422)
    stored = asyncio.get_running_loop().create_future()
    app.state.log.append(json.dumps(event).encode() + b"\n", stored)
    await stored
    return JSONResponse({"event_id": identity}, 201)


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False)
