"""`python -m tests.benchmarks.latency PORT MILLISECONDS`: a relay that is far away.

Prints the port it listens on, and passes everything on to 127.0.0.1:PORT, each way half of the round trip later.
"""

import asyncio
import sys


async def main(port: int, seconds: float) -> None:
    async def arrived(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.TaskGroup() as both:
            both.create_task(passed_on(reader, far_writer, seconds / 2))
            both.create_task(passed_on(far_reader, writer, seconds / 2))

    listening = await asyncio.start_server(arrived, "127.0.0.1", 0, limit=2**20)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    try:
        while data := await reader.read(2**18):
            loop.call_later(seconds, writer.write, data)
    except ConnectionError:
        pass
    loop.call_later(seconds, writer.close)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) / 1000))
