"""The hub, watched: a wait is said and ends, a fault is named as the hub's, and nothing broken stays in its cache.

The hub's client is patient: it tries again without a word, for minutes, and keeps whatever came under the pinned commit.
"""

import contextlib
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from labutils.errors import LabError
from labutils.files import FULL
from labutils.i18n import _
from labutils.log import logger, once

WORD_S = 3.0  # without a byte, after which it is said
LIMIT_S = 30.0  # without a byte, after which the hub is given up
MOST_TRIES = 5  # of one request, and redirects in a row
TICK_S = 0.1
NO_ANSWER = (408, 429, 500, 502, 503, 504)  # statuses after which the client tries again


class Watch:
    """What the hub was asked and what came back; its hooks are called by the hub's client (httpx), from any thread."""

    def __init__(self) -> None:
        self.fault = ""  # why the hub was given up
        self.last = time.monotonic()  # when the last byte came, or when what is waited for was asked
        self.asked: dict[int, Any] = {}  # by thread: the request that has no whole answer yet
        self.answers: dict[int, Any] = {}  # by thread: what has come of its answer
        self.received: Counter[int] = Counter()  # by thread: bytes of it
        self.tries: Counter[tuple] = Counter()
        self.redirects: Counter[int] = Counter()
        self.sizes: dict[str, int] = {}  # of the files, as the hub told them
        self.told = False
        # The ticking thread looks while others ask: what one takes out is gone for the other.
        self._lock = threading.RLock()

    @property
    def silent_s(self) -> float:
        """Seconds since the last byte, 0 while nothing is waited for."""
        return time.monotonic() - self.last if self.asked else 0.0

    def on_request(self, request: Any) -> None:
        """Note a request, and give it the time that is left; raises once the hub is given up."""
        self.look()
        thread, key = threading.get_ident(), _key(request)
        with self._lock:
            if not self.asked:
                self.last = time.monotonic()
            self.asked[thread] = request
            self.answers.pop(thread, None)
            self.received[thread] = 0
            self.tries[key] += 1
        left = LIMIT_S - self.silent_s
        if left <= 0:
            self._give_up(_("nothing has come from it for {limit:.0f} s").format(limit=LIMIT_S))
        if self.tries[key] > MOST_TRIES:
            text = _("asked {tries} times for {address}, it gave no whole answer")
            self._give_up(text.format(tries=MOST_TRIES, address=request.url))
        self._give_up(self.fault)
        limits = request.extensions.get("timeout", {})
        names = ("connect", "read", "write", "pool")
        request.extensions["timeout"] = {name: min(limits.get(name) or left, left) for name in names}

    def on_response(self, response: Any) -> None:
        """Note an answer whose head has come; raises where it sends in a circle or asks to wait too long."""
        thread, request, status = threading.get_ident(), response.request, response.status_code
        self.answers[thread] = response
        self.redirects[thread] = self.redirects[thread] + 1 if 300 <= status < 400 else 0
        if self.redirects[thread] > MOST_TRIES:
            text = _("{address} sends to another address, and so on without an end")
            self._give_up(text.format(address=request.url))
        if status in NO_ANSWER:
            wait = _wait_s(response)
            if wait > LIMIT_S - self.silent_s:
                text = _("it answers {status} to {address}, and asks to come back in {wait:.0f} s")
                self._give_up(text.format(status=status, address=request.url, wait=wait))
            return
        self.last = time.monotonic()
        if request.method == "HEAD" and status == 200:
            self.sizes[str(request.url)] = _length(response)

    def look(self) -> None:
        """Note what has come since the last look, and say it when nothing has."""
        with self._lock:
            self._note_answers()
        if self.silent_s >= WORD_S and not self.told:
            self.told = True
            text = _(
                "waiting for the hub at {hub}: nothing has come for {seconds:.0f} s, and it is given up after {limit:.0f} s"
            )
            logger.warning(text.format(hub=endpoint(), seconds=self.silent_s, limit=LIMIT_S))

    def _note_answers(self) -> None:
        for thread, answer in list(self.answers.items()):
            if answer.num_bytes_downloaded > self.received[thread]:
                self.received[thread], self.last = answer.num_bytes_downloaded, time.monotonic()
            if thread in self.asked and not self._missing(answer):
                self.tries.pop(_key(self.asked.pop(thread)), None)

    def trouble(self, error: BaseException) -> str:
        """Return what is wrong with the hub where loading ended in this error; "" if it answered all that it was asked."""
        self.look()
        if self.fault or not self.asked:
            return self.fault
        thread, request = next(iter(self.asked.items()))
        if thread in self.answers:
            text = _("its answer to {address} is no whole one: {missing}")
            return text.format(address=request.url, missing=self._missing(self.answers[thread]))
        return _("no answer to {address}: {error}").format(address=request.url, error=first_line([*_causes(error)][-1]))

    def _give_up(self, fault: str) -> None:
        self.fault = fault
        if fault:
            _refuse()

    def _missing(self, answer: Any) -> str:
        """Return what an answer lacks, or "" where it is whole: a file, an address to go to, a plain no."""
        if answer.status_code in NO_ANSWER:
            return _("status {status}").format(status=answer.status_code)
        if answer.request.method == "HEAD" or answer.status_code >= 300:
            return ""
        whole = _length(answer)
        if answer.status_code == 200 and "content-encoding" not in answer.headers:
            whole = max(whole, self.sizes.get(str(answer.request.url), 0))
        if answer.num_bytes_downloaded >= whole and (whole or answer.is_closed):
            return ""
        return _("{some} of {all} bytes").format(some=answer.num_bytes_downloaded, all=whole or "?")


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Watch the hub's client for a while; files come by it alone (see :func:`_plain`).

    Raises:
        LabError: code ``"hub"``: what was tried inside failed, or may lack something, for a fault of the hub; ``"disk"``: there
            is no room for what it sends.
    """
    watch, ended = Watch(), threading.Event()
    try:
        with _plain(), _hooked(watch.on_request, watch.on_response) as hook:
            ticking = threading.Thread(target=_tick, args=(watch, hook, ended), daemon=True)
            ticking.start()
            try:
                yield
            finally:
                ended.set()
                ticking.join()
    except Exception as error:  # libraries turn the hub's faults into errors of many kinds, and some pass them over
        if any(isinstance(cause, OSError) and cause.errno in FULL for cause in _causes(error)):
            text = _("the disk is full: no room for what the hub sends (its cache is {cache}; HF_HOME names another place). Make room "
                     "and call the same again")  # fmt: skip
            raise LabError("disk", text.format(cache=_cache())) from error
        trouble = watch.trouble(error)
        if not trouble:
            raise
        raise LabError("hub", _told(trouble)) from error
    if watch.fault:
        raise LabError("hub", _told(watch.fault))


@contextlib.contextmanager
def refused() -> Iterator[None]:
    """Let the hub's client ask nothing for a while: what is in its cache is used, as without a network."""
    with _hooked(_refuse):
        yield


@contextlib.contextmanager
def patience(place: str) -> Iterator[None]:
    """Say it, once for each place, where one answer takes long; for what is not asked by the hub's client."""
    text = _("waiting for {place}: nothing has come for {seconds:.0f} s")
    timer = threading.Timer(WORD_S, once, [text.format(place=place, seconds=WORD_S)])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def endpoint() -> str:
    """Return the hub's address (``HF_ENDPOINT``)."""
    from huggingface_hub import constants

    return constants.ENDPOINT


def _cache() -> str:
    from huggingface_hub import constants

    return constants.HF_HUB_CACHE


def first_line(error: BaseException) -> str:
    """Return an error's kind, or the beginning of what it says."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


def _told(trouble: str) -> str:
    return _("the hub at {hub} is at fault: {trouble}").format(hub=endpoint(), trouble=trouble)


def _tick(watch: Watch, hook: Callable[[], None], ended: threading.Event) -> None:
    while not ended.wait(TICK_S):
        hook()
        watch.look()


@contextlib.contextmanager
def _plain() -> Iterator[None]:
    """Fetch files over HTTP for a while: hf_xet, the other way, has connections of its own, on which it waits for minutes."""
    from huggingface_hub import constants

    before, constants.HF_HUB_DISABLE_XET = constants.HF_HUB_DISABLE_XET, True
    try:
        yield
    finally:
        constants.HF_HUB_DISABLE_XET = before


@contextlib.contextmanager
def _hooked(
    on_request: Callable[[Any], None], on_response: Callable[[Any], None] | None = None
) -> Iterator[Callable[[], None]]:
    """Let the hub's client call these for a while; yields what does it again: after some errors the client is another one."""
    from huggingface_hub import get_session

    ours = {"request": [on_request], "response": [on_response] if on_response else []}

    def hook() -> None:
        hooks = get_session().event_hooks
        if on_request not in hooks["request"]:
            get_session().event_hooks = {kind: [*several, *ours[kind]] for kind, several in hooks.items()}

    hook()
    try:
        yield hook
    finally:
        hooks = get_session().event_hooks
        kept = {kind: [one for one in several if one not in ours[kind]] for kind, several in hooks.items()}
        get_session().event_hooks = kept


def _refuse(_request: Any = None) -> None:
    """Tell the hub's client, and what calls it, that there is no network: they turn to the cache."""
    from huggingface_hub.errors import OfflineModeIsEnabled

    raise OfflineModeIsEnabled(_("the hub was given up"))


def _key(request: Any) -> tuple[str, str, str | None]:
    """What a request asks for: a download that goes on asks for another range."""
    return request.method, str(request.url), request.headers.get("range")


def _length(answer: Any) -> int:
    length = answer.headers.get("content-length", "")
    return int(length) if length.isdigit() else 0


def _wait_s(answer: Any) -> float:
    """Seconds after which the hub wants to be asked again, by either header that says so."""
    limit = re.search(r"\bt=(\d+)", answer.headers.get("ratelimit", ""))
    after = answer.headers.get("retry-after", "")
    return float(limit[1]) if limit else float(after) if after.isdigit() else 0.0


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
