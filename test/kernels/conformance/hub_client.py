"""A jupyter_client kernel client and manager whose kernel is behind a Cokernel hub.

They stand where jupyter_kernel_test has its own: the same client code, over one WebSocket in the v1 protocol (with the
functions of jupyter_server itself) in place of five ZeroMQ sockets.
"""

from __future__ import annotations

import json
import threading
import urllib.request
from queue import Empty, Queue

import websocket
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.jsonutil import extract_dates, json_default
from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)

V1 = "v1.kernel.websocket.jupyter.org"
READY_TIMEOUT_S = 60
CHANNELS = ("shell", "iopub", "stdin", "control")


def pack(part: object) -> bytes:
    return json.dumps(part, default=json_default).encode()


class HubChannel:
    """One channel of the socket, with the methods that the blocking client and the suite call."""

    def __init__(self, name: str, connection: websocket.WebSocket) -> None:
        self.name = name
        self.connection = connection
        self.arrived: Queue[dict] = Queue()

    def send(self, msg: dict) -> None:
        self.connection.send_binary(serialize_msg_to_ws_v1(msg, self.name, pack))

    def get_msg(self, timeout: float | None = None) -> dict:
        return self.arrived.get(timeout=timeout)

    def get_msgs(self) -> list[dict]:
        msgs = []
        while self.msg_ready():
            msgs.append(self.arrived.get_nowait())
        return msgs

    def msg_ready(self) -> bool:
        return not self.arrived.empty()

    def is_alive(self) -> bool:
        return self.connection.connected


class HubKernelClient(BlockingKernelClient):
    """A BlockingKernelClient whose channels go through the hub."""

    def __init__(self, hub: str, token: str, kernel_id: str) -> None:
        super().__init__()
        address = hub.replace("http", "ws", 1)
        self.url = f"{address}/api/kernels/{kernel_id}/channels?session_id={self.session.session}&token={token}"
        self.connection: websocket.WebSocket | None = None

    def start_channels(self, **_kwargs: object) -> None:
        self.connection = websocket.create_connection(self.url, subprotocols=[V1])
        for name in CHANNELS:
            setattr(self, f"_{name}_channel", HubChannel(name, self.connection))
        threading.Thread(target=self._read, args=(self.connection,), daemon=True).start()

    def stop_channels(self) -> None:
        if self.connection is not None:
            self.connection.close()

    def wait_for_ready(self, timeout: float = READY_TIMEOUT_S) -> None:
        self.kernel_info()
        while self.get_shell_msg(timeout=timeout)["msg_type"] != "kernel_info_reply":
            pass
        # As jupyter_client does: what a start says is over when nothing comes for a moment.
        while True:
            try:
                self.get_iopub_msg(timeout=0.2)
            except Empty:
                return

    def _read(self, connection: websocket.WebSocket) -> None:
        while True:
            try:
                frame = connection.recv()
            except (websocket.WebSocketException, OSError):
                return
            if not frame:
                return
            channel, parts = deserialize_msg_from_ws_v1(frame)
            header, parent, metadata, content = (json.loads(part) for part in parts[:4])
            header = extract_dates(header)
            msg = {
                "header": header,
                "msg_id": header["msg_id"],
                "msg_type": header["msg_type"],
                "parent_header": extract_dates(parent),
                "metadata": metadata,
                "content": content,
                "buffers": parts[4:],
            }
            getattr(self, f"_{channel}_channel").arrived.put(msg)


class HubKernelManager:
    """Starts and ends a kernel by the hub's REST API."""

    hub = ""
    token = ""

    def __init__(self, kernel_name: str) -> None:
        self.kernel_name = kernel_name
        self.kernel_id = ""

    def start_kernel(self) -> None:
        self.kernel_id = self._ask("POST", "/api/kernels", {"name": self.kernel_name})["id"]

    def client(self) -> HubKernelClient:
        return HubKernelClient(self.hub, self.token, self.kernel_id)

    def shutdown_kernel(self) -> None:
        self._ask("DELETE", f"/api/kernels/{self.kernel_id}")

    def _ask(self, method: str, path: str, body: dict | None = None) -> dict:
        request = urllib.request.Request(
            self.hub + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as response:
            text = response.read()
        return json.loads(text) if text else {}


def start_new_kernel(kernel_name: str) -> tuple[HubKernelManager, HubKernelClient]:
    manager = HubKernelManager(kernel_name)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready()
    return manager, client
