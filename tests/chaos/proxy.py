"""A wire to a server that can go dead without anybody being told, as behind a lost NAT entry.

    python -m tests.chaos.proxy LISTEN_PORT TARGET_PORT

After SIGUSR1 the connections that are open swallow what is sent and stay open; new ones work.
"""

import asyncio
import signal
import sys
from contextlib import suppress


class Wire:
    """One connection and its other half."""

    def __init__(self) -> None:
        self.dead = False

    async def carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Carry bytes one way; a dead wire carries none, the end neither."""
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if self.dead:
                    continue
                writer.write(data)
                await writer.drain()
        if not self.dead:
            writer.close()


async def serve(port: int, target: int) -> None:
    """Connect whoever comes with the target."""
    # The event loop alone would let go of tasks that wait for ever, and close their sockets.
    wires: dict[Wire, object] = {}

    async def connect(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        wire = Wire()
        try:
            there, back = await asyncio.open_connection("127.0.0.1", target)
        except ConnectionError:
            writer.close()
            return
        wires[wire] = asyncio.current_task()
        await asyncio.gather(wire.carry(reader, back), wire.carry(there, writer))
        del wires[wire]

    def cut() -> None:
        for wire in wires:
            wire.dead = True

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, cut)
    server = await asyncio.start_server(connect, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
