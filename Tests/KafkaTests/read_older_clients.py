"""Stands between librdkafka 2.0.2 and a broker of the tests, and takes nothing away but one thing.

That librdkafka skips a byte too few of tagged fields of length 1, and so cannot read this broker's answer to
ApiVersions version 3. Asked for version 0, as after UNSUPPORTED_VERSION, it goes on. Everything else passes as it is.

usage: read_older_clients.py LISTEN_PORT BROKER_PORT
"""

import asyncio
import struct
import sys

API_VERSIONS, UNSUPPORTED_VERSION = 18, 35


async def requests(client, broker, answers):
    while True:
        (length,) = struct.unpack(">i", await client.readexactly(4))
        request = await client.readexactly(length)
        kind, version, correlation = struct.unpack(">hhi", request[:8])
        if kind == API_VERSIONS and version > 0:
            answer = struct.pack(">ihi", correlation, UNSUPPORTED_VERSION, 0)
            answers.write(struct.pack(">i", len(answer)) + answer)
        else:
            broker.write(struct.pack(">i", length) + request)
            await broker.drain()


async def answers(broker, client):
    while data := await broker.read(65536):
        client.write(data)
        await client.drain()


async def serve(reader, writer):
    try:
        from_broker, to_broker = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
    except OSError:
        writer.close()
        return
    tasks = [
        asyncio.create_task(requests(reader, to_broker, writer)),
        asyncio.create_task(answers(from_broker, writer)),
    ]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    writer.close()
    to_broker.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(main())
