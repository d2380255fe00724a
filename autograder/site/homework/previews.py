"""First looks at uploads: two at a time, each kept by the digest of its file.

A hostile file costs a program its second of processor time; however many come, the server's own threads stay
free for uploads and pages.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from cachetools import LRUCache

from autograder.site.file_store import FileStore
from autograder.submissions.preview import Preview, preview_of

__all__ = ["Previews"]

AT_ONCE, MOST_WAITING, MOST_KEPT = 2, 500, 5000
Key = tuple[str, str, str, tuple[str, ...]]


class Previews:
    """The first looks of one server process."""

    def __init__(self, files: FileStore) -> None:
        self._files = files
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="preview")
        self._kept: LRUCache[Key, Future[Preview]] = LRUCache(MOST_KEPT)
        self._lock, self._waiting = threading.Lock(), 0

    def look(self, digest: str, file: str, assignment: str, functions: Sequence[str]) -> Future[Preview]:
        """A first look at a stored file, under way or done; incomplete at once where too many wait."""
        key = digest, file, assignment, tuple(functions)
        with self._lock:
            if (known := self._kept.get(key)) is not None:
                return known
            if self._waiting >= MOST_WAITING:
                busy: Future[Preview] = Future()
                busy.set_result(Preview(complete=False))
                return busy
            self._waiting += 1
            future = self._kept[key] = self._pool.submit(self._preview, key)
        future.add_done_callback(self._done)
        return future

    def close(self) -> None:
        """Look at nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _preview(self, key: Key) -> Preview:
        digest, file, assignment, functions = key
        return preview_of(self._files.get(digest), file, assignment, functions)

    def _done(self, future: Future[Preview]) -> None:
        with self._lock:
            self._waiting -= 1
