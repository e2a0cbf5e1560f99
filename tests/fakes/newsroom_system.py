"""A newsroom computer system on its MOS lower port: objects by id, running orders, heartbeats; can cut a line or refuse an object."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

END = "</mos>".encode("utf-16-be")
REQUIRED = ["objID", "objSlug", "mosAbstract", "objGroup", "objType", "objTB", "objRev", "objDur", "status", "objAir", "objPaths", "createdBy",
            "created", "changedBy", "changed", "description"]  # fmt: skip


class NewsroomSystem:
    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.running_orders: dict[str, list[str]] = {}
        self.messages: list[str] = []
        self.refuse = ""  # statusDescription of a NACK
        self.trouble: Callable[[str], str | None] = lambda _kind: None  # refuse, lost
        self.beats_first = False  # a heartbeat of its own before each answer

    def __enter__(self) -> NewsroomSystem:
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                buffer = bytearray()
                while data := self.request.recv(1 << 16):
                    buffer += data
                    while (at := buffer.find(END)) >= 0 and at % 2 == 0:
                        text = bytes(buffer[: at + len(END)]).decode("utf-16-be")
                        del buffer[: at + len(END)]
                        if not outer._answer(text, self.request.sendall):
                            return

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_: Any) -> None:
                return

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def _answer(self, text: str, send: Callable[[bytes], None]) -> bool:
        root = ElementTree.fromstring(text)  # noqa: S314  # it comes from the function under test
        assert [child.tag for child in root][:3] == ["mosID", "ncsID", "messageID"], text
        kind = root[3].tag
        self.messages.append(kind)
        trouble = self.trouble(kind)
        if trouble == "refuse":
            return False
        head = f"<mos><mosID>{root.findtext('mosID')}</mosID><ncsID>NCS</ncsID><messageID>{root.findtext('messageID')}</messageID>"
        if self.beats_first and kind != "heartbeat":
            send((head + "<heartbeat><time>2026-01-01T00:00:00</time></heartbeat></mos>").encode("utf-16-be"))
        body = self._body(kind, root[3])
        if trouble == "lost":
            return False
        data = (head + body + "</mos>").encode("utf-16-be")
        send(data[:7])  # in two pieces, in the middle of a character
        send(data[7:])
        return True

    def _body(self, kind: str, message: ElementTree.Element) -> str:
        if kind == "heartbeat":
            return "<heartbeat><time>2026-01-01T00:00:00</time></heartbeat>"
        if kind == "roReqAll":
            return f"<roListAll>{''.join(f'<ro><roID>{name}</roID></ro>' for name in self.running_orders)}</roListAll>"
        if kind == "roReq":
            name = message.findtext("roID", "")
            return f"<roList><roID>{name}</roID>{''.join(f'<story><item><objID>{item}</objID></item></story>' for item in self.running_orders[name])}</roList>"
        assert kind == "mosObj", kind
        assert [child.tag for child in message] == REQUIRED
        object_id = message.findtext("objID", "")
        if self.refuse:
            return f"<mosAck><objID>{object_id}</objID><objRev>1</objRev><status>NACK</status><statusDescription>{self.refuse}</statusDescription></mosAck>"
        if message.findtext("status") == "DELETED":
            self.objects.pop(object_id, None)
        else:
            paths = [path.text for path in message.iter("objPath")]
            self.objects[object_id] = {
                "slug": message.findtext("objSlug"),
                "revision": message.findtext("objRev"),
                "paths": paths,
            }
        return f"<mosAck><objID>{object_id}</objID><objRev>{message.findtext('objRev')}</objRev><status>ACK</status><statusDescription></statusDescription></mosAck>"
