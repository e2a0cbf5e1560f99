"""`./task demo`: a real film from upload to search hit and playback, on this machine, every step checked.

Ends with exit status 0 only when every check held. The platform is left as it was found: up when it was up, else stopped
(`--keep` leaves it up).
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import av
import httpx
import typer
from rich.console import Console
from rich.table import Table

from cli.client import Api
from cli.config import Config
from cli.download import download
from cli.tokens import Machine
from cli.upload import upload
from demo.film import build_film
from demo.speech import build_speech
from knative.local.stack import Stack
from knative.local.supervise import NotUp, Platform

SPOKEN = "servicio"  # human Spanish speech: "… está fuera de servicio"
TYPED = "servisio"  # as an editor in a hurry types it
READY_WITHIN_S = 600.0
FOUND_WITHIN_S = 30.0

console = Console(highlight=False)


class Failed(Exception):
    """A check that did not hold."""


class Steps:
    """What was done, how long it took and what it showed."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, str]] = []

    def run(self, name: str, work: Callable[[], str]) -> None:
        started = time.monotonic()
        with console.status(f"{name} …"):
            shown = work()
        self.rows.append((name, time.monotonic() - started, shown))
        console.print(f"[green]✓[/] {name} [dim]{self.rows[-1][1]:.1f} s[/]  {shown}", soft_wrap=True)

    def table(self) -> Table:
        table = Table(title="what happened", title_justify="left")
        for heading, justify in (("step", "left"), ("seconds", "right"), ("result", "left")):
            table.add_column(heading, justify=justify, overflow="fold")  # type: ignore[arg-type]  # rich names the literals
        for name, seconds, shown in self.rows:
            table.add_row(name, f"{seconds:.1f}", shown)
        return table


class Demo:
    """One film through the platform."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        stack = platform.stack
        self._platform, self._folder = platform, folder
        client = stack.machine_client()
        config = Config.read({
            "HOME": str(folder), "ACERVO_URL": stack.origin,
            "ACERVO_CLIENT_ID": client["client_id"], "ACERVO_CLIENT_SECRET": client["client_secret"],
        })  # fmt: skip
        self._api = Api(config.url, Machine(config, client["client_id"], client["client_secret"]))
        self._states = config.uploads
        self._asset: dict[str, Any] = {}
        self.steps = Steps()

    def run(self) -> None:
        steps = self.steps
        steps.run("platform up", self._up)
        steps.run("make a film with human speech", self._make)
        steps.run("upload straight to Ceph in parts", self._upload)
        steps.run("follow it to ready", self._follow)
        steps.run("find a spoken word, mistyped", self._search)
        steps.run("play it (HLS, every rung decoded)", self._play)
        steps.run("download the master, compare its SHA-256", self._download)

    def _up(self) -> str:
        self._platform.up()
        return self._platform.stack.origin

    def _make(self) -> str:
        speech, _ = build_speech(self._folder)
        film = build_film(speech, self._folder / "film.mp4")
        # every run is a film of its own: the same bytes twice would be recognised as a duplicate
        self._film = self._folder / f"aviso-{secrets.token_hex(4)}.mp4"
        shutil.copyfile(film, self._film)
        with self._film.open("ab") as out:  # a `free` box at the end (ISO/IEC 14496-12, 8.1.2)
            out.write((8 + 16).to_bytes(4) + b"free" + secrets.token_bytes(16))
        with self._film.open("rb") as source:
            self._sha256 = hashlib.file_digest(source, "sha256").hexdigest()
        with av.open(str(self._film)) as container:
            self._seconds = float(container.duration or 0) / 1_000_000
        return f"{self._seconds:.1f} s, {self._film.stat().st_size / 1e6:.1f} MB"

    def _upload(self) -> str:
        asset_id = upload(
            self._api,
            self._film,
            "noticias",
            states=self._states,
            metadata={"title": "Aviso de la centralita"},
        )
        self._asset = {"id": asset_id}
        return f"asset {asset_id}"

    def _follow(self) -> str:
        """By the same server-sent events as the page's."""
        until = time.monotonic() + READY_WITHIN_S
        seen: list[str] = []
        while time.monotonic() < until:
            for name, state in self._api.events(f"/assets/{self._asset['id']}/events"):
                done = [f"{job['kind']} {job['progress']:.0%}" for job in state.get("jobs", [])]
                line = " · ".join([state.get("status", name), *done])
                if not seen or seen[-1] != line:
                    seen.append(line)
                    console.print(f"    [dim]{line}[/]")
                if name == "end":
                    return self._check_ready()
        raise Failed(
            f"the asset is not ready after {READY_WITHIN_S:.0f} s: {seen[-1] if seen else 'no event'}"
        )

    def _check_ready(self) -> str:
        self._asset = self._api.get(f"/assets/{self._asset['id']}")
        if self._asset["status"] != "ready":
            raise Failed(f"the asset is {self._asset['status']}: {self._asset['reason']}")
        if self._asset["sha256"] != self._sha256:
            raise Failed("the platform knows another SHA-256 than the film has")
        ready = {
            rendition["profile"] for rendition in self._asset["renditions"] if rendition["status"] == "ready"
        }
        missing = {"hls", "proxy", "poster", "captions"} - ready
        if missing:
            raise Failed(f"renditions are missing: {', '.join(sorted(missing))}")
        return f"renditions: {', '.join(sorted(ready))}"

    def _search(self) -> str:
        until = time.monotonic() + FOUND_WITHIN_S
        while time.monotonic() < until:
            found = self._api.get("/search/assets", q=TYPED)
            for hit in found["hits"]:
                if hit["asset_id"] == self._asset["id"] and hit["passages"]:
                    return self._check_passage(hit["passages"][0], found["took_ms"])
            time.sleep(0.2)
        raise Failed(f"{TYPED!r} did not find the film within {FOUND_WITHIN_S:.0f} s")

    def _check_passage(self, passage: dict[str, Any], took_ms: float) -> str:
        text = "".join(part["text"] for part in passage["text"])
        if SPOKEN not in text.lower() or not 0 <= passage["at_s"] < self._seconds:
            raise Failed(f"the passage {text!r} at {passage['at_s']} s does not hold {SPOKEN!r}")
        marked = "".join(
            f"[bold]{part['text']}[/]" if part["hit"] else part["text"] for part in passage["text"]
        )
        return f"{TYPED!r} → “{marked}” at {passage['at_s']:.1f} s, in {took_ms:.0f} ms"

    def _play(self) -> str:
        stream = self._api.post(f"/assets/{self._asset['id']}/streams")
        url = stream["url"] if stream["url"].startswith("http") else self._api.url + stream["url"]
        main = httpx.get(url, timeout=30).raise_for_status().text
        rungs = [httpx.URL(url).join(line) for line in main.splitlines() if line and not line.startswith("#")]
        if not rungs:
            raise Failed("the main playlist names no rung")
        wanted = self._seconds * 25
        shown: list[str] = []
        for rung in rungs:
            with av.open(str(rung), timeout=60) as container:
                frames = [(frame.width, frame.height) for frame in container.decode(video=0)]
            if abs(len(frames) - wanted) > 1:
                raise Failed(f"a rung has {len(frames)} frames instead of {wanted:.0f}")
            shown.append(f"{frames[0][0]}×{frames[0][1]}")
        self.playlist = url
        return f"{', '.join(shown)}; {len(frames)} frames each"

    def _download(self) -> str:
        file = download(self._api, self._asset["id"], "master", self._folder / "downloaded.mp4")
        with file.open("rb") as source:
            sha256 = hashlib.file_digest(source, "sha256").hexdigest()
        file.unlink()
        if sha256 != self._sha256:
            raise Failed("the downloaded master differs from what was uploaded")
        self.download_url = self._api.post(f"/assets/{self._asset['id']}/downloads", {"what": "proxy"})["url"]
        return sha256

    def tidy(self) -> None:
        self._api.close()
        self._film.unlink(missing_ok=True)


def main(keep: Annotated[bool, typer.Option("--keep", help="Leave the platform up.")] = False) -> None:
    """Everything up, a film in, a word found, the film played and downloaded."""
    stack = Stack.from_environment()
    platform = Platform(stack, lambda line: console.print(f"    [dim]{line}[/]", soft_wrap=True))
    was_up = platform.running()
    folder = stack.data / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    demo = Demo(platform, folder)
    try:
        demo.run()
    except (Failed, NotUp) as fault:
        console.print(f"[red]✗[/] {fault}", soft_wrap=True)
        raise typer.Exit(1) from None
    else:
        console.print(demo.steps.table())
        console.print(f"HLS, for a quarter of an hour   {demo.playlist}", soft_wrap=True)
        console.print(f"download of the proxy           {demo.download_url}", soft_wrap=True)
        demo.tidy()
    finally:
        if not (was_up or keep):
            platform.down()
    if was_up or keep:
        console.print("It is running: ./task urls says where and who may sign in, ./task down stops it.")
    else:
        console.print(
            "Stopped again; your data stays. ./task up leaves it running, ./task urls says where, ./task down stops it."
        )


if __name__ == "__main__":
    typer.run(main)
