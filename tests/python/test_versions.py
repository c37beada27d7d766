"""What wayfare.versions() tells."""

from __future__ import annotations

import re

import wayfare


def test_the_libraries_tell_their_versions() -> None:
    told = wayfare.versions()
    assert told.wayfare == wayfare.__version__
    for version in (told.libcurl, told.sqlite, told.nghttp2, told.zlib):
        assert version and re.fullmatch(r"\d+(\.\d+)+", version)
    assert told.tls and "/" in told.tls
    assert set(told.to_dict()) == {"wayfare", "libcurl", "tls", "sqlite", "nghttp2", "zlib"}
