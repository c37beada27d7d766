"""A certificate for the sandbox, by trustme: made for this run, for nothing but loopback names."""

from __future__ import annotations

import os
import shutil
import ssl
import tempfile


class Certificate:
    def __init__(self) -> None:
        import trustme

        authority = trustme.CA(organization_name="wayfare sandbox")
        self._made = authority.issue_cert("localhost", "127.0.0.1", "::1")
        self._folder = tempfile.mkdtemp(prefix="wayfare-sandbox-")
        self.authority = os.path.join(self._folder, "authority.pem")
        authority.cert_pem.write_to_path(self.authority)

    def server_context(self, http2: bool) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._made.configure_cert(context)
        context.set_alpn_protocols(["h2", "http/1.1"] if http2 else ["http/1.1"])
        return context

    def delete(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
